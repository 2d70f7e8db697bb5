package wrappers

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
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

// Diff tells how other differs from p: switches, then call types in the order of p and those that only other has. Where a
// call type stands several times, the first is compared with the first and so on. Unknown members are compared as text.
func (p OutgoingPermissions) Diff(other OutgoingPermissions) PermissionDiff {
	var diff PermissionDiff
	note := func(what, from, to string) {
		if from != to {
			diff = append(diff, PermissionChange{what, from, to})
		}
	}
	note("useCustomEnabled", inWords(p.UseCustomEnabled), inWords(other.UseCustomEnabled))
	note("useCustomPermissions", inWords(p.UseCustomPermissions), inWords(other.UseCustomPermissions))
	before, after := p.inWords(), other.inWords()
	for _, entry := range before {
		note(entry.name, entry.words, after.find(entry))
	}
	for _, entry := range after {
		if before.find(entry) == noEntry {
			note(entry.name, noEntry, entry.words)
		}
	}
	note("other members", oneLine(string(p.Unknown)), oneLine(string(other.Unknown)))
	return diff
}

func inWords(value *bool) string {
	if value == nil {
		return "-"
	}
	return strconv.FormatBool(*value)
}

// noEntry is how an entry that is not there is told.
const noEntry = "-"

// entryInWords is an entry for people: the number of the entry among those of its call type, and what it says.
type entryInWords struct {
	name   string
	number int
	words  string
}

type entriesInWords []entryInWords

// find is what the same entry says here.
func (e entriesInWords) find(other entryInWords) string {
	for _, entry := range e {
		if strings.EqualFold(entry.name, other.name) && entry.number == other.number {
			return entry.words
		}
	}
	return noEntry
}

func (p OutgoingPermissions) inWords() entriesInWords {
	var entries entriesInWords
	numbers := map[string]int{}
	for _, entry := range p.CallingPermissions {
		name := cmp.Or(string(entry.CallType), "(no call type)")
		words := cmp.Or(string(entry.Action), "no action")
		if entry.TransferEnabled != nil {
			words += map[bool]string{true: ", transfer", false: ", no transfer"}[*entry.TransferEnabled]
		}
		key := strings.ToLower(name)
		numbers[key]++
		entries = append(entries, entryInWords{name, numbers[key], words + oneLine(string(entry.Unknown))})
	}
	return entries
}
