package wrappers

import (
	"encoding/base64"
	"strings"
)

// SameID reports whether two ids name the same thing. Ids of one thing differ between endpoints in cluster, case, padding
// and the name of their kind, and may be bare; what counts is the last part of what they decode to. Ids of things of
// different sorts are told apart only as far as that part is.
//
// Ids are opaque otherwise: use this to compare, and send back what a list gave.
func SameID(a, b string) bool {
	keyA, keyB := idKey(a), idKey(b)
	return keyA != "" && strings.EqualFold(keyA, keyB)
}

// idKey is the last part of what an id decodes to: behind "#" in legacy ids of locations, otherwise behind the last "/". An
// id that does not decode to an address of the service stands for itself.
func idKey(id string) string {
	id = strings.TrimRight(strings.TrimSpace(id), "=")
	address := id
	decoded, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(id))
	if err == nil && isAddress(string(decoded)) {
		address = string(decoded)
	}
	if !isAddress(address) {
		return id
	}
	key := address[strings.LastIndex(address, "/")+1:]
	return key[strings.LastIndex(key, "#")+1:]
}

func isAddress(text string) bool { return strings.HasPrefix(strings.ToLower(text), "ciscospark://") }
