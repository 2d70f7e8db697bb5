package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tables returns a table of the members of a type, and one for each type that it leads to.
func tables(root *schema) string {
	var text strings.Builder
	writeTable(&text, root)
	for _, def := range slices.Sorted(maps.Keys(root.Defs)) {
		fmt.Fprintf(&text, "**%s**: %s\n\n", def, root.Defs[def].Description)
		writeTable(&text, root.Defs[def])
	}
	return text.String()
}

func writeTable(text *strings.Builder, s *schema) {
	text.WriteString("| member | type | meaning |\n|---|---|---|\n")
	for _, name := range s.order {
		property := s.Properties[name]
		description := strings.ReplaceAll(property.Description, "|", `\|`)
		fmt.Fprintf(text, "| `%s` | %s | %s |\n", name, property.typeName(), description)
	}
	text.WriteString("\n")
}

// typeName returns the type of a value as a reader says it.
func (s *schema) typeName() string {
	name, _ := s.Type.(string)
	if names, ok := s.Type.([]string); ok { // The second is null.
		name = names[0]
	}
	switch {
	case s.Ref != "":
		return strings.TrimPrefix(s.Ref, "#/$defs/")
	case name == "array" && s.MaxItems > 0:
		return fmt.Sprintf("list of %d: %s", s.MaxItems, s.Items.typeName())
	case name == "array":
		return "list of " + s.Items.typeName()
	case s.Patterns != nil:
		return "object of " + s.Patterns[numberKey].typeName() + " by number"
	case name == "object":
		return "object of " + s.Additional.(*schema).typeName()
	case s.Format == "date-time":
		return "string, RFC 3339 time"
	case name == "":
		return "any"
	}
	return name
}
