package wrappers

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/webex-calling/webex-calling-go/gen"
)

// The permissions of a person have two paths, and it is not known which of them a server has. The first successful read decides;
// all clients of a token share what was learned. A write is sent to a path that is known to work, since a write that is
// refused with 404 would not tell whether the path or the person is missing.

// knownPath is the number of the path that works, from 1; 0 is unknown.
type knownPath struct{ atomic.Int32 }

// permissionPaths returns the paths to try, and the number of the first.
func (e entity) permissionPaths() (paths []feature, first int32) {
	paths = e.kind.permissions
	if known := e.caller.personPath.Load(); known > 0 && len(paths) > 1 {
		return paths[known-1 : known], known
	}
	return paths, 1
}

// readPermissions reads the permissions from the first path that exists.
func (e entity) readPermissions(ctx context.Context) (gen.OutgoingPermissions, error) {
	paths, number := e.permissionPaths()
	var missing error
	for i, path := range paths {
		settings, err := getFeature(ctx, e, path.get, func(settings gen.OutgoingPermissions) bool {
			return settings.CallingPermissions != nil
		})
		if !isMissing(err) {
			if err == nil && len(paths) > 1 {
				e.caller.personPath.Store(number + int32(i))
			}
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
	paths, _ := e.permissionPaths()
	if len(paths) > 1 {
		if _, err := e.readPermissions(ctx); err != nil {
			return err
		}
		paths, _ = e.permissionPaths()
	}
	return e.update(ctx, paths[0].update, data)
}

// isMissing reports whether a path may not exist.
func isMissing(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrMethodNotAllowed)
}
