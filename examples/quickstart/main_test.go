package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuickstart(t *testing.T) {
	require.NoError(t, run(false, ""))
}

func TestLiveNeedsAToken(t *testing.T) {
	t.Setenv("WEBEX_ACCESS_TOKEN", "")
	require.ErrorContains(t, run(true, ""), "WEBEX_ACCESS_TOKEN")
}
