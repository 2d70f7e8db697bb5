package api_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

func list(t *testing.T, client *api.Client) error {
	t.Helper()
	_, err := client.Licenses.List(t.Context())
	return err
}

func TestTokenEndpointRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			var mu sync.Mutex
			var seen []string
			rec := record(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, r.URL.Path)
				http.Redirect(w, r, "/v1/elsewhere", status)
			})
			client := rec.client(t, api.WithRefreshToken("C1", "S1", "secret-0", keep))
			err := list(t, client)
			require.ErrorContains(t, err, "redirects")
			require.NotErrorIs(t, err, api.ErrUnauthorized)
			assert.Equal(t, []string{"/v1/access_token"}, seen)
		})
	}
}
