package webextest

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// Person is somebody in the organization.
type Person struct {
	ID, DisplayName, Email, LocationID string
}

// Workspace is a room or a desk that is not one person's.
type Workspace struct {
	ID, DisplayName, LocationID string
}

// Location is a site of the organization.
type Location struct {
	ID, Name string
}

// VirtualLine is a line without a person.
type VirtualLine struct {
	ID, DisplayName, LocationID string
}

// organization is the state and answers the operations.
type organization struct {
	// Operations that have no answer yet fall through to this nil interface and are answered with 501.
	server.ServerInterface

	id       string
	pageSize int

	mu           sync.Mutex
	random       *rand.Rand
	people       []Person
	workspaces   []Workspace
	locations    []Location
	virtualLines []VirtualLine
	devices      []server.Device
	licenses     []license
	// outgoing has the outgoing permissions of everything that has some, by id.
	outgoing map[string]*outgoing
	// defaultAccess and access are the feature access of all, and of persons who do not follow it.
	defaultAccess map[string]string
	access        map[string]map[string]string
}

var _ server.ServerInterface = (*organization)(nil)

// newOrganization makes up an organization; the same seed makes the same.
func newOrganization(c config) *organization {
	o := &organization{
		pageSize:      c.pageSize,
		random:        rand.New(rand.NewPCG(c.seed, 0)),
		outgoing:      map[string]*outgoing{},
		defaultAccess: newDefaultAccess(),
		access:        map[string]map[string]string{},
	}
	o.id = o.newID("us/ORGANIZATION")
	for _, name := range []string{"Utrecht", "Porto"} {
		l := Location{o.newID("us/LOCATION"), name}
		o.locations = append(o.locations, l)
		o.outgoing[l.ID] = newOutgoing(locationKind)
	}
	for i := range c.people {
		name := givenNames[i%len(givenNames)] + " " + familyNames[i*7%len(familyNames)]
		p := Person{o.newID("us/PEOPLE"), name, strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com", o.someLocation(i)}
		o.people = append(o.people, p)
		o.outgoing[p.ID] = newOutgoing(personKind)
		if i%2 == 1 {
			o.outgoing[p.ID].forget(newcomer)
		}
	}
	for i, name := range []string{"Lobby", "Boardroom", "Warehouse"} {
		w := Workspace{o.newID("urn:TEAM:eu-central-1_k/PLACE"), name, o.someLocation(i)}
		o.workspaces = append(o.workspaces, w)
		o.outgoing[w.ID] = newOutgoing(workspaceKind)
	}
	for i, name := range []string{"Hotline", "Night Desk"} {
		v := VirtualLine{o.newID("us/VIRTUAL_LINE"), name, o.someLocation(i)}
		o.virtualLines = append(o.virtualLines, v)
		o.outgoing[v.ID] = newOutgoing(virtualLineKind)
	}
	for i := range c.devices {
		o.devices = append(o.devices, o.newDevice(i))
	}
	o.licenses = o.newLicenses()
	return o
}

var (
	givenNames  = []string{"Alma", "Bo", "Chidi", "Dana", "Emre", "Farah", "Gwen", "Hugo", "Ines", "Jun", "Kofi", "Lena"}
	familyNames = []string{"Aalto", "Brandt", "Costa", "Dijkstra", "Eze", "Fontaine", "Greco", "Haddad", "Ito", "Jansen"}
)

func (o *organization) someLocation(i int) string { return o.locations[i%len(o.locations)].ID }

func (o *organization) newUUID() uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], o.random.Uint64())
	binary.BigEndian.PutUint64(id[8:], o.random.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // version 4
	return id
}

// newID makes an id of the service's form: the encoded name of a thing.
func (o *organization) newID(kind string) string {
	return base64.RawStdEncoding.EncodeToString(fmt.Appendf(nil, "ciscospark://%s/%s", kind, o.newUUID()))
}

// birth is when the devices of a made-up organization begin to have been registered.
var birth = time.Date(2024, time.March, 4, 8, 0, 0, 0, time.UTC)

// OrganizationID is the id of the organization.
func (s *Server) OrganizationID() string { return s.organization.id }

// People answers the persons of the organization.
func (s *Server) People() []Person { return copied(s, &s.organization.people) }

// Workspaces answers the workspaces of the organization.
func (s *Server) Workspaces() []Workspace { return copied(s, &s.organization.workspaces) }

// Locations answers the locations of the organization.
func (s *Server) Locations() []Location { return copied(s, &s.organization.locations) }

// VirtualLines answers the virtual lines of the organization.
func (s *Server) VirtualLines() []VirtualLine { return copied(s, &s.organization.virtualLines) }

func copied[T any](s *Server, list *[]T) []T {
	s.organization.mu.Lock()
	defer s.organization.mu.Unlock()
	return slices.Clone(*list)
}
