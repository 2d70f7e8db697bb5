// Documentcheck compares the OpenAPI document with that of another revision. What would break a client made from it must
// be announced: the version rises in its major part, and openapi/CHANGELOG.md has a section for that version.
//
// Usage, from the root of the repository: documentcheck [REVISION]. Without a revision it is where this branch left
// origin/main or, on main itself, the commit that brought the current version of the document.
package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

const (
	documentFile  = "openapi/webex-calling.yaml"
	changelogFile = "openapi/CHANGELOG.md"
)

// severity says which changes break a client, where the checker would think otherwise. Enumerations are open, so a new
// value breaks nothing; a property or a name that is gone breaks generated code even where no request fails.
//
//go:embed severity.txt
var severity []byte

func main() {
	log.SetFlags(0)
	if len(os.Args) > 2 {
		log.Fatal("usage: documentcheck [REVISION]")
	}
	revision := defaultRevision()
	if len(os.Args) == 2 && os.Args[1] != "" {
		revision = os.Args[1]
	}
	if err := run(revision); err != nil {
		log.Fatal(err)
	}
}

// defaultRevision is the one to compare with when none is given.
func defaultRevision() string {
	head, _ := git("rev-parse", "HEAD")
	if base, err := git("merge-base", "origin/main", "HEAD"); err == nil && !bytes.Equal(base, head) {
		return string(bytes.TrimSpace(base))
	}
	current, _ := os.ReadFile(documentFile)
	version := regexp.MustCompile(`(?m)^  version: .*$`).Find(current)
	commits, _ := git("log", "--reverse", "--format=%H", "-S"+string(version), "--", documentFile)
	first, _, _ := strings.Cut(string(commits), "\n")
	return cmp.Or(first, "HEAD")
}

func git(arguments ...string) ([]byte, error) {
	return exec.CommandContext(context.Background(), "git", arguments...).Output() //nolint:gosec // The developer's own words.
}

func run(revision string) error {
	base, err := show(revision, documentFile)
	if err != nil {
		return err
	}
	if base == nil {
		fmt.Println("There is no document at", revision, "to compare with.")
		return nil
	}
	current, err := os.ReadFile(documentFile)
	if err != nil {
		return err
	}
	changelog, err := os.ReadFile(changelogFile)
	if err != nil {
		return err
	}
	breaking, err := check(base, current, changelog)
	if err != nil {
		return err
	}
	fmt.Printf("Compared with %s: %d changes that break clients, all announced.\n", revision, len(breaking))
	return nil
}

// show gives a file as it was at a revision; nil if it was not there.
func show(revision, file string) ([]byte, error) {
	if _, err := git("rev-parse", "--verify", "--end-of-options", revision+"^{commit}"); err != nil {
		return nil, fmt.Errorf("%q is no revision here", revision)
	}
	listed, err := git("ls-tree", "--name-only", revision, "--", file)
	if err != nil || len(bytes.TrimSpace(listed)) == 0 {
		return nil, err
	}
	return git("show", revision+":"+file)
}

// check gives the changes from base to current that break clients. It fails if there are some that are not announced.
func check(base, current, changelog []byte) ([]string, error) {
	before, err := read(base)
	if err != nil {
		return nil, fmt.Errorf("the former document: %w", err)
	}
	after, err := read(current)
	if err != nil {
		return nil, fmt.Errorf("the document: %w", err)
	}
	breaking, err := breakingChanges(before, after)
	if err != nil {
		return nil, err
	}
	breaking = append(breaking, renamedConstants(before.Spec, after.Spec)...)
	if len(breaking) == 0 {
		return nil, nil
	}
	if err := announced(before.Spec.Info.Version, after.Spec.Info.Version, changelog); err != nil {
		return breaking, fmt.Errorf("these changes break clients:\n  %s\n%w", strings.Join(breaking, "\n  "), err)
	}
	return breaking, nil
}

func read(document []byte) (*load.SpecInfo, error) {
	spec, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, err
	}
	return &load.SpecInfo{Url: documentFile, Spec: spec}, nil
}

func breakingChanges(before, after *load.SpecInfo) ([]string, error) {
	levels, err := checker.GetSeverityLevels(bytes.NewReader(severity))
	if err != nil {
		return nil, err
	}
	differences, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), before, after)
	if err != nil {
		return nil, err
	}
	config := checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(levels))
	var texts []string
	for _, change := range checker.CheckBackwardCompatibilityUntilLevel(config, differences, sources, checker.WARN) {
		text := change.GetUncolorizedText(checker.NewDefaultLocalizer())
		texts = append(texts, strings.TrimSpace(change.GetOperation()+" "+change.GetPath()+" "+text+" ["+change.GetId()+"]"))
	}
	return texts, nil
}

// renamedConstants finds values whose name in generated code changed, which the checker does not look at.
func renamedConstants(before, after *openapi3.T) []string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(before.Components.Schemas)) {
		was, is := constants(before.Components.Schemas[name]), constants(after.Components.Schemas[name])
		for _, value := range slices.Sorted(maps.Keys(was)) {
			if now, ok := is[value]; ok && now != was[value] {
				texts = append(texts, fmt.Sprintf("%s: the value %s was named %s and now is %s", name, value, was[value], now))
			}
		}
	}
	return texts
}

// constants are the names that the values of an enum have in generated code.
func constants(schema *openapi3.SchemaRef) map[string]string {
	if schema == nil {
		return nil
	}
	names, _ := schema.Value.Extensions["x-enum-varnames"].([]any)
	all := map[string]string{}
	for i, value := range schema.Value.Enum {
		if i < len(names) {
			all[fmt.Sprint(value)] = fmt.Sprint(names[i])
		}
	}
	return all
}

// announced reports whether the version rose in its major part and the changelog tells of it.
func announced(before, after string, changelog []byte) error {
	if major(after) <= major(before) {
		return fmt.Errorf("info.version must rise in its major part; it was %s and is %s", before, after)
	}
	section := regexp.MustCompile(`(?m)^## ` + regexp.QuoteMeta(after) + `\b[^\n]*\n+([^#\s][^\n]*)`)
	if !section.Match(changelog) {
		return errors.New(changelogFile + " must have a section \"## " + after + "\" that tells what clients will see")
	}
	return nil
}

func major(version string) int {
	part, _, _ := strings.Cut(version, ".")
	number, err := strconv.Atoi(part)
	if err != nil {
		return -1
	}
	return number
}
