package webextest

import (
	"golang.org/x/time/rate"
)

// State returns a copy of everything that the server holds. Its cost grows with the organization: [Server.Person],
// [Server.Device], [Server.Permissions] and their like read one thing.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyOf(*s.state)
}

// Change lets a function change what the server holds, while no request is answered. The function must not call methods of the
// server. New things without an id are given one,
// and those that can have outgoing permissions are given the usual ones if they have none.
func (s *Server) Change(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := copyOf(*s.state)
	change(&state)
	s.install(copyOf(state)) // The function may have kept parts of what it changed.
}

// Reset brings back the state that the server began with, takes back all faults and empties the record.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.limiters = nil, map[string]*rate.Limiter{}
	s.calls.forget(len(s.calls.entries))
	s.install(decode[State](s.initial))
}

// Faults are the orders that were given, those among them that have struck for the last time too.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Fault{}
	for _, fault := range s.faults {
		list = append(list, fault.Fault)
	}
	return list
}

// install serves a state.
func (s *Server) install(state State) {
	if state.Tokens == nil {
		state.Tokens = map[string]Access{}
	}
	s.state = &state
	s.served = map[string]*served{}
	for i := range len(state.Customers) + 1 {
		data := &state.Organization
		if i > 0 {
			data = &state.Customers[i-1]
		}
		complete(data, s.config)
		o := newOrganization(data, s.config, s.findPerson)
		s.served[key(data.ID)] = &served{o, newThings(data), s.routes(o)}
	}
}

// findPerson looks for a person in all organizations.
func (s *Server) findPerson(id, email string) *Person {
	for _, served := range s.served {
		if p := served.findPerson(id, email); p != nil {
			return p
		}
	}
	return nil
}

// OrganizationID returns the id of the organization.
func (s *Server) OrganizationID() string {
	return part(s, func(o *Organization) string { return o.ID })
}

// People returns the persons of the organization.
func (s *Server) People() []Person {
	return part(s, func(o *Organization) []Person { return o.People })
}

// Workspaces returns the workspaces of the organization.
func (s *Server) Workspaces() []Workspace {
	return part(s, func(o *Organization) []Workspace { return o.Workspaces })
}

// Locations returns the locations of the organization.
func (s *Server) Locations() []Location {
	return part(s, func(o *Organization) []Location { return o.Locations })
}

// VirtualLines returns the virtual lines of the organization.
func (s *Server) VirtualLines() []VirtualLine {
	return part(s, func(o *Organization) []VirtualLine { return o.VirtualLines })
}

// Licenses returns the licenses of the organization.
func (s *Server) Licenses() []License {
	return part(s, func(o *Organization) []License { return o.Licenses })
}

// part is a copy of a part of the organization.
func part[T any](s *Server, take func(*Organization) T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyOf(take(&s.state.Organization))
}

// AddDevice adds a device to the organization of its owner and answers it with what was missing: id, name and location of the
// owner, type, time.
func (s *Server) AddDevice(device Device) Device {
	s.organizationOf(hasOwner(device), func(o *organization) { device = copyOf(o.addDevice(device)) })
	return device
}

// ChangeDevice lets a function change a device. It answers false if there is none with that id.
func (s *Server) ChangeDevice(id string, change func(*Device)) (found bool) {
	s.organizationOf(hasDevice(id), func(o *organization) {
		slot, ok := o.findDevice(id)
		if found = ok; ok {
			device := copyOf(o.deviceAt(slot))
			change(&device)
			o.putDevice(slot, device)
		}
	})
	return found
}

// RemoveDevice takes a device out. It answers false if there is none with that id.
func (s *Server) RemoveDevice(id string) (found bool) {
	s.organizationOf(hasDevice(id), func(o *organization) {
		slot, ok := o.findDevice(id)
		if found = ok; ok {
			o.removeDevice(slot)
		}
	})
	return found
}

// Activate registers a device as if somebody had typed in its activation code, and uses up the code.
func (s *Server) Activate(code string, device Device) (registered Device, err error) {
	s.organizationOf(hasActivationCode(code), func(o *organization) { registered, err = o.activate(code, device) })
	return registered, err
}
