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
// Paged lists are iterators over items and errors. An item that cannot be decoded is an [*ItemError], after which the iterator
// continues; any other error ends it. Leaving the loop early requests no further page. [Collect] reads a list to its end.
//
// # Errors
//
// A call that fails after it was sent returns an [*Error]; use errors.Is with the Err… values to find the cause. A success that
// is not what was asked for, such as {} or an error object with status 200, is [ErrBadResponse]. An invalid argument is rejected
// before anything is sent, by an error that names it.
//
// Responses are read leniently otherwise: a date that is not in the form of RFC 3339 is the zero time, a whole number may be
// written as 5, 5.0 or "5", null is the zero value, and unknown members and enumeration values are accepted.
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
