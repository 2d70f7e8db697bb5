package api_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// The message of the server is in the middle of the error text, so its final punctuation is removed.
func TestErrorPunctuation(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"nothing":             {``, ``},
		"a full stop":         {`{"message":"No."}`, `: No`},
		"a colon":             {`{"message":"Failed: "}`, `: Failed`},
		"a question":          {`{"message":"Why?"}`, `: Why?`},
		"a code":              {`{"message":"No such user","errorCode":1}`, `: No such user [1]`},
		"a code after a stop": {`{"message":"No such user.","errorCode":1}`, `: No such user [1]`},
		"only a code":         {`{"errorCode":1}`, `: [1]`},
		"several codes":       {`{"message":"No","errors":[{"code":"a"},{"code":"b"}]}`, `: No [a] [b]`},
		"a repeated message":  {`{"message":"No","errors":[{"description":"No.","errorCode":"E1"}]}`, `: No [E1]`},
		"details":             {`{"message":"No.","errors":[{"description":"A."},{"description":"B,","code":"2"}]}`, `: No: A: B [2]`},
		"only details":        {`{"errors":[{"description":"One.","code":"1"},{"description":"Two."}]}`, `: One [1]: Two`},
	} {
		t.Run(name, func(t *testing.T) {
			err := record(t, reply(400, test.body)).client(t).Devices.Delete(t.Context(), "D1")
			var failed *api.Error
			require.ErrorAs(t, err, &failed)
			want := "webex: deleteDevice: DELETE /v1/devices/D1: 400 Bad Request" + test.want + " (tracking id " + failed.TrackingID + ")"
			assert.EqualError(t, err, want)
		})
	}
}

// Status 403 has several possible causes. The error names those that are documented, and the organization if one was named.
func TestPossibleCausesOfForbidden(t *testing.T) {
	const scopes = "the token lacks the scope spark-admin:devices_write or spark:devices_write"
	const organization = "the owner of the token does not manage the organization ORG1"
	remove := func(client *api.Client) error { return client.Devices.Delete(t.Context(), "D1") }
	do := func(client *api.Client) error {
		return client.Do(t.Context(), http.MethodGet, "/x", url.Values{"orgId": {"ORG1"}}, nil, nil)
	}
	for name, test := range map[string]struct {
		organization string
		call         func(*api.Client) error
		want         string
	}{
		"own organization": {"", remove, "Access denied: possible cause: " + scopes},
		"a role": {"", func(client *api.Client) error {
			return client.OutgoingPermissions.Person("P1").AccessCodes.DeleteAll(t.Context())
		}, "; its owner is none of these administrators: full, user, location"},
		"another organization": {"ORG1", remove, "Access denied: possible causes: " + scopes + "; " + organization},
		"orgId of the caller":  {"", do, "Access denied: possible cause: " + organization},
		"an orgId of two":      {"ORG2", do, "Access denied: possible cause: " + organization},
		"the body of a call": {"ORG1", func(client *api.Client) error {
			sites := []api.SiteChange{{SiteURL: "a.example", AccountType: "attendee"}}
			_, err := client.Licenses.Assign(t.Context(), api.AssignLicensesRequest{PersonID: "P1", SiteURLs: sites})
			return err
		}, organization},
	} {
		t.Run(name, func(t *testing.T) {
			client := record(t, reply(403, `{"message":"Access denied."}`)).client(t)
			if test.organization != "" {
				client = client.ForOrganization(test.organization)
			}
			require.ErrorContains(t, test.call(client), test.want+" (tracking id ")
		})
	}
}

// A success of another shape is named by its place in the body, in the same words in every run.
func TestBadResponseText(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:                    `unexpected JSON array`,
		`{"items":{"a":1}}`:     `unexpected JSON object at "/items"`,
		`{"items":[{"id":1}]}`:  `page 1, item 0: unexpected JSON number at "/items/0/id"`,
		`{"items":[{"id":{}}]}`: `page 1, item 0: unexpected JSON object at "/items/0/id"`,
	} {
		_, err := api.Collect(record(t, reply(200, body)).client(t).Devices.List(t.Context(), api.ListDevicesParams{}))
		require.ErrorContains(t, err, "200 OK: bad response: "+want+" (tracking id ")
	}
}
