package webextest_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// blockNational is a program to be tested: it blocks national calls of some people at one location.
func blockNational(ctx context.Context, client *api.Client, locationID string, ids ...string) error {
	location, err := client.OutgoingPermissions.Location(locationID).Get(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		outgoing := client.OutgoingPermissions.Person(id)
		settings, err := outgoing.Get(ctx)
		if err != nil {
			return err
		}
		settings.StartFrom(location)
		settings.Set(api.CallTypeNational, api.ActionBlock, false)
		if err := outgoing.Update(ctx, settings); err != nil {
			return err
		}
	}
	return nil
}

// A test runs the program and looks at what it changed: the stored entries of the person become those of the location, but for
// the one that is blocked. In a test, NewServer(t) ends the server by itself.
func ExampleDiff() {
	server := webextest.Start()
	defer server.Close()
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}

	person := server.People()[0]
	before := server.State()
	err = blockNational(context.Background(), client, person.LocationID, person.ID)
	fmt.Println(err)
	for _, change := range webextest.Diff(before, server.State()) {
		fmt.Println(change)
	}
	// Output:
	// <nil>
	// people[Alma Aalto].outgoing.callingPermissions[INTERNATIONAL].action: "ALLOW" -> "BLOCK"
	// people[Alma Aalto].outgoing.callingPermissions[INTERNATIONAL].transferEnabled: true -> false
	// people[Alma Aalto].outgoing.callingPermissions[NATIONAL].action: "ALLOW" -> "BLOCK"
	// people[Alma Aalto].outgoing.callingPermissions[NATIONAL].transferEnabled: true -> false
	// people[Alma Aalto].outgoing.callingPermissions[PREMIUM_SERVICES_II].action: "ALLOW" -> "BLOCK"
	// people[Alma Aalto].outgoing.callingPermissions[PREMIUM_SERVICES_II].transferEnabled: true -> false
	// people[Alma Aalto].outgoing.callingPermissions[PREMIUM_SERVICES_I].action: "ALLOW" -> "BLOCK"
	// people[Alma Aalto].outgoing.callingPermissions[PREMIUM_SERVICES_I].transferEnabled: true -> false
	// people[Alma Aalto].outgoing.useCustomEnabled: false -> true
	// people[Alma Aalto].outgoing.useCustomPermissions: false -> true
}

// The organization takes three calls at once and another each second. Its clock goes on a second with every refusal, and the
// client is told not to wait for longer than a millisecond, so that the test takes no time.
func ExampleWithRateLimit() {
	var refusals atomic.Int64
	start := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	server := webextest.Start(webextest.WithRateLimit(1, 3), webextest.WithClock(func() time.Time {
		return start.Add(time.Duration(refusals.Load()) * time.Second)
	}))
	defer server.Close()
	client, err := api.NewClient(
		api.WithToken(server.Token), api.WithBaseURL(server.URL),
		api.WithRetryPolicy(api.RetryPolicy{MaxWait: time.Millisecond}),
		api.WithHooks(api.Hooks{AfterTry: func(_ context.Context, try api.Try) {
			if try.StatusCode == http.StatusTooManyRequests {
				refusals.Add(1)
			}
		}}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	people := server.People()[:3]
	err = blockNational(context.Background(), client, people[0].LocationID, people[0].ID, people[2].ID)
	fmt.Println(err)
	fmt.Println(refusals.Load(), "of the calls were refused and sent again")
	for _, person := range people {
		permission, _ := server.InForce(person.ID, "NATIONAL")
		fmt.Println(person.DisplayName, permission.Action)
	}
	// Output:
	// <nil>
	// 2 of the calls were refused and sent again
	// Alma Aalto BLOCK
	// Bo Haddad ALLOW
	// Chidi Eze BLOCK
}

// No unit of one license is left: the service does the rest and answers 206. A program that takes that for a full success
// fails here.
func ExampleServer_Change() {
	server := webextest.Start()
	defer server.Close()
	server.Change(func(state *webextest.State) {
		for i := range state.Licenses {
			if state.Licenses[i].Name == "Webex Meetings" {
				state.Licenses[i].TotalUnits = 0
			}
		}
	})
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}

	names, ids := map[string]string{}, map[string]string{}
	for _, license := range server.Licenses() {
		names[license.ID], ids[license.Name] = license.Name, license.ID
	}
	result, err := client.Licenses.Assign(context.Background(), api.AssignLicensesRequest{
		Email:    server.People()[0].Email,
		Licenses: []api.LicenseChange{{ID: ids["Webex Messaging"]}, {ID: ids["Webex Meetings"]}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("in part:", result.Partial())
	for _, change := range result.NotApplied() {
		fmt.Println("not done:", change.Operation, names[change.LicenseID])
	}
	// Output:
	// in part: true
	// not done: add Webex Meetings
}
