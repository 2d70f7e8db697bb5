package wrappers

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/webex-calling/webex-calling-go/gen"
)

// The permissions of a person have two paths, and it is not known which of them a server has. The client remembers the one that
// works, for all organizations, and tries it first. A 404 leaves open whether the path or the person is missing, so a write is
// sent to a path that can be read; a 405 says that nothing was done, so the other path can be tried.

// knownPath is the number of the path that works, from 1; 0 is unknown.
type knownPath struct{ atomic.Int32 }

// pathOrder returns the indexes of the paths in the order in which to try them.
func (e entity) pathOrder() []int {
	switch {
	case len(e.kind.permissions) == 1:
		return []int{0}
	case e.caller.personPath.Load() == 2:
		return []int{1, 0}
	}
	return []int{0, 1}
}

// remember notes the path that works.
func (e entity) remember(path int) {
	if len(e.kind.permissions) > 1 {
		e.caller.personPath.Store(int32(path) + 1) //nolint:gosec // There are two paths.
	}
}

// readPermissions reads the permissions from the first path that exists.
func (e entity) readPermissions(ctx context.Context) (gen.OutgoingPermissions, error) {
	var missing error
	for _, path := range e.pathOrder() {
		settings, err := getFeature(ctx, e, e.kind.permissions[path].get, func(settings gen.OutgoingPermissions) bool {
			return settings.CallingPermissions != nil
		})
		if err == nil {
			e.remember(path)
		}
		if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrMethodNotAllowed) {
			return settings, err
		}
		if missing == nil || !errors.Is(missing, ErrNotFound) {
			missing = err
		}
	}
	return gen.OutgoingPermissions{}, missing
}

// writePermissions changes the permissions at the path that works. If that is not known, it reads first.
func (e entity) writePermissions(ctx context.Context, body any) error {
	data, err := encode(body) // What cannot be encoded must be rejected before anything is sent.
	if err != nil {
		return err
	}
	if len(e.kind.permissions) > 1 && e.caller.personPath.Load() == 0 {
		if _, err := e.readPermissions(ctx); err != nil {
			return err
		}
	}
	var refused error
	for _, path := range e.pathOrder() {
		err := e.update(ctx, e.kind.permissions[path].update, data)
		if err == nil {
			e.remember(path)
		}
		if !errors.Is(err, ErrMethodNotAllowed) {
			return err
		}
		if refused == nil {
			refused = err
		}
	}
	return refused
}
