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
	id = strings.TrimSpace(id)
	text := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(id, "="))
	decoded, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || !strings.HasPrefix(string(decoded), "ciscospark://") {
		decoded = []byte(id)
	}
	address := string(decoded)
	if !strings.HasPrefix(address, "ciscospark://") {
		return address
	}
	key := address[strings.LastIndex(address, "/")+1:]
	return key[strings.LastIndex(key, "#")+1:]
}
