// Quickstart shows the four areas of the library at work: licenses, devices, feature access and outgoing permissions. It runs
// on an organization in memory, over real HTTP; with -live and WEBEX_ACCESS_TOKEN it runs on the service.
//
// On the service it only looks, unless -person names somebody whose settings it may change: own feature access is reset,
// INTERNATIONAL stays blocked, and the own permissions and transfer numbers stay in force.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

func main() {
	log.SetFlags(0)
	live := flag.Bool("live", false, "use the service, with the token in "+api.EnvironmentToken)
	personID := flag.String("person", "", "id of a person whose settings may be changed")
	flag.Parse()
	if err := run(*live, *personID); err != nil {
		log.Fatal(err)
	}
}

func run(live bool, personID string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	options := []api.Option{api.FromEnvironment()}
	if !live {
		organization := webextest.Start(webextest.WithReadOnlyCallTypes()) // so that Update has call types to leave out
		defer organization.Close()
		organization.Change(prepare)
		options = []api.Option{api.WithToken(organization.Token), api.WithBaseURL(organization.URL)}
		if personID == "" {
			personID = organization.People()[0].ID
		}
		fmt.Println("Organization in memory at", organization.URL)
	}
	client, err := api.NewClient(options...)
	if err != nil {
		return err
	}
	if err := showLicenses(ctx, client); err != nil {
		return err
	}
	if err := showDevices(ctx, client); err != nil {
		return err
	}
	if personID == "" {
		fmt.Println("\nNothing is changed: name somebody with -person.")
		return nil
	}
	for _, step := range []func(context.Context, *api.Client, string) error{
		closeFeature, blockInternational, setTransferNumber,
	} {
		if err := step(ctx, client, personID); err != nil {
			return err
		}
	}
	return nil
}

// prepare allows international calls at every location, so that there is something to block, and adds a call type that the
// OpenAPI document does not list, as the API may come to have some.
func prepare(state *webextest.State) {
	satellite := webextest.CallPermission{CallType: "SATELLITE", Action: "ALLOW"}
	for i := range state.Locations {
		rules := &state.Locations[i].Outgoing
		for j := range rules.CallingPermissions {
			if rules.CallingPermissions[j].CallType == "INTERNATIONAL" {
				rules.CallingPermissions[j].Action = "ALLOW"
			}
		}
		rules.CallingPermissions = append(rules.CallingPermissions, satellite)
	}
	own := &state.People[0].Outgoing
	own.CallingPermissions = append(own.CallingPermissions, satellite)
}

func showLicenses(ctx context.Context, client *api.Client) error {
	licenses, err := client.Licenses.List(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\nLicenses: %d\n", len(licenses))
	for _, license := range licenses {
		fmt.Printf("  %-34s %3d of %3d in use\n", license.Name, license.ConsumedUnits, license.TotalUnits)
	}
	return nil
}

func showDevices(ctx context.Context, client *api.Client) error {
	count, byProduct := 0, map[string]int{}
	// Pages are asked for as the loop needs them.
	for device, err := range client.Devices.List(ctx, api.ListDevicesParams{Type: api.DeviceTypePhone}) {
		if err != nil {
			return err
		}
		count++
		byProduct[device.Product]++
	}
	fmt.Printf("\nPhones: %d\n", count)
	for _, product := range sortedKeys(byProduct) {
		fmt.Printf("  %-34s %3d\n", product, byProduct[product])
	}
	return nil
}

func closeFeature(ctx context.Context, client *api.Client, personID string) error {
	fmt.Println("\nFeature access of the person")
	show := func(when string) error {
		access, err := client.FeatureAccess.Get(ctx, personID)
		if err != nil {
			return err
		}
		fmt.Printf("  %-34s voicemail %s, follows the default: %t\n",
			when, access.Features[api.FeatureVoicemail], access.FollowsDefault)
		return nil
	}
	if err := show("as it was"); err != nil {
		return err
	}
	if err := client.FeatureAccess.Update(ctx, personID, api.FeatureAccess{api.FeatureVoicemail: api.NoAccess}); err != nil {
		return err
	}
	if err := show("with voicemail closed"); err != nil {
		return err
	}
	if err := client.FeatureAccess.Reset(ctx, personID); err != nil {
		return err
	}
	return show("after the reset")
}

func blockInternational(ctx context.Context, client *api.Client, personID string) error {
	outgoing := client.OutgoingPermissions.Person(personID)
	before, err := outgoing.Get(ctx)
	if err != nil {
		return err
	}
	settings := before
	if settings.Inherits() {
		location, err := locationOf(ctx, client, personID)
		if err != nil {
			return err
		}
		settings.StartFrom(location)
	}
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	// Some of these call types can be read but not written. Update knows them; those that nobody knows pass through.
	if err := outgoing.Update(ctx, settings); err != nil {
		return err
	}
	after, err := outgoing.Get(ctx)
	if err != nil {
		return err
	}
	was := map[api.CallType]api.Action{}
	for _, entry := range before.CallingPermissions {
		was[entry.CallType] = entry.Action
	}
	fmt.Println("\nOutgoing permissions of the person")
	for _, entry := range after.CallingPermissions {
		change := ""
		if was[entry.CallType] != entry.Action {
			change = fmt.Sprintf(" (was %s)", was[entry.CallType])
		}
		fmt.Printf("  %-34s %s%s\n", entry.CallType, entry.Action, change)
	}
	return nil
}

// locationOf reads the permissions of the location that the phones of a person are at.
func locationOf(ctx context.Context, client *api.Client, personID string) (api.OutgoingPermissions, error) {
	for device, err := range client.Devices.List(ctx, api.ListDevicesParams{PersonID: personID}) {
		if err != nil {
			return api.OutgoingPermissions{}, err
		}
		if device.LocationID != "" {
			return client.OutgoingPermissions.Location(device.LocationID).Get(ctx)
		}
	}
	return api.OutgoingPermissions{}, fmt.Errorf("the location of the person %s is not known: the person has no phone", personID)
}

func setTransferNumber(ctx context.Context, client *api.Client, personID string) error {
	numbers := client.OutgoingPermissions.Person(personID).TransferNumbers
	fmt.Println("\nTransfer numbers of the person")
	show := func(when string) error {
		n, err := numbers.Get(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("  %-34s %q %q %q\n", when, n.AutoTransferNumber1, n.AutoTransferNumber2, n.AutoTransferNumber3)
		return nil
	}
	if err := show("as they were"); err != nil {
		return err
	}
	before, err := numbers.Get(ctx)
	if err != nil {
		return err
	}
	set := api.TransferNumbersUpdate{UseCustomTransferNumbers: new(true), AutoTransferNumber1: new("+31205550123")}
	if err := numbers.Update(ctx, set); err != nil {
		return err
	}
	if err := show("with the first one set"); err != nil {
		return err
	}
	// A number that was not set is sent as "", which clears it. Without the switch that would have no effect.
	restored := before.ClearUnset()
	restored.UseCustomTransferNumbers = new(true)
	if err := numbers.Update(ctx, restored); err != nil {
		return err
	}
	return show("with the first one cleared")
}

func sortedKeys(m map[string]int) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
