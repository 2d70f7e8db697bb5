package webextest

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// organization answers the operations for one organization. The server lets one request in at a time.
type organization struct {
	*Organization
	config config
	random *rand.Rand
	ids    idCipher
	// entities are all that have outgoing permissions, and people and devices those, by the keys of their ids.
	entities map[string]*entity
	people   map[string]*Person
	// place remembers where the last page of devices ended.
	place place
	// outsider finds a person of another organization on the same server.
	outsider func(id, email string) *Person
}

var _ server.ServerInterface = (*organization)(nil)

// kind is a sort of entity that has outgoing permissions.
type kind struct {
	name string
	// switches tells whether the kind can have settings of its own beside those of its location.
	switches bool
}

var (
	personKind      = &kind{"person", true}
	workspaceKind   = &kind{"workspace", true}
	locationKind    = &kind{"location", false}
	virtualLineKind = &kind{"virtual line", true}
)

// entity is somebody or something with outgoing permissions.
type entity struct {
	*Outgoing
	kind     *kind
	location *Location
}

// newOrganization answers for what the data holds.
func newOrganization(data *Organization, c config, outsider func(id, email string) *Person) *organization {
	o := &organization{
		Organization: data, config: c, random: newRandom(c.seed, uint64(time.Now().UnixNano())),
		ids: newIDCipher(data.ID), entities: map[string]*entity{}, people: map[string]*Person{}, outsider: outsider,
	}
	locations := map[string]*Location{}
	for i := range data.Locations {
		l := &data.Locations[i]
		locations[key(l.ID)] = l
		o.entities[key(l.ID)] = &entity{&l.Outgoing, locationKind, l}
	}
	for i := range data.People {
		p := &data.People[i]
		o.people[key(p.ID)] = p
		o.entities[key(p.ID)] = &entity{&p.Outgoing, personKind, locations[key(p.LocationID)]}
	}
	for i := range data.Workspaces {
		w := &data.Workspaces[i]
		o.entities[key(w.ID)] = &entity{&w.Outgoing, workspaceKind, locations[key(w.LocationID)]}
	}
	for i := range data.VirtualLines {
		v := &data.VirtualLines[i]
		o.entities[key(v.ID)] = &entity{&v.Outgoing, virtualLineKind, locations[key(v.LocationID)]}
	}
	for i, device := range data.Devices.Added {
		data.Devices.Added[i] = o.completed(device)
	}
	return o
}

// makeUp makes up an organization; the same seed makes the same.
func makeUp(c config, name string) Organization {
	random := newRandom(c.seed, 0)
	newID := func(kind string) string { return encodeID(kind, newUUID(random)) }
	o := Organization{
		ID: newID("us/ORGANIZATION"), Name: name, FeatureAccess: newDefaultAccess(), Devices: Devices{MadeUp: c.devices},
		Sites: []Site{}, AccessCodes: []AccessCode{}, ActivationCodes: []ActivationCode{}, Jobs: []Job{},
	}
	for _, name := range []string{"Utrecht", "Porto"} {
		o.Locations = append(o.Locations, Location{newID("us/LOCATION"), name, newOutgoing(locationKind, c.trial)})
	}
	someLocation := func(i int) string { return o.Locations[i%len(o.Locations)].ID }
	for i := range c.people {
		p := Person{
			ID: newID("us/PEOPLE"), DisplayName: personName(i), LocationID: someLocation(i), Extension: strconv.Itoa(1000 + i),
			Outgoing: newOutgoing(personKind, c.trial),
		}
		p.Email = strings.ToLower(strings.ReplaceAll(p.DisplayName, " ", ".")) + "@example.com"
		o.People = append(o.People, p)
		o.Devices.Owners = append(o.Devices.Owners, p.ID)
	}
	for i, name := range []string{"Lobby", "Boardroom", "Warehouse"} {
		id := newID("urn:TEAM:eu-central-1_k/PLACE")
		o.Workspaces = append(o.Workspaces, Workspace{id, name, someLocation(i), newOutgoing(workspaceKind, c.trial)})
		o.Devices.Places = append(o.Devices.Places, id)
	}
	for i, name := range []string{"Hotline", "Night Desk"} {
		id := newID("us/VIRTUAL_LINE")
		o.VirtualLines = append(o.VirtualLines, VirtualLine{id, name, someLocation(i), newOutgoing(virtualLineKind, c.trial)})
	}
	o.Licenses, o.Sites = newLicenses(&o, newID), []Site{{URL: freeSite, Attendees: []string{}}}
	return o
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

func newRandom(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream))
}

func newUUID(random *rand.Rand) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], random.Uint64())
	binary.BigEndian.PutUint64(id[8:], random.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // version 4
	return id
}

// newID makes an id of the service's form.
func (o *organization) newID(kind string) string { return encodeID(kind, newUUID(o.random)) }

// encodeID is the encoded name of a thing, which the service has as its id.
func encodeID(kind string, name fmt.Stringer) string {
	return base64.RawStdEncoding.EncodeToString(fmt.Appendf(nil, "ciscospark://%s/%s", kind, name))
}

// ofURL turns the alphabet of base64 for addresses into the standard one.
var ofURL = strings.NewReplacer("-", "+", "_", "/")

// key is what all ids of one thing have in common: they may differ in cluster, kind, case and padding.
func key(id string) string {
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(ofURL.Replace(id), "="))
	if err != nil || !strings.HasPrefix(string(decoded), "ciscospark://") {
		return strings.ToLower(id)
	}
	name := string(decoded)
	return strings.ToLower(name[strings.LastIndexAny(name, "/#")+1:])
}

// vary is the id of a thing as another endpoint may answer it: in another case, of another cluster, with padding.
func (o *organization) vary(id string) string {
	if !o.config.variedIDs || id == "" {
		return id
	}
	decoded, err := base64.RawStdEncoding.DecodeString(id)
	if err != nil {
		return id
	}
	parts := strings.Split(strings.TrimPrefix(string(decoded), "ciscospark://"), "/")
	if len(parts) < 2 || parts[len(parts)-1] == "" {
		return id
	}
	kind, name := parts[len(parts)-2], parts[len(parts)-1]
	switch name[0] % 3 {
	case 0:
		name = strings.ToUpper(name)
	case 1:
		kind = strings.Replace(kind, "PLACE", "PLACES", 1)
	}
	return base64.StdEncoding.EncodeToString([]byte("ciscospark://urn:TEAM:us-east-1_int13/" + kind + "/" + name))
}

// birth is when the devices of a made-up organization begin to have been registered.
var birth = time.Date(2024, time.March, 4, 8, 0, 0, 0, time.UTC)

// complete gives an id to what was added without one, and the usual permissions to those that have none.
func complete(o *Organization, c config) {
	random := newRandom(c.seed, uint64(time.Now().UnixNano()))
	fill := func(id *string, idKind string, rules *Outgoing, k *kind) {
		if *id == "" {
			*id = encodeID(idKind, newUUID(random))
		}
		if rules == nil {
			return
		}
		if rules.CallingPermissions == nil {
			rules.CallingPermissions = newOutgoing(k, c.trial).CallingPermissions
		}
		for i := range rules.DigitPatterns {
			if rules.DigitPatterns[i].ID == "" {
				rules.DigitPatterns[i].ID = encodeID(patternKind, newUUID(random))
			}
		}
	}
	fill(&o.ID, "us/ORGANIZATION", nil, nil)
	if o.FeatureAccess == nil {
		o.FeatureAccess = newDefaultAccess()
	}
	for i := range o.Locations {
		fill(&o.Locations[i].ID, "us/LOCATION", &o.Locations[i].Outgoing, locationKind)
	}
	for i := range o.People {
		fill(&o.People[i].ID, "us/PEOPLE", &o.People[i].Outgoing, personKind)
	}
	for i := range o.Workspaces {
		fill(&o.Workspaces[i].ID, "urn:TEAM:eu-central-1_k/PLACE", &o.Workspaces[i].Outgoing, workspaceKind)
	}
	for i := range o.VirtualLines {
		fill(&o.VirtualLines[i].ID, "us/VIRTUAL_LINE", &o.VirtualLines[i].Outgoing, virtualLineKind)
	}
	for i := range o.Licenses {
		fill(&o.Licenses[i].ID, "us/LICENSE", nil, nil)
	}
	for i := range o.Jobs {
		fill(&o.Jobs[i].ID, jobKind, nil, nil)
	}
}
