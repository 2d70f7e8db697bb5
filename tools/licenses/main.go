// Licenses holds the end of NOTICE to the truth: the modules that are shipped with programs built from this repository, their
// licenses, and what their own NOTICE files say, which section 4(d) of Apache-2.0 asks to carry over. It refuses a module
// whose license is not known to be permissive.
//
// Usage, from the root of the repository: licenses.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// coverage is how much of a license file, in percent, must be text of known licenses: as much as pkg.go.dev asks for.
const coverage = 75

var (
	permissive = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

	licenseName = regexp.MustCompile(`(?i)^(licen[cs]e|copying)([-_]\w+)?(\.(md|txt))?$`)
	noticeName  = regexp.MustCompile(`(?i)^notice(\.(md|txt))?$`)
)

// lists are the lists of NOTICE. A module stands in the first whose packages need it.
var lists = []struct {
	introduction string
	packages     []string
}{
	{"A program that uses api and wrappers ships these modules, each under its license:", []string{"./api", "./wrappers"}},
	{"With webextest also come:", []string{"./webextest"}},
	{"With the programs in cmd and examples also come:", []string{"./cmd/...", "./examples/..."}},
}

func main() {
	log.SetFlags(0)
	want, err := ending(modules)
	if err != nil {
		log.Fatal(err)
	}
	notice, err := os.ReadFile("NOTICE")
	if err != nil {
		log.Fatal(err)
	}
	if err := compare(string(notice), want); err != nil {
		log.Fatal(err)
	}
}

// modules gives the modules of others that the packages are built from, and their directories.
func modules(packages []string) (map[string]string, error) {
	const others = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}"
	command := exec.CommandContext(context.Background(), "go", "list", "-deps", "-f", others)
	command.Args = append(command.Args, packages...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	found := map[string]string{}
	for line := range strings.Lines(string(output)) {
		path, directory, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[path] = directory
	}
	return found, err
}

// ending is what NOTICE must end with.
func ending(modules func(packages []string) (map[string]string, error)) (string, error) {
	var text, notices strings.Builder
	seen := map[string]bool{}
	for _, list := range lists {
		directories, err := modules(list.packages)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "\n%s\n\n", list.introduction)
		for _, path := range slices.Sorted(maps.Keys(directories)) {
			if seen[path] {
				continue
			}
			seen[path] = true
			license, err := identify(contents(directories[path], licenseName))
			if err != nil {
				return "", fmt.Errorf("%s: %w", path, err)
			}
			fmt.Fprintf(&text, "%s: %s\n", path, license)
			for _, notice := range contents(directories[path], noticeName) {
				fmt.Fprintf(&notices, "\nThe NOTICE of %s:\n\n%s\n", path, strings.TrimSpace(notice))
			}
		}
	}
	return text.String() + notices.String(), nil
}

// contents gives the texts of the files in a directory that have such names. What cannot be read has no text, and so is refused.
func contents(directory string, names *regexp.Regexp) []string {
	var texts []string
	entries, _ := os.ReadDir(directory)
	for _, entry := range entries {
		if names.MatchString(entry.Name()) && !entry.IsDir() {
			text, _ := os.ReadFile(filepath.Join(directory, entry.Name())) //nolint:gosec // The go command found it.
			texts = append(texts, string(text))
		}
	}
	return texts
}

// identify gives what the texts of license files say together, as an expression of SPDX.
func identify(texts []string) (string, error) {
	if len(texts) == 0 {
		return "", errors.New("there is no license file")
	}
	var ids []string
	for _, text := range texts {
		scan := licensecheck.Scan([]byte(text))
		if scan.Percent < coverage {
			return "", fmt.Errorf("only %.0f%% of a license file is text of known licenses, and %d%% must be", scan.Percent, coverage)
		}
		for _, match := range scan.Match {
			if !slices.Contains(permissive, match.ID) {
				return "", fmt.Errorf("the license %s is not among %s", match.ID, strings.Join(permissive, ", "))
			}
			ids = append(ids, match.ID)
		}
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " AND "), nil
}

// compare tells which lines to add to NOTICE and which to remove.
func compare(notice, want string) error {
	before, _, _ := strings.Cut(notice, "\n"+lists[0].introduction)
	have := strings.TrimPrefix(notice, before)
	missing, superfluous := without(want, have), without(have, want)
	switch {
	case have == want:
		return nil
	case missing+superfluous == "":
		return errors.New("the lines of NOTICE are in the wrong order; it must end with:\n" + want)
	}
	return fmt.Errorf("NOTICE lacks these lines:\n%sNOTICE has these lines too many:\n%s", missing, superfluous)
}

// without gives the lines of a text that another does not have.
func without(text, other string) string {
	others := slices.Collect(strings.Lines(other))
	mine := slices.Collect(strings.Lines(text))
	return strings.Join(slices.DeleteFunc(mine, func(line string) bool { return slices.Contains(others, line) }), "")
}
