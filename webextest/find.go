package webextest

// Reads of one thing. They copy that alone, and look it up in a map: [Server.State] copies everything.

// things are those of an organization by the keys of their ids.
type things struct {
	locations    map[string]*Location
	people       map[string]*Person
	workspaces   map[string]*Workspace
	virtualLines map[string]*VirtualLine
	licenses     map[string]*License
}

func newThings(o *Organization) things {
	return things{
		locations:    byKey(o.Locations, func(l *Location) string { return l.ID }),
		people:       byKey(o.People, func(p *Person) string { return p.ID }),
		workspaces:   byKey(o.Workspaces, func(w *Workspace) string { return w.ID }),
		virtualLines: byKey(o.VirtualLines, func(v *VirtualLine) string { return v.ID }),
		licenses:     byKey(o.Licenses, func(l *License) string { return l.ID }),
	}
}

func byKey[T any](list []T, id func(*T) string) map[string]*T {
	found := make(map[string]*T, len(list))
	for i := range list {
		found[key(id(&list[i]))] = &list[i]
	}
	return found
}

// find returns a copy of what look finds in the organization of the server or in that of a customer.
func find[T any](s *Server, look func(*served) *T) (copied T, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range len(s.state.Customers) + 1 {
		id := s.state.ID
		if i > 0 {
			id = s.state.Customers[i-1].ID
		}
		if thing := look(s.served[key(id)]); thing != nil {
			return copyOf(*thing), true
		}
	}
	return copied, false
}

// Location returns a copy of a location. Like the other methods that take an id, it finds things of customers too, and it reports
// false if nothing has that id. The id may have any of the forms that endpoints return.
func (s *Server) Location(id string) (Location, bool) {
	return find(s, func(o *served) *Location { return o.things.locations[key(id)] })
}

// Person returns a copy of a person. It reports false if there is none with that id.
func (s *Server) Person(id string) (Person, bool) {
	return find(s, func(o *served) *Person { return o.things.people[key(id)] })
}

// Workspace returns a copy of a workspace. It reports false if there is none with that id.
func (s *Server) Workspace(id string) (Workspace, bool) {
	return find(s, func(o *served) *Workspace { return o.things.workspaces[key(id)] })
}

// VirtualLine returns a copy of a virtual line. It reports false if there is none with that id.
func (s *Server) VirtualLine(id string) (VirtualLine, bool) {
	return find(s, func(o *served) *VirtualLine { return o.things.virtualLines[key(id)] })
}

// License returns a copy of a license. It reports false if there is none with that id.
func (s *Server) License(id string) (License, bool) {
	return find(s, func(o *served) *License { return o.things.licenses[key(id)] })
}

// Device returns a copy of a device. It reports false if there is none with that id.
func (s *Server) Device(id string) (Device, bool) {
	return find(s, func(o *served) *Device {
		if slot, ok := o.findDevice(id); ok {
			device := o.deviceAt(slot)
			return &device
		}
		return nil
	})
}

// Permissions returns a copy of the stored outgoing permissions of a person, a workspace, a virtual line or a location, with its
// switches, transfer numbers, access codes and digit patterns. It reports false if there is none with that id. [Server.InForce]
// returns the permission that calls meet.
func (s *Server) Permissions(id string) (Outgoing, bool) {
	return find(s, func(o *served) *Outgoing {
		if e, ok := o.entities[key(id)]; ok {
			return e.Outgoing
		}
		return nil
	})
}
