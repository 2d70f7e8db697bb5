# Everything that CI runs is a target here. Only Go is needed.

GO ?= go
LINT := $(GO) tool -modfile=tools/go.mod golangci-lint

.PHONY: check test race vet lint generate generate-check tidy-check cover

## check: all checks
check: generate-check tidy-check vet lint race

## test: the tests
test:
	$(GO) test ./...

## race: the tests with the race detector, in random order
race:
	$(GO) test -race -shuffle=on ./...

vet:
	$(GO) vet ./...

lint:
	$(LINT) run ./...

## generate: gen, gen/server and the aliases of api from the document
generate:
	$(GO) generate ./...

## generate-check: generates in a copy and compares
generate-check:
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && \
	git ls-files -z --cached --others --exclude-standard | tar --null -cf - -T - | tar -xf - -C "$$copy" && \
	(cd "$$copy" && $(GO) generate ./...) && \
	diff -r gen "$$copy/gen" && diff api/aliases.go "$$copy/api/aliases.go" && \
	echo "generated code is current"

tidy-check:
	$(GO) mod tidy -diff
	cd tools && $(GO) mod tidy -diff
	$(GO) mod verify

## cover: statement coverage of the hand-written packages by all tests
cover:
	$(GO) test -coverpkg=./api,./wrappers,./webextest,./internal/wire -coverprofile=coverage.out ./...
	$(GO) tool cover -func=coverage.out | tail -1
