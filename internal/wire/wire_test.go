package wire_test

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

func TestList(t *testing.T) {
	type member struct {
		Code string `json:"code"`
	}
	for body, want := range map[string]wire.List[member]{
		`[{"code":"1"},{"code":"2"}]`: {{"1"}, {"2"}},
		`{"code":"1"}`:                {{"1"}},
		`[]`:                          {},
		`null`:                        nil,
	} {
		var got wire.List[member]
		require.NoError(t, json.Unmarshal([]byte(body), &got), body)
		assert.Equal(t, want, got, body)
	}
	var got wire.List[member]
	require.Error(t, json.Unmarshal([]byte(`"1"`), &got))
	data, err := json.Marshal(wire.List[member]{{"1"}})
	require.NoError(t, err)
	assert.Equal(t, `[{"code":"1"}]`, string(data))
}
