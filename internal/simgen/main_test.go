package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Chdir("../..")
	files, err := generate()
	require.NoError(t, err)
	assert.Len(t, files, 4)
	for name, want := range files {
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s is not current: run go generate ./...", name)
	}
}
