# Thin verbs; what they do is in the tools that they call.

GO      ?= go
FUZZ    ?= 30s
PREFIX  ?= /usr/local
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

.PHONY: build install test race check fuzz generate golden bench

build: ## one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o sniscope ./cmd/sniscope

install: ## what build made, its manual page, and completion for bash, zsh and fish
	@install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/man/man1 share/bash-completion/completions share/zsh/site-functions share/fish/vendor_completions.d)
	install -m 755 sniscope $(DESTDIR)$(PREFIX)/bin/sniscope
	install -m 644 docs/sniscope.1 $(DESTDIR)$(PREFIX)/share/man/man1/sniscope.1
	install -m 644 docs/completion/sniscope.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sniscope
	install -m 644 docs/completion/_sniscope $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sniscope
	install -m 644 docs/completion/sniscope.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sniscope.fish

test: ## everything that needs nothing but Go
	$(GO) test ./...

race: ## the packages where goroutines share anything; needs a C compiler
	CGO_ENABLED=1 $(GO) test -race ./pkg/analysis
	CGO_ENABLED=1 $(GO) test -race -short ./pkg/capture

check: ## formatting, vet, staticcheck
	@test -z "$$(gofmt -l cmd pkg pcaps)" || { gofmt -l cmd pkg pcaps; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

fuzz: ## every fuzz target for FUZZ each; by default Go may spend a minute on making one input shorter
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ) -fuzzminimizetime 20x $$pkg || exit 1; \
		done; \
	done

generate: ## code and pages that are made from registries and catalogues
	$(GO) generate ./...

golden: ## rewrite the expected output of the tests; review it as a diff. The filter's is what tcpdump selects
	$(GO) test ./cmd/sniscope ./pkg/filter ./pkg/report -update

bench: ## whole runs beside tcpdump and tshark, as ratios; then time per stage
	$(GO) run ./pkg/analysis/internal/bench
	$(GO) test -run '^$$' -bench . -benchmem ./pkg/...
