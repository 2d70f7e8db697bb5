package api_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// TestCallsWithTheContextOfAnotherCall makes a call with every context that the client hands out during a call. It must fail
// like a call of its own: with its own operation and scopes, and without the secret of its own query.
func TestCallsWithTheContextOfAnotherCall(t *testing.T) {
	const code = "16180339"
	var held context.Context
	keepContext := func(ctx context.Context) {
		if held == nil {
			held = ctx
		}
	}
	hooks := api.WithHooks
	for name, option := range map[string]api.Option{
		"BeforeTry": hooks(api.Hooks{BeforeTry: func(ctx context.Context, _ api.Try) context.Context {
			keepContext(ctx)
			return ctx
		}}),
		"AfterTry": hooks(api.Hooks{AfterTry: func(ctx context.Context, _ api.Try) { keepContext(ctx) }}),
		"AfterTry of a further page": hooks(api.Hooks{AfterTry: func(ctx context.Context, try api.Try) {
			if try.Path == "/v1/devices/page2" {
				keepContext(ctx)
			}
		}}),
		"a context without cancellation": hooks(api.Hooks{AfterTry: func(ctx context.Context, _ api.Try) {
			keepContext(context.WithoutCancel(ctx))
		}}),
		"a token function": api.WithTokenFunc(func(ctx context.Context, _ api.Token) (api.Token, error) {
			keepContext(context.WithoutCancel(ctx))
			return api.NewToken(token), nil
		}),
	} {
		t.Run(name, func(t *testing.T) {
			held = nil
			client := record(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/v1/devices":
					w.Header().Set("Link", `</v1/devices/page2>; rel="next"`)
					reply(200, `{"items":[]}`)(w, r)
				case "/v1/devices/page2":
					reply(200, `{"items":[]}`)(w, r)
				default:
					reply(403, `{"message":"not for code `+code+`"}`)(w, r)
				}
			}).client(t, option)
			_, err := api.Collect(client.Devices.List(t.Context(), api.ListDevicesParams{})) //nolint:contextcheck // Not held.
			require.NoError(t, err)
			require.NotNil(t, held)

			err = client.Do(held, http.MethodGet, "/unknown", url.Values{"code": {code}}, nil, nil)
			var failed *api.Error
			require.ErrorAs(t, err, &failed)
			assert.Empty(t, failed.Operation)
			assert.Empty(t, failed.Scopes)
			assert.Equal(t, "/v1/unknown", failed.Path)
			assert.Equal(t, "not for code [redacted]", failed.Message)
			assert.Len(t, failed.Tries, 1)

			_, err = client.Licenses.List(held)
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, "listLicenses", failed.Operation)
			assert.NotEmpty(t, failed.Scopes)
		})
	}
}
