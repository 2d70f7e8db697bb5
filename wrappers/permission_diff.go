package wrappers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen"
)

// PermissionChange is one difference between two settings, in words.
type PermissionChange struct {
	// What is the call type or the switch.
	What string
	// From and To are the values; "-" is none.
	From, To string
}

// PermissionDiff are the differences between two settings. It prints a line each.
type PermissionDiff []PermissionChange

// String tells the differences, a line each.
func (d PermissionDiff) String() string {
	var lines []string
	for _, change := range d {
		lines = append(lines, fmt.Sprintf("%s: %s -> %s", change.What, change.From, change.To))
	}
	return strings.Join(lines, "\n")
}

// Diff tells how other differs from p: switches, then call types in the order of p and those that only other has. Members
// that are unknown here are compared as text.
func (p OutgoingPermissions) Diff(other OutgoingPermissions) PermissionDiff {
	var diff PermissionDiff
	note := func(what, from, to string) {
		if from != to {
			diff = append(diff, PermissionChange{what, from, to})
		}
	}
	note("useCustomEnabled", inWords(p.UseCustomEnabled), inWords(other.UseCustomEnabled))
	note("useCustomPermissions", inWords(p.UseCustomPermissions), inWords(other.UseCustomPermissions))
	for _, entry := range p.CallingPermissions {
		now, _ := other.For(entry.CallType)
		note(string(entry.CallType), entryInWords(entry), entryInWords(now))
	}
	for _, entry := range other.CallingPermissions {
		if _, before := p.For(entry.CallType); !before {
			note(string(entry.CallType), entryInWords(gen.CallPermission{}), entryInWords(entry))
		}
	}
	note("other members", string(p.Unknown), string(other.Unknown))
	return diff
}

func inWords(value *bool) string {
	if value == nil {
		return "-"
	}
	return strconv.FormatBool(*value)
}

func entryInWords(entry gen.CallPermission) string {
	if entry.CallType == "" {
		return "-"
	}
	text := string(entry.Action)
	if entry.TransferEnabled != nil {
		text += map[bool]string{true: ", transfer", false: ", no transfer"}[*entry.TransferEnabled]
	}
	return text + string(entry.Unknown)
}
