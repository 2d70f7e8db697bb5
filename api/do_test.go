package api_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

func TestDo(t *testing.T) {
	rec := record(t, reply(200, `{"id":"P1","big":9007199254740993}`))
	client := rec.client(t)
	var out struct {
		ID  string `json:"id"`
		Big int64  `json:"big"`
	}
	require.NoError(t, client.Do(t.Context(), "GET", "/people/me", nil, nil, &out))
	assert.Equal(t, "P1", out.ID)
	assert.Equal(t, int64(9007199254740993), out.Big)
	assert.Equal(t, request{"GET", "/v1/people/me", "", "", "", "Bearer " + token}, rec.requests()[0])

	query := url.Values{"a b": {"c&d"}}
	body := struct {
		Title *string `json:"title,omitempty"`
	}{new("")}
	require.NoError(t, client.Do(t.Context(), "POST", "/rooms/a%2Fb", query, body, nil))
	assert.Equal(t, request{"POST", "/v1/rooms/a%2Fb", "a+b=c%26d", "application/json", `{"title":""}`, "Bearer " + token},
		rec.requests()[1])

	// A partner's call carries orgId unless the operation is known to have none.
	partner := client.ForOrganization("O1")
	require.NoError(t, partner.Do(t.Context(), "GET", "/people", query, nil, &out))
	assert.Equal(t, "a+b=c%26d&orgId=O1", rec.requests()[2].query)
	require.NoError(t, partner.Do(t.Context(), "GET", "/people", url.Values{"orgId": {"O2"}}, nil, &out))
	assert.Equal(t, "orgId=O2", rec.requests()[3].query)
	require.NoError(t, partner.Do(t.Context(), "GET", "/licenses/L1", nil, nil, &out))
	assert.Empty(t, rec.requests()[4].query)
	assert.Equal(t, url.Values{"a b": {"c&d"}}, query, "the caller's query was changed")
	require.ErrorContains(t, client.ForOrganization("").Do(t.Context(), "GET", "/people", nil, nil, nil), "organizationID")
}

func TestDoRefuses(t *testing.T) {
	rec := record(t, nil)
	client := rec.client(t)
	for _, path := range []string{
		"", "people", "https://example.com/x", "//example.com/x", "/a/../b", "/a/%2e%2e/b", "/..", "/.", "/a?b=c", "/a#b",
		"/%zz", "/a\x7f",
	} {
		require.ErrorContains(t, client.Do(t.Context(), "GET", path, nil, nil, nil), "path", "path %q", path)
	}
	require.ErrorContains(t, client.Do(t.Context(), "G T", "/a", nil, nil, nil), "method")
	require.ErrorContains(t, client.Do(t.Context(), "POST", "/a", nil, func() {}, nil), "body")
	require.ErrorContains(t, client.Do(t.Context(), "POST", "/a", nil, (*struct{})(nil), nil), "body")
	require.ErrorContains(t, client.Do(t.Context(), "POST", "/a", nil, nil, struct{}{}), "out")
	require.ErrorContains(t, client.Do(t.Context(), "POST", "/a", nil, nil, (*int)(nil)), "out")
	assert.Empty(t, rec.requests())
}

func TestDoFails(t *testing.T) {
	client := record(t, reply(http.StatusForbidden, `{"message":"no"}`)).client(t)
	err := client.Do(t.Context(), "GET", "/people/me", nil, nil, nil)
	require.ErrorIs(t, err, api.ErrForbidden)
	var failed *api.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, api.Error{StatusCode: 403, Message: "no", Method: "GET", Path: "/v1/people/me"}, exported(failed))

	var out struct{}
	client = record(t, reply(200, "")).client(t)
	require.ErrorIs(t, client.Do(t.Context(), "GET", "/people/me", nil, nil, &out), api.ErrBadResponse)
	require.NoError(t, client.Do(t.Context(), "GET", "/people/me", nil, nil, nil))
}
