package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// pathServer has one, both or none of the paths of a person's permissions. What is missing is refused with a status.
func pathServer(t *testing.T, older, newer bool, missing int) *recorder {
	t.Helper()
	return record(t, func(w http.ResponseWriter, r *http.Request) {
		there := older
		if strings.HasPrefix(r.URL.Path, "/v1/telephony/") {
			there = newer
		}
		switch {
		case !there:
			reply(missing, `{"message":"no"}`)(w, r)
		case r.Method == http.MethodGet:
			reply(200, permissionsBody)(w, r)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
}

// sentTo returns the methods and the beginnings of the paths that were sent.
func sentTo(rec *recorder) []string {
	var sent []string
	for _, r := range rec.requests() {
		part := "older"
		if strings.HasPrefix(r.path, "/v1/telephony/") {
			part = "newer"
		}
		sent = append(sent, r.method+" "+part)
	}
	return sent
}

func TestPathOfPersonPermissions(t *testing.T) {
	for name, test := range map[string]struct {
		older, newer bool
		// The requests of a read and an update, and those of an update alone.
		readUpdate, update []string
	}{
		"older": {true, false, []string{"GET older", "PUT older"}, []string{"GET older", "PUT older"}},
		"newer": {false, true, []string{"GET older", "GET newer", "PUT newer"}, []string{"GET older", "GET newer", "PUT newer"}},
		"both":  {true, true, []string{"GET older", "PUT older"}, []string{"GET older", "PUT older"}},
	} {
		for _, missing := range []int{http.StatusNotFound, http.StatusMethodNotAllowed} {
			t.Run(name, func(t *testing.T) {
				rec := pathServer(t, test.older, test.newer, missing)
				client := rec.client(t)
				settings, err := client.OutgoingPermissions.Person("P1").Get(t.Context())
				require.NoError(t, err)
				require.NoError(t, client.ForOrganization("O1").OutgoingPermissions.Person("P2").Update(t.Context(), settings))
				assert.Equal(t, test.readUpdate, sentTo(rec), "the client remembers, for all organizations")

				rec = pathServer(t, test.older, test.newer, missing)
				require.NoError(t, rec.client(t).OutgoingPermissions.Person("P1").Update(t.Context(), settings))
				assert.Equal(t, test.update, sentTo(rec))
			})
		}
	}
}

func TestPathOfAMissingPerson(t *testing.T) {
	rec := pathServer(t, false, false, http.StatusNotFound)
	outgoing := rec.client(t).OutgoingPermissions.Person("P1")
	for range 2 {
		_, err := outgoing.Get(t.Context())
		require.ErrorIs(t, err, api.ErrNotFound)
	}
	assert.Equal(t, []string{"GET older", "GET newer", "GET older", "GET newer"}, sentTo(rec), "nothing was learned")
	var blocking api.OutgoingPermissions
	blocking.Set(api.CallTypeNational, api.ActionBlock, false)
	require.ErrorIs(t, outgoing.Update(t.Context(), blocking), api.ErrNotFound)
	assert.NotContains(t, sentTo(rec), "PUT older")
	assert.NotContains(t, sentTo(rec), "PUT newer")

	// A server may come to have another path, or take writes at the other one only.
	older := true
	rec = record(t, func(w http.ResponseWriter, r *http.Request) {
		isOlder := strings.HasPrefix(r.URL.Path, "/v1/people/")
		switch {
		case r.Method == http.MethodPut && isOlder:
			reply(405, "{}")(w, r)
		case isOlder && !older:
			reply(404, "{}")(w, r)
		default:
			reply(200, permissionsBody)(w, r)
		}
	})
	outgoing = rec.client(t).OutgoingPermissions.Person("P1")
	settings, err := outgoing.Get(t.Context())
	require.NoError(t, err)
	require.NoError(t, outgoing.Update(t.Context(), settings))
	assert.Equal(t, []string{"GET older", "PUT older", "PUT newer"}, sentTo(rec))
	older = false
	_, err = outgoing.Get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "GET newer", sentTo(rec)[3], "the path that took the write is remembered")

	// What is neither 404 nor 405 says nothing about the path.
	rec = record(t, reply(403, "{}"))
	_, err = rec.client(t).OutgoingPermissions.Person("P1").Get(t.Context())
	require.ErrorIs(t, err, api.ErrForbidden)
	assert.Equal(t, []string{"GET older"}, sentTo(rec))
}
