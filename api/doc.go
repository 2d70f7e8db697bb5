// Package api is a client for the administration of Webex Calling: licenses, devices, feature access and outgoing
// permissions.
//
//	client, err := api.NewClient(api.WithToken(token))
//	…
//	outgoing := client.OutgoingPermissions.Person(personID)
//	settings, err := outgoing.Get(ctx)
//	…
//	location, err := client.OutgoingPermissions.Location(locationID).Get(ctx)
//	…
//	settings.StartFrom(location) // nothing but the next line changes, even if the person inherits from the location
//	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
//	err = outgoing.Update(ctx, settings)
//
// # Values
//
// What is only read holds plain values: null and absent are the zero value. What is written tells three things apart: a nil
// pointer leaves a setting alone, new(value) sets it, and [Clear] unsets a number. Settings that are read, changed and
// written keep the members that this library does not know.
//
// Enumerations are open: the service may answer values that have no constant here. Ids are opaque.
//
// # Lists
//
// Lists that the service pages are iterators over items and errors. The first error ends them; leaving the loop early asks
// for no further page. [Collect] reads a list to its end.
//
// # Errors
//
// A call that fails after it was sent returns an [*Error]; errors.Is tells the causes apart by the Err… values. A wrong
// argument is refused before anything is sent, by an error that names it.
//
// Calls are repeated where that does no harm, as [RetryPolicy] tells; [WithRetry] changes it for single calls. A POST or PATCH
// that may have been carried out, but was not answered so, is [ErrOutcomeUnknown].
//
// # Limits
//
// All calls of a client and of those that [Client.ForOrganization] makes from it keep the limits of the service together,
// separately for each part of the API: a few are under way at once ([WithConcurrency]), and when one is refused with 429, all
// wait. Use one client for one token.
package api
