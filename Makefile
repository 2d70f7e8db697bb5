# Everything that CI runs is a target here. Only document-lint needs more than Go: Node.js. Not of CI is check-fuzz: Python.

GO ?= go
# The tools, and the example with dependencies of its own, are modules beside the library.
MODULES := . tools examples/otel

.PHONY: check check-fuzz test race fuzz load vet lint generate generate-check document-lint document-check tidy-check licenses \
	vulnerabilities cover

## check: all checks
check: generate-check tidy-check licenses vet lint document-lint document-check race fuzz load

## test: the tests
test:
	$(GO) test ./...

## race: the tests with the race detector, in random order
race:
	$(GO) test -race -shuffle=on ./...
	$(GO) -C examples/otel test -race -shuffle=on ./...

## fuzz: every fuzz target for ten seconds, from its seeds
# Until Go 1.27 the end of the time itself may be reported as a failure of the target, with no input that fails
# (golang/go#75804). Only that, and nothing beside it, is let pass.
fuzz:
	@mkdir -p bin; for package in ./internal/redact ./wrappers ./webextest; do \
	for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
		if $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime 10s -fuzzminimizetime 10x $$package >bin/fuzz.log 2>&1; then \
			tail -n 1 bin/fuzz.log; \
		elif grep -q 'Failing input' bin/fuzz.log || ! grep -q '^    context deadline exceeded$$' bin/fuzz.log; then \
			cat bin/fuzz.log; exit 1; \
		else \
			echo "$$target: no input failed in ten seconds"; \
		fi; \
	done; done

## load: 100,000 calls with one client by 1,000 goroutines, with the race detector; two minutes
load:
	$(GO) test -race -tags load -run '^TestLoad$$' -count 1 -v ./api

## check-fuzz: schemathesis makes 50,000 requests from the document, and the simulator must answer as it says
check-fuzz:
	@GO="$(GO)" tools/schemathesis/run.sh

vet:
	for module in $(MODULES); do $(GO) -C $$module vet -tags load ./... || exit; done

lint:
	for module in $(MODULES); do $(GO) -C $$module tool -modfile="$(CURDIR)/tools/go.mod" golangci-lint run ./... || exit; done

## generate: gen, gen/server, the aliases of api, and the constants, schemas and tables of the simulator
generate:
	$(GO) generate ./...

## generate-check: generates in a copy and compares
generate-check:
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && \
	git ls-files -z --cached --others --exclude-standard | tar --null -cf - -T - | tar -xf - -C "$$copy" && \
	(cd "$$copy" && $(GO) generate ./...) && \
	diff -r gen "$$copy/gen" && for file in api/aliases.go webextest/operations.go webextest/fault.schema.json \
		webextest/state.schema.json cmd/webex-calling-sim/README.md; do diff "$$file" "$$copy/$$file" || exit; done && \
	echo "generated code is current"

## document-lint: the OpenAPI document by the recommended rules of Redocly, each of them an error
document-lint: tools/redocly/node_modules/.package-lock.json
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true tools/redocly/node_modules/.bin/redocly lint \
		--config tools/redocly/redocly.yaml openapi/webex-calling.yaml

tools/redocly/node_modules/.package-lock.json: tools/redocly/package-lock.json
	npm ci --prefix tools/redocly --no-audit --no-fund --loglevel=error
	@touch $@

## document-check: nothing breaks clients of the document of BASE without being announced
document-check:
	cd tools && $(GO) test ./documentcheck && $(GO) build -o "$(CURDIR)/bin/documentcheck" ./documentcheck
	bin/documentcheck $(BASE)

tidy-check:
	for module in $(MODULES); do $(GO) -C $$module mod tidy -diff && $(GO) -C $$module mod verify || exit; done

## licenses: what is shipped has licenses that allow it, and NOTICE tells of them
licenses:
	cd tools && $(GO) test ./licenses && $(GO) build -o "$(CURDIR)/bin/licenses" ./licenses
	bin/licenses

## vulnerabilities: no known vulnerability is called
# This is not in check, since it asks the Go vulnerability database on the network. VULNFLAGS may name another: -db file:///...
# The other modules are left out: they are not shipped.
vulnerabilities:
	$(GO) tool -modfile=tools/go.mod govulncheck $(VULNFLAGS) ./...

## cover: statement coverage of the hand-written packages by all tests
cover:
	$(GO) test -coverpkg=./api,./wrappers,./webextest,./internal/wire -coverprofile=coverage.out ./...
	$(GO) tool cover -func=coverage.out | tail -1
