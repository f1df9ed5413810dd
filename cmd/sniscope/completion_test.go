package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// completions are command lines up to the cursor, what must be offered there, and what must not.
var completions = []struct {
	line    string
	offered []string
	not     []string
}{
	{"sniscope --no", []string{"--no-sni"}, []string{"--only", "--no-names"}},
	{"sniscope --o", []string{"--only", "--output"}, []string{"--no-sni"}},
	{"sniscope --format ", []string{"table", "csv", "json", "jsonl", "markdown"}, []string{"gateway.pcap"}},
	{"sniscope --format j", []string{"json", "jsonl"}, []string{"csv"}},
	{"sniscope --format=j", []string{"json", "jsonl"}, []string{"csv"}},
	{"sniscope --color a", []string{"auto", "always"}, []string{"never"}},
	{"sniscope --only no-sni-r", []string{"no-sni-reset"}, []string{"hello-reset", "error"}},
	{"sniscope --only ok,no-sni-cl", []string{"no-sni-closed", "no-sni-client-rejected"}, []string{"no-sni-reset"}},
	{"sniscope --fail-on w", []string{"warning"}, []string{"error"}},
	{"sniscope --fail-on hello-re", []string{"hello-reset"}, []string{"warning"}},
	{"sniscope --explain l", []string{"list"}, nil},
	{"sniscope --explain path", []string{"path-mtu"}, []string{"list"}},
	{"sniscope gate", []string{"gateway.pcap"}, nil},
	{"sniscope -r gate", []string{"gateway.pcap"}, nil},
	{"sniscope --all -n gate", []string{"gateway.pcap"}, nil},
	{"sniscope --csv gate", []string{"gateway.pcap"}, nil},
	{"sniscope --count g", nil, []string{"gateway.pcap"}},
}

// TestCompletion loads the completions into the shells that are installed, and asks for them.
func TestCompletion(t *testing.T) {
	for shell, ask := range map[string]func(file, line string) []string{
		"bash": askBash,
		"fish": askFish,
		"zsh":  askZsh,
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("%s is not installed", shell)
			}
			docs, err := filepath.Abs(docsDir)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "gateway.pcap"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a shell that waits for more would wait for ever
			defer cancel()
			for _, c := range completions {
				cmd := exec.CommandContext(ctx, shell, ask(filepath.Join(docs, "completion"), c.line)...)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "TERM=dumb")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%q: %v\n%s", c.line, err, out)
				}
				checkOffered(t, c.line, string(out), c.offered, c.not)
			}
		})
	}
}

func checkOffered(t *testing.T, line, out string, offered, not []string) {
	t.Helper()
	var got []string
	for _, l := range strings.Split(out, "\n") {
		word, _, _ := strings.Cut(strings.TrimSpace(l), "\t")
		word = word[strings.LastIndexAny(word, ",=")+1:]
		got = append(got, strings.TrimSpace(word))
	}
	for _, want := range offered {
		if !slices.Contains(got, want) {
			t.Errorf("%q: %s is not offered, but %q", line, want, got)
		}
	}
	for _, unwanted := range not {
		if slices.Contains(got, unwanted) {
			t.Errorf("%q: %s is offered", line, unwanted)
		}
	}
}

// askBash fills in what readline would, and falls back on file names as "complete -o default" does.
func askBash(dir, line string) []string {
	const script = `
source "$0" || exit 1
complete -p sniscope | grep -q -- "-o default -F _sniscope sniscope" || exit 1
compopt() { files=; }
COMP_WORDS=(${1//=/ = }) files=1
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
_sniscope
((${#COMPREPLY[@]})) || [[ ! $files ]] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
printf '%s\n' "${COMPREPLY[@]}"`
	return []string{"--norc", "-c", script, filepath.Join(dir, "sniscope.bash"), line}
}

func askFish(dir, line string) []string {
	return []string{"--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, filepath.Join(dir, "sniscope.fish"), line}
}

// askZsh types the line and a tab into an interactive zsh, whose compadd notes what is offered and which ends then.
func askZsh(dir, line string) []string {
	const script = `
cat >.zshrc <<'END'
PROMPT=
autoload -U compinit
compinit -u -d $HOME/dump
compadd() {
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
        local -a offered
        builtin compadd -A offered "$@"
        print -rl -- $offered >>offered
    fi
    builtin compadd "$@"
}
finish() { exit }
comppostfuncs=(finish)
bindkey '^I' complete-word
END
export ZDOTDIR=$PWD FPATH=$1:$FPATH
zmodload zsh/zpty
zpty shell zsh -i
zpty -n -w shell $2$'\t'
while zpty -r shell; do :; done >/dev/null
cat offered
rm offered`
	return []string{"-f", "-c", script, "zsh", dir, line}
}
