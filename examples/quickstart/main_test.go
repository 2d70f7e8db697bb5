package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

func TestQuickstart(t *testing.T) {
	require.NoError(t, run(false, ""))
}

func TestQuickstartOpensNothing(t *testing.T) {
	organization := webextest.NewServer(t)
	organization.Change(prepare)
	client, err := api.NewClient(api.WithToken(organization.Token), api.WithBaseURL(organization.URL))
	require.NoError(t, err)
	person := organization.People()[0]
	before := map[string]string{}
	for _, entry := range person.Outgoing.CallingPermissions {
		permission, _ := organization.InForce(person.ID, entry.CallType)
		before[entry.CallType] = permission.Action
	}
	require.NoError(t, blockInternational(t.Context(), client, person.ID))
	for callType, action := range before {
		permission, _ := organization.InForce(person.ID, callType)
		if callType == "INTERNATIONAL" {
			require.Equal(t, "ALLOW", action)
			action = "BLOCK"
		}
		require.Equal(t, action, permission.Action, callType)
	}
}

func TestLiveNeedsAToken(t *testing.T) {
	t.Setenv("WEBEX_ACCESS_TOKEN", "")
	require.ErrorContains(t, run(true, ""), "WEBEX_ACCESS_TOKEN")
}
