package webextest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// makeUp makes up an organization. The same seed makes the same organization.
func makeUp(c config, name string) Organization {
	random := newRandom(c.seed, 0)
	newID := func(kind string) string { return encodeID(kind, newUUID(random).String()) }
	o := Organization{
		ID: newID("us/ORGANIZATION"), Name: name, FeatureAccess: newDefaultAccess(), Devices: Devices{MadeUp: c.devices},
		Sites: []Site{{URL: freeSite, Attendees: []string{}}}, AccessCodes: []AccessCode{}, ActivationCodes: []ActivationCode{},
	}
	// One location blocks expensive calls, the other one does not.
	o.Locations = []Location{
		{newID("us/LOCATION"), "Utrecht", "+31205550000", newOutgoing(c, true)},
		{newID("us/LOCATION"), "Porto", "+351225550000", newOutgoing(c, false)},
	}
	for i := range c.people {
		o.People = append(o.People, makeUpPerson(c, newID("us/PEOPLE"), o.Locations[i%len(o.Locations)], i))
		if i%8 != 7 { // Every eighth person has no phone.
			o.Devices.Owners = append(o.Devices.Owners, o.People[i].ID)
		}
	}
	for i, name := range []string{"Lobby", "Boardroom", "Warehouse"} {
		w := Workspace{newID(placeKind), name, o.Locations[i%len(o.Locations)].ID, newOutgoing(c, true)}
		w.Outgoing.UseCustomEnabled, w.Outgoing.UseCustomPermissions = i == 2, i == 2
		o.Workspaces = append(o.Workspaces, w)
		o.Devices.Places = append(o.Devices.Places, w.ID)
	}
	for i, name := range []string{"Hotline", "Night Desk"} {
		v := VirtualLine{newID("us/VIRTUAL_LINE"), name, o.Locations[i%len(o.Locations)].ID, newOutgoing(c, true)}
		v.Outgoing.UseCustomEnabled, v.Outgoing.UseCustomPermissions = i == 1, i == 1
		o.VirtualLines = append(o.VirtualLines, v)
	}
	o.Licenses, o.Jobs = newLicenses(&o, func() uuid.UUID { return newUUID(random) }), newJobs(&o, newID)
	return o
}

// makeUpPerson makes up the person number i. Stored permissions allow expensive calls, so that there is something to block.
// Every ninth person, from the fifth on, overrides permissions and feature access; the others inherit. Two of three persons
// have a phone number.
func makeUpPerson(c config, id string, l Location, i int) Person {
	p := Person{
		ID: id, DisplayName: personName(i), LocationID: l.ID, Extension: strconv.Itoa(1000 + i), Outgoing: newOutgoing(c, false),
	}
	p.Email = strings.ToLower(strings.ReplaceAll(p.DisplayName, " ", ".")) + "@example.com"
	if i%3 != 2 {
		p.PhoneNumber = l.MainNumber[:len(l.MainNumber)-4] + p.Extension
	}
	if i%9 == 4 {
		p.Outgoing.UseCustomEnabled, p.Outgoing.UseCustomPermissions = true, true
		p.FeatureAccess = newDefaultAccess()
		p.FeatureAccess["hoteling"] = string(server.AccessLevelNoAccess)
	}
	return p
}

// personName is the name of the person number i. No two are the same.
func personName(i int) string {
	name := givenNames[i%len(givenNames)] + " " + familyNames[i*7%len(familyNames)]
	if round := i / (len(givenNames) * len(familyNames) / 2); round > 0 {
		name += fmt.Sprintf(" %d", round+1)
	}
	return name
}

var (
	givenNames  = []string{"Alma", "Bo", "Chidi", "Dana", "Emre", "Farah", "Gwen", "Hugo", "Ines", "Jun", "Kofi", "Lena"}
	familyNames = []string{"Aalto", "Brandt", "Costa", "Dijkstra", "Eze", "Fontaine", "Greco", "Haddad", "Ito", "Jansen"}
)

// newLicenses makes up the licenses of an organization and the persons and workspaces that hold them.
func newLicenses(o *Organization, newUUID func() uuid.UUID) []License {
	people, places := []string{}, []string{}
	for _, p := range o.People {
		people = append(people, p.ID)
	}
	for _, w := range o.Workspaces {
		places = append(places, w.ID)
	}
	professionals := (len(people)*3 + 3) / 4
	list := func(name string, units int, holders []string) License {
		return License{Name: name, TotalUnits: units, People: append([]string{}, holders...), Workspaces: []string{}}
	}
	licenses := []License{
		list(professional, professionals+22, people[:professionals]),
		list(basic, len(people)-professionals+4, people[professionals:]),
		list(workspaces, 5, nil),
		list(essential, 8, people[:min(3, len(people))]),
		list(standard, 5, nil),
		list(attendantConsole, 2, nil),
		list(freeMessaging, len(people)+50, people),
		list(paidMessaging, 10, nil),
		list(freeMeetings, len(people)+50, people),
		list(paidMeetings, 3, nil),
		list(screenShare, len(people)+50, people),
		list(messenger, 10, nil),
	}
	licenses[2].Workspaces = places
	licenses[9].SiteURL = paidSite
	for i := range licenses {
		licenses[i].ID = licenseID(o.ID, licenses[i], newUUID())
	}
	return licenses
}

// newJobs makes up a job that failed, if there are devices that reject their settings.
func newJobs(o *Organization, newID func(kind string) string) []Job {
	const failures, firstDevices = 2, 100
	job := Job{
		InstanceID: 1, TrackingID: "WEBEXTEST_JOB_1", Started: birth.AddDate(0, 1, 0), DeviceCount: o.Devices.MadeUp, Aborted: true,
	}
	ids := newIDCipher(o.ID)
	for number := range min(o.Devices.MadeUp, firstDevices) {
		if len(madeUpErrors(number)) > 0 && len(job.Failed) < failures {
			job.Failed = append(job.Failed, encodeID(deviceKind, ids.id(number).String()))
		}
	}
	if len(job.Failed) == 0 {
		return []Job{}
	}
	job.ID = newID(jobKind)
	return []Job{job}
}

// birth is the time at which the first device of a made-up organization was registered.
var birth = time.Date(2024, time.March, 4, 8, 0, 0, 0, time.UTC)

// newOutgoing makes up permissions that allow every call, except that expensive calls may be blocked.
func newOutgoing(c config, blockExpensive bool) Outgoing {
	o := Outgoing{AccessCodes: []AccessCode{}, DigitPatterns: []DigitPattern{}}
	callTypes := madeUpCallTypes
	if c.readOnlyCallTypes {
		callTypes = slices.Concat(callTypes, readOnlyCallTypes)
	}
	for _, callType := range callTypes {
		entry := CallPermission{CallType: string(callType), Action: string(server.ActionAllow), TransferEnabled: true}
		if slices.Contains(expensiveCallTypes, callType) {
			entry.Restricted = c.trial
			if blockExpensive || c.trial {
				entry.Action, entry.TransferEnabled = string(server.ActionBlock), false
			}
		}
		o.CallingPermissions = append(o.CallingPermissions, entry)
	}
	return o
}

var (
	madeUpCallTypes = []server.CallType{
		server.CallTypeInternalCall, server.CallTypeTollFree, server.CallTypeInternational, server.CallTypeOperatorAssisted,
		server.CallTypeChargeableDirectoryAssisted, server.CallTypeSpecialServicesI, server.CallTypeSpecialServicesII,
		server.CallTypePremiumServicesI, server.CallTypePremiumServicesII, server.CallTypeNational,
	}
	// expensiveCallTypes are restricted in trial organizations.
	expensiveCallTypes = []server.CallType{
		server.CallTypeInternational, server.CallTypePremiumServicesI, server.CallTypePremiumServicesII,
	}
)
