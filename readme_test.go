package webexcalling_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs in the README must compile.
func TestReadmePrograms(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	programs := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	require.NotEmpty(t, programs)
	for i, program := range programs {
		file := filepath.Join(t.TempDir(), "program"+strconv.Itoa(i)+".go")
		require.NoError(t, os.WriteFile(file, program[1], 0o600))
		output, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput()
		require.NoError(t, err, string(output))
	}
}
