package api_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// Examples run on an organization in memory.
func example() (*api.Client, *webextest.Server) {
	server := webextest.Start()
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
	if err != nil {
		panic(err)
	}
	return client, server
}

func ExampleOutgoingPermissions_Set() {
	client, server := example()
	defer server.Close()
	ctx := context.Background()

	outgoing := client.OutgoingPermissions.Person(server.People()[0].ID)
	settings, err := outgoing.Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	location, err := client.OutgoingPermissions.Location(server.People()[0].LocationID).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	settings.StartFrom(location) // has no effect on settings that override already
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	if err := outgoing.Update(ctx, settings); err != nil {
		fmt.Println(err)
		return
	}
	after, _ := outgoing.Get(ctx)
	for _, entry := range after.CallingPermissions {
		if entry.CallType == api.CallTypeInternational {
			fmt.Println(entry.CallType, entry.Action)
		}
	}
	// Output: INTERNATIONAL BLOCK
}

func ExampleCollect() {
	client, server := example()
	defer server.Close()

	phones, err := api.Collect(client.Devices.List(context.Background(), api.ListDevicesParams{Type: api.DeviceTypePhone}))
	fmt.Println(len(phones), err)
	// Output: 208 <nil>
}

// Devices and people are joined by keys, since their ids may differ between endpoints.
func ExampleIDKey() {
	client, server := example()
	defer server.Close()

	names := map[string]string{}
	for _, person := range server.People() {
		names[api.IDKey(person.ID)] = person.DisplayName
	}
	for device, err := range client.Devices.List(context.Background(), api.ListDevicesParams{Max: 1}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(names[api.IDKey(device.PersonID)] != "")
		break
	}
	// Output: true
}

func ExampleError() {
	client, server := example()
	defer server.Close()

	_, err := client.Devices.Get(context.Background(), "no-such-device")
	var failed *api.Error
	if errors.As(err, &failed) && errors.Is(err, api.ErrNotFound) {
		fmt.Println(failed.Operation, failed.StatusCode, failed.Message)
	}
	// Output: getDevice 404 There is no device no-such-device
}

func ExampleClear() {
	client, server := example()
	defer server.Close()
	ctx := context.Background()
	server.Change(func(state *webextest.State) {
		state.Locations[0].Outgoing.TransferNumbers = [3]string{"", "+31205550122", "+31205550133"}
	})

	numbers := client.OutgoingPermissions.Location(server.Locations()[0].ID).TransferNumbers
	err := numbers.Update(ctx, api.TransferNumbersUpdate{
		AutoTransferNumber1: new("+31205550111"), // set
		AutoTransferNumber2: api.Clear(),         // unset
		AutoTransferNumber3: nil,                 // left as it is
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := numbers.Get(ctx)
	fmt.Printf("%q %q %q %v\n", after.AutoTransferNumber1, after.AutoTransferNumber2, after.AutoTransferNumber3, err)
	// Output: "+31205550111" "" "+31205550133" <nil>
}

func ExampleWithLogger() {
	server := webextest.Start()
	defer server.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, attribute slog.Attr) slog.Attr {
			if slices.Contains([]string{"msg", "operation", "status", "tries"}, attribute.Key) {
				return attribute
			}
			return slog.Attr{} // There is more: duration, trackingId, organization and others.
		},
	}))
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL), api.WithLogger(logger))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.Licenses.List(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	// Output: msg="webex call" operation=listLicenses status=200 tries=1
}
