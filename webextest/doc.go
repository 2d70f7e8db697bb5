// Package webextest is a Webex Calling organization in memory, for tests and demonstrations. It answers all operations of the
// OpenAPI document over real HTTP on a port of this machine, behaves as the Webex API is known to behave, and needs no account.
//
//	func TestLockdown(t *testing.T) {
//		server := webextest.NewServer(t)
//		client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
//		…
//		before := server.State()
//		… // the program under test
//		assert.Equal(t, []string{…}, webextest.Diff(before, server.State()))
//	}
//
// # The made-up organization
//
// It has 24 people at two locations, three workspaces, two virtual lines, 250 devices, licenses, and a device settings job that
// failed. One location blocks international and premium calls, the other one does not. Some people override the permissions of
// their location; most inherit. Some people have no phone. The devices are phones, room devices and accessories in every
// connection status, and some of them have error codes: they reject the settings of a job, so that a job for the whole
// organization ends with errors.
//
// # What is checked
//
// Every request is checked against the document. A request that the document does not allow is rejected with 400 and an error
// that names the place. Unknown query parameters and members of bodies are rejected too; with [Lenient] they are ignored.
//
// # Where the Webex API is known only from others
//
// These behaviors follow the tests of other clients, which run on the Webex API:
//
//   - Null in a change of permissions is absent.
//   - Permissions are stored while UseCustomEnabled is on. While it is off, a write is accepted and not stored, and a read
//     returns the permissions of the location. In another model, which [WithStoredEntriesVisible] selects, a read returns
//     the stored ones at all times. Neither model is verified, so test programs under both.
//   - Transfer numbers are stored while UseCustomEnabled is on, also without useCustomTransferNumbers.
//   - Reads have ten call types. [WithReadOnlyCallTypes] adds the three that were seen in 2022. An update of these three, of
//     LOCAL and of TOLL is rejected with code 25321.
//   - A level in new access codes of a location is ignored.
//   - Reads of people who follow the default feature access return the former values after a change, until the default is read.
//
// Where nothing shows how the Webex API behaves, the server takes the stricter reading:
//
//   - Permissions are in force only while UseCustomEnabled and UseCustomPermissions are on. Transfer numbers, access codes and
//     digit patterns have switches of their own.
//   - A request that turns UseCustomTransferNumbers off stores no transfer numbers.
//   - A call type that is restricted may be sent as it is; a change is rejected with code 25024.
//   - Calls that take no orgId are addressed by an id, and reach the organization of that id, if the token may work there.
//   - The access code that exceeds the limit is rejected with 400. The Webex API was seen to return 502.
//   - Codes and names that exist are rejected with 409. So is an extension that another person in the location has, and a phone
//     number that another person in the organization has.
//   - A person without a location who is given a phone number without one is at the location of the number.
//   - A license without units left is not assigned: with others that can be, the status is 206.
//
// # Tokens
//
// [Server.Token] allows everything and does not expire. [Server.NewToken] makes tokens with fewer permissions.
// [Server.NewRefreshToken] makes a refresh token, which POST /v1/access_token exchanges for access tokens.
package webextest
