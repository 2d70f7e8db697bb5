package webextest

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// AddCustomer makes up the organization of a customer, of the size that the options give, and returns it. Administrators of the
// own organization reach it with orgId.
func (s *Server) AddCustomer(name string) Organization {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, number := s.config, len(s.state.Customers)+1
	c.seed += uint64(number) + 1<<32
	customer := makeUp(c, name)
	for s.served[key(customer.ID)] != nil { // It was made up before, perhaps by another server.
		c.seed += 1 << 33
		customer = makeUp(c, name)
	}
	for i := range customer.People { // Nobody else has the address of a person.
		person := &customer.People[i]
		person.Email = strings.Replace(person.Email, "@", fmt.Sprintf("@customer%d.", number), 1)
	}
	state := *s.state
	state.Customers = append(state.Customers, customer)
	s.install(state)
	return copyOf(customer)
}

// InForce returns the permission that decides about calls of a type by a person, a workspace, a virtual line or a location, of
// the own organization or of a customer. It is the entity's own permission if its switches are on, otherwise that of its
// location. found is false if there is none.
func (s *Server) InForce(id, callType string) (permission CallPermission, found bool) {
	s.organizationOf(func(o *organization) bool { return o.entities[key(id)] != nil }, func(o *organization) {
		e, ok := o.entities[key(id)]
		if !ok {
			return
		}
		rules := e.Outgoing
		if !e.ownPermissions() && e.location != nil {
			rules = &e.location.Outgoing
		}
		if entry := rules.find(callType); entry != nil {
			permission, found = *entry, true
		}
	})
	return permission, found
}

// Devices returns an iterator over the devices of the own organization.
func (s *Server) Devices() iter.Seq[Device] { return s.DevicesOf(s.OrganizationID()) }

// DevicesOf returns an iterator over the devices of the own organization or of a customer, by its id.
func (s *Server) DevicesOf(organizationID string) iter.Seq[Device] {
	return func(yield func(Device) bool) {
		for number := 0; ; number++ {
			device, more := s.deviceAt(organizationID, number)
			if !more || !yield(device) {
				return
			}
		}
	}
}

// deviceAt returns the device at a position in the list of an organization.
func (s *Server) deviceAt(organizationID string, position int) (device Device, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	served, ok := s.served[key(organizationID)]
	if !ok {
		return Device{}, false
	}
	slot, ok := served.slot(position)
	if !ok {
		return Device{}, false
	}
	return copyOf(served.deviceAt(slot)), true
}

// organizationOf calls use with the first organization that has something, or with the own one if none has it. No request is
// answered meanwhile.
func (s *Server) organizationOf(has func(*organization) bool, use func(*organization)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.served[key(s.state.ID)].organization
	all := []*organization{own}
	for _, customer := range s.state.Customers {
		all = append(all, s.served[key(customer.ID)].organization)
	}
	if i := slices.IndexFunc(all, has); i > 0 {
		own = all[i]
	}
	use(own)
}

func hasOwner(d Device) func(*organization) bool {
	return func(o *organization) bool {
		return o.people[key(d.PersonID)] != nil || d.WorkspaceID != "" && o.findWorkspace(d.WorkspaceID) != nil
	}
}

func hasDevice(id string) func(*organization) bool {
	return func(o *organization) bool {
		_, ok := o.findDevice(id)
		return ok
	}
}

func hasActivationCode(code string) func(*organization) bool {
	return func(o *organization) bool {
		return slices.ContainsFunc(o.ActivationCodes, func(c ActivationCode) bool { return c.Code == code })
	}
}
