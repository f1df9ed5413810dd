package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// flagError says in our words what pflag found wrong.
func flagError(s *pflag.FlagSet, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.Is(err, errSecondInterface):
		return &usageError{message: errSecondInterface.Error(), hint: "-i any captures on all of them"}
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usagef("%s %q: want %s", shown(f), invalid.GetValue(), wanted(f.Value.Type()))
	case errors.As(err, &missing):
		f := missing.GetFlag()
		value, _ := pflag.UnquoteUsage(f)
		return usagef("%s %s: the value is missing", shown(f), value)
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return &usageError{message: "unknown flag -" + unknown.GetSpecifiedName(), hint: letterHint(unknown.GetSpecifiedName()) + flagsHint}
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		return &usageError{message: "unknown flag --" + name, hint: nearestFlag(s, name) + flagsHint}
	}
	return &usageError{message: err.Error(), hint: flagsHint}
}

const flagsHint = "sniscope --help lists the flags"

// letterHint is for who repeats a command line of tcpdump: most of its flags say how packets are printed, and -O how they are filtered.
// It is also for who asks for the version as of grep or curl.
func letterHint(letter string) string {
	if letter == "V" {
		return "--version prints the version; "
	}
	if strings.Contains("AbeHKNOStuxX#", letter) {
		return "tcpdump's -" + letter + " does not change what is captured: leave it out; "
	}
	return ""
}

// nearestFlag says what may have been meant, in front of another hint: --json is asked for as --format json.
func nearestFlag(s *pflag.FlagSet, typed string) string {
	if slices.Contains(formats, typed) {
		return "--format " + typed + " writes the report in that format; "
	}
	var names []string
	s.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if name, ok := diagnosis.NearestOf(typed, names); ok {
		return "the nearest is --" + name + "; "
	}
	return ""
}

// emptyValue refuses a flag that was given an empty text, as by a variable of a script that is not set: it would be taken
// for one that was not given, and --fail-on would let everything pass. An empty filter is every packet, as in tcpdump. It
// refuses a limit of 0, too, which would be none.
func emptyValue(s *pflag.FlagSet) (err error) {
	s.Visit(func(f *pflag.Flag) {
		text := f.Value.String()
		if list, ok := f.Value.(pflag.SliceValue); ok {
			text = strings.Join(list.GetSlice(), "")
		}
		if text == "" && f.Name != "filter" && err == nil {
			value, _ := pflag.UnquoteUsage(f)
			err = usagef("%s %s: the value is empty", shown(f), value)
		}
		if (f.Name == "count" || f.Name == "duration") && f.Value.String() == f.DefValue && err == nil {
			err = usagef("%s %s: nothing would be read", shown(f), text)
		}
	})
	return err
}

// shown is the name that people know a flag by.
func shown(f *pflag.Flag) string {
	if f.Hidden {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// wanted says what a flag of the given type takes.
func wanted(kind string) string {
	switch kind {
	case "uint64", "uint", "int":
		return "a number"
	case "duration":
		return "a duration such as 30s or 5m"
	case "bool":
		return "true or false"
	}
	return "a list separated by commas"
}
