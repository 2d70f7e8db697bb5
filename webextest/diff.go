package webextest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Diff tells what changed between two states, a line for each value, in a fixed order:
//
//	people[Alma Aalto].outgoing.callingPermissions[INTERNATIONAL].action: "ALLOW" -> "BLOCK"
//	organization access codes and the like that came or went: accessCodes[4711]: added {"code":"4711",…}
//
// It is empty if nothing did.
func Diff(before, after State) []string {
	var changes []string
	compare("", plain(before), plain(after), &changes)
	return changes
}

// plain is a value as JSON knows it.
func plain(value any) any {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // Plain data can be encoded.
	}
	var decoded any
	_ = json.Unmarshal(data, &decoded)
	return decoded
}

// compare notes where two values differ. Lists of things are compared by name, so that one that is added shifts no others.
func compare(path string, before, after any, changes *[]string) {
	before, after = emptyAs(after, before), emptyAs(before, after) // No list is an empty one.
	olds, news := members(path, before), members(path, after)
	switch {
	case olds != nil && news != nil:
		names := map[string]bool{}
		maps.Insert(names, pairs(olds))
		maps.Insert(names, pairs(news))
		for _, name := range slices.Sorted(maps.Keys(names)) {
			compare(strings.TrimPrefix(path+name, "."), olds[name], news[name], changes)
		}
	case text(before) == text(after):
	case before == nil:
		*changes = append(*changes, path+": added "+text(after))
	case after == nil:
		*changes = append(*changes, path+": removed "+text(before))
	default:
		*changes = append(*changes, path+": "+text(before)+" -> "+text(after))
	}
}

// emptyAs is a value or, in place of none beside a list, an empty list.
func emptyAs(other, value any) any {
	if _, ok := other.([]any); ok && value == nil {
		return []any{}
	}
	return value
}

func pairs(from map[string]any) func(yield func(string, bool) bool) {
	return func(yield func(string, bool) bool) {
		for name := range from {
			if !yield(name, true) {
				return
			}
		}
	}
}

// members are the members of an object, or of a list by name; nil for what has none. path is where the value is.
func members(path string, value any) map[string]any {
	found := map[string]any{}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			found["."+name] = member
		}
	case []any:
		for i, item := range value {
			name := "[" + nameOf(item, i) + "]"
			if strings.HasSuffix(path, ".transferNumbers") { // Each has its place, from 1.
				name = "[" + strconv.Itoa(i+1) + "]"
			}
			if _, taken := found[name]; taken {
				name = "[" + nameOf(item, i) + " #" + strconv.Itoa(i) + "]"
			}
			found[name] = item
		}
	default:
		return nil
	}
	return found
}

// nameOf is what an item of a list is known by: a name of its own, itself if it is a text, or its place.
func nameOf(item any, place int) string {
	if name, ok := item.(string); ok {
		return name
	}
	object, _ := item.(map[string]any)
	for _, name := range []string{"displayName", "name", "callType", "code", "url", "id"} {
		if known, ok := object[name].(string); ok && known != "" {
			return known
		}
	}
	return strconv.Itoa(place)
}

func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // It was decoded from JSON.
	}
	return string(data)
}
