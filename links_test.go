package webexcalling_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the line numbers that the links should have")

// link is a link to a file of the repository. One to a line, as in [`checkID`](wrappers/request.go#L150), names what is
// declared there.
var link = regexp.MustCompile(`\[([^\]]+)\]\(([^)#:]+)(#L[0-9]+)?\)`)

// Links in the texts lead to files that exist, and to the lines where the things stand that they name.
func TestLinks(t *testing.T) {
	checked := 0
	for _, name := range texts(t) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		mended := link.ReplaceAllStringFunc(string(text), func(found string) string {
			parts := link.FindStringSubmatch(found)
			checked++
			return strings.TrimSuffix(found, parts[3]+")") + line(t, name, parts[1], parts[2], parts[3]) + ")"
		})
		if *update {
			require.NoError(t, os.WriteFile(name, []byte(mended), 0o600))
		}
	}
	assert.NotZero(t, checked)
}

// line is what the link in a text should have behind the path of its target.
func line(t *testing.T, text, name, path, have string) string {
	t.Helper()
	target := filepath.Join(filepath.Dir(text), path)
	_, err := os.Stat(target)
	require.NoError(t, err, text)
	if have == "" {
		return ""
	}
	content, err := os.ReadFile(target)
	require.NoError(t, err, text)
	number := declaration(string(content), strings.Trim(name, "`"), filepath.Ext(path) == ".go")
	assert.NotZero(t, number, "%s: %s declares no %s", text, path, name)
	want := fmt.Sprintf("#L%d", number)
	assert.True(t, *update || want == have, "%s: %s is at %s%s; mend all lines with: go test . -run TestLinks -update",
		text, name, path, want)
	return want
}

// declaration is the line that declares something: in Go a function, a method (type.method), a type or a value, elsewhere a
// target or a member.
func declaration(content, name string, isGo bool) int {
	quoted := regexp.QuoteMeta(name)
	receiver, method, isMethod := strings.Cut(name, ".")
	pattern := `^ *` + quoted + `:`
	switch {
	case isGo && isMethod:
		pattern = `^func \(\w+ \*?` + regexp.QuoteMeta(receiver) + `(\[T\])?\) ` + regexp.QuoteMeta(method) + `\(`
	case isGo:
		pattern = `^(func |type |var |const |\t)` + quoted + `[ ([]`
	}
	declares := regexp.MustCompile(pattern)
	number := 0
	for line := range strings.Lines(content) {
		number++
		if declares.MatchString(line) {
			return number
		}
	}
	return 0
}

// texts are the texts of the repository.
func texts(t *testing.T) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			names = append(names, path)
		}
		return err
	}))
	return names
}
