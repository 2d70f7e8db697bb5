package webextest

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
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
	// formerAccess is the default feature access before it was changed; nil if nobody is shown it any more.
	formerAccess map[string]string
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
func (o *organization) newID(kind string) string { return encodeID(kind, newUUID(o.random).String()) }

// encodeID encodes an id. Ids of regional clusters are padded, the others are not.
func encodeID(kind, name string) string {
	encoding := base64.RawStdEncoding
	if strings.HasPrefix(kind, "urn:TEAM:") {
		encoding = base64.StdEncoding
	}
	return encoding.EncodeToString(fmt.Appendf(nil, "ciscospark://%s/%s", kind, name))
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
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(id, "="))
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

// complete gives an id to what was added without one, and the usual permissions to those that have none.
func complete(o *Organization, c config) {
	random := newRandom(c.seed, uint64(time.Now().UnixNano()))
	fill := func(id *string, idKind string, rules *Outgoing, k *kind) {
		if *id == "" {
			*id = encodeID(idKind, newUUID(random).String())
		}
		if rules == nil {
			return
		}
		if rules.CallingPermissions == nil {
			rules.CallingPermissions = newOutgoing(c, k != personKind).CallingPermissions
		}
		for i := range rules.DigitPatterns {
			if rules.DigitPatterns[i].ID == "" {
				rules.DigitPatterns[i].ID = encodeID(patternKind, newUUID(random).String())
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
		fill(&o.Workspaces[i].ID, placeKind, &o.Workspaces[i].Outgoing, workspaceKind)
	}
	for i := range o.VirtualLines {
		fill(&o.VirtualLines[i].ID, "us/VIRTUAL_LINE", &o.VirtualLines[i].Outgoing, virtualLineKind)
	}
	for i := range o.Jobs {
		fill(&o.Jobs[i].ID, jobKind, nil, nil)
	}
	completeLicenses(o, random)
}

// completeLicenses gives ids to licenses that have none.
func completeLicenses(o *Organization, random *rand.Rand) {
	for i := range o.Licenses {
		if l := &o.Licenses[i]; l.ID == "" {
			l.ID = licenseID(o.ID, *l, newUUID(random))
		}
	}
}
