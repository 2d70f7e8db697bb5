package webextest

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// The roles of administrators, by the names that the OpenAPI document has for them.
const (
	RoleFull     = "full"
	RoleReadOnly = "read-only"
	RoleUser     = "user"
	RoleDevice   = "device"
	RoleLocation = "location"
)

// Access is what a token allows.
type Access struct {
	// Role is that of its owner; [RoleFull] if it is empty.
	Role string `json:"role,omitempty"`
	// Scopes are those that the token holds; nil is all of them.
	Scopes []string `json:"scopes"`
	// OrganizationID is the organization of its owner; that of the server if it is empty. Only owners in that of the server
	// reach customers.
	OrganizationID string `json:"organizationId,omitempty"`
	// Expired tokens are refused.
	Expired bool `json:"expired,omitempty"`
	// Expires is the time from which the token is refused, by the clock of the server. The zero time is never.
	Expires time.Time `json:"expires,omitzero"`
}

func (a Access) expired(now time.Time) bool {
	return a.Expired || !a.Expires.IsZero() && !now.Before(a.Expires)
}

// NewToken makes another token, for tests of what programs may not do.
func (s *Server) NewToken(access Access) string {
	token := "webextest-" + uuid.NewString()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Tokens[token] = access
	return token
}

// allows tells whether an operation may be called. If not, it says why.
func (a Access) allows(o *operation) (reason string, ok bool) {
	role := a.Role
	if role == "" {
		role = RoleFull
	}
	if len(o.roles) > 0 && !slices.Contains(o.roles, role) {
		return "The role of the owner of the token does not allow this", false
	}
	if len(o.roles) == 0 && role == RoleReadOnly && o.method != http.MethodGet {
		return "A read-only administrator cannot change anything", false
	}
	if a.Scopes == nil || slices.ContainsFunc(o.scopes, func(needed []string) bool { return holdsAll(a.Scopes, needed) }) {
		return "", true
	}
	return "The token lacks a scope that this needs", false
}

func holdsAll(held, needed []string) bool {
	return !slices.ContainsFunc(needed, func(scope string) bool { return !slices.Contains(held, scope) })
}

type accessKey struct{}

func withAccess(ctx context.Context, access Access) context.Context {
	return context.WithValue(ctx, accessKey{}, access)
}

func accessOf(ctx context.Context) Access {
	access, _ := ctx.Value(accessKey{}).(Access)
	return access
}
