package wrappers

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
)

// SameID reports whether two ids name the same thing. Ids of one thing differ between endpoints in cluster, case, padding
// and the name of their kind, and may be bare; what counts is the last part of what they decode to. Ids of things of
// different sorts are told apart only as far as that part is.
//
// Ids are opaque otherwise: use this to compare, and send back what a list gave. To join many ids use [IDKey].
func SameID(a, b string) bool {
	key := idKey(a)
	return key != "" && key == idKey(b)
}

// IDKey returns a key for maps: two ids have the same key exactly when [SameID] reports that they name the same thing. An empty
// id names nothing, so each call with one returns another key. Keys have no meaning outside the running program.
func IDKey(id string) string {
	if key := idKey(id); key != "" {
		return key
	}
	return fmt.Sprintf(" %d", emptyIDs.Add(1)) // No other key begins with a space.
}

var emptyIDs atomic.Uint64

// idKey is the last part of what an id decodes to: behind "#" in legacy ids of locations, otherwise behind the last "/". An
// id that does not decode to an address of the service stands for itself. Case does not count.
func idKey(id string) string {
	id = strings.TrimRight(strings.TrimSpace(id), "=")
	address := id
	decoded, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(id))
	if err == nil && isAddress(string(decoded)) {
		address = string(decoded)
	}
	if !isAddress(address) {
		return strings.ToLower(id)
	}
	key := address[strings.LastIndex(address, "/")+1:]
	return strings.TrimSpace(strings.ToLower(key[strings.LastIndex(key, "#")+1:]))
}

func isAddress(text string) bool { return strings.HasPrefix(strings.ToLower(text), "ciscospark://") }
