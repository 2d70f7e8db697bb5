package main

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// schema is a JSON Schema, as far as the models need it.
type schema struct {
	Version     string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Type        any                `json:"type,omitempty"` // A name, or a list of names.
	Format      string             `json:"format,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	MinLength   int                `json:"minLength,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Minimum     *int               `json:"minimum,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	MinItems    int64              `json:"minItems,omitempty"`
	MaxItems    int64              `json:"maxItems,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Patterns    map[string]*schema `json:"patternProperties,omitempty"`
	// Additional is the schema of other members, or false if there may be none.
	Additional any                `json:"additionalProperties,omitempty"`
	Defs       map[string]*schema `json:"$defs,omitempty"`

	// order has the names of the properties in their order in the source.
	order []string
}

// numberKey matches the names of the members that Go writes for a map by number.
const numberKey = "^[0-9]{1,9}$"

// models are the types of package webextest with their comments.
type models struct {
	scope    *types.Scope
	comments map[token.Pos]string
}

func loadModels() (*models, error) {
	config := &packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
		packages.NeedImports | packages.NeedDeps}
	loaded, err := packages.Load(config, "./webextest")
	if err != nil {
		return nil, err
	}
	if packages.PrintErrors(loaded) > 0 {
		return nil, errors.New("webextest does not compile")
	}
	m := &models{loaded[0].Types.Scope(), map[token.Pos]string{}}
	for _, file := range loaded[0].Syntax {
		ast.Inspect(file, m.note)
	}
	return m, nil
}

// note keeps the comments of types and fields.
func (m *models) note(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.GenDecl:
		for _, spec := range node.Specs {
			if spec, ok := spec.(*ast.TypeSpec); ok {
				m.comments[spec.Name.Pos()] = plain(node.Doc.Text())
			}
		}
	case *ast.Field:
		for _, name := range node.Names {
			m.comments[name.Pos()] = plain(node.Doc.Text())
		}
	}
	return true
}

// plain returns a comment as one line, without the brackets of links to Go names.
func plain(comment string) string {
	return strings.NewReplacer("[", "", "]", "").Replace(strings.Join(strings.Fields(comment), " "))
}

// document returns the schema of a type with those of all types that it leads to. It requires one member.
func (m *models) document(name, required string) *schema {
	defs := map[string]*schema{}
	root := m.object(m.named(name), defs)
	root.Version, root.Title = "https://json-schema.org/draft/2020-12/schema", name
	root.Required, root.Defs = []string{required}, defs
	root.Properties[required].MinLength = 1
	return root
}

func (m *models) named(name string) *types.Named { return m.scope.Lookup(name).Type().(*types.Named) }

// object returns the schema of a struct. It adds those of the types of its fields to defs.
func (m *models) object(named *types.Named, defs map[string]*schema) *schema {
	s := &schema{
		Description: m.comments[named.Obj().Pos()], Type: "object", Properties: map[string]*schema{}, Additional: false,
	}
	fields := named.Underlying().(*types.Struct)
	for i := range fields.NumFields() {
		field := fields.Field(i)
		if field.Embedded() {
			embedded := m.object(field.Type().(*types.Named), defs)
			for _, name := range embedded.order {
				s.Properties[name] = embedded.Properties[name]
			}
			s.order = append(s.order, embedded.order...)
			continue
		}
		name, _, _ := strings.Cut(reflect.StructTag(fields.Tag(i)).Get("json"), ",")
		property := m.value(field.Type(), defs)
		property.Description = m.comments[field.Pos()]
		s.Properties[name], s.order = property, append(s.order, name)
	}
	return s
}

// value returns the schema of the values of a type.
func (m *models) value(t types.Type, defs map[string]*schema) *schema {
	switch t := t.(type) {
	case *types.Named:
		return m.namedValue(t, defs)
	case *types.Slice: // Go writes an empty list as null if it was never set.
		return &schema{Type: []string{"array", "null"}, Items: m.value(t.Elem(), defs)}
	case *types.Array:
		return &schema{Type: "array", Items: m.value(t.Elem(), defs), MinItems: t.Len(), MaxItems: t.Len()}
	case *types.Map:
		elem, object := m.value(t.Elem(), defs), []string{"object", "null"}
		if types.Identical(t.Key(), types.Typ[types.Int]) {
			return &schema{Type: object, Patterns: map[string]*schema{numberKey: elem}, Additional: false}
		}
		return &schema{Type: object, Additional: elem}
	case *types.Basic:
		switch {
		case t.Info()&types.IsInteger != 0: // They are counts.
			return &schema{Type: "integer", Minimum: new(int)}
		case t.Info()&types.IsFloat != 0:
			return &schema{Type: "number", Minimum: new(int)}
		case t.Kind() == types.Bool:
			return &schema{Type: "boolean"}
		}
		return &schema{Type: "string"}
	}
	return &schema{} // any
}

func (m *models) namedValue(t *types.Named, defs map[string]*schema) *schema {
	switch name := t.Obj().Name(); {
	case t.String() == "time.Time":
		return &schema{Type: "string", Format: "date-time"}
	case name == "Duration" && m.scope.Lookup(name) == t.Obj():
		return &schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`}
	case m.scope.Lookup(name) != t.Obj():
		return m.value(t.Underlying(), defs)
	case !isStruct(t):
		s := m.value(t.Underlying(), defs)
		s.Enum = m.constants(t)
		return s
	default:
		if _, known := defs[name]; !known {
			defs[name] = nil // A type may lead to itself.
			defs[name] = m.object(t, defs)
		}
		return &schema{Ref: "#/$defs/" + name}
	}
}

func isStruct(t types.Type) bool {
	_, is := t.Underlying().(*types.Struct)
	return is
}

// constants returns the values of the constants of a type.
func (m *models) constants(t *types.Named) (values []string) {
	for _, name := range m.scope.Names() {
		if c, ok := m.scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), t) {
			values = append(values, constant.StringVal(c.Val()))
		}
	}
	slices.Sort(values)
	return values
}
