// Aliasgen writes the file of package api that names what users meet: everything exported by package wrappers, and every
// model and constant of package gen that can be reached from there. A declaration in wrappers that stands for one of gen,
// as in "type T gen.T" or "const C = gen.D", takes its place.
//
// A declaration whose comment has the line "//aliasgen:internal" is left out.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/token"
	"go/types"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

const (
	module   = "github.com/webex-calling/webex-calling-go/"
	wrappers = module + "wrappers"
	output   = "api/aliases.go"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("aliasgen: ")
	source, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(output, source, 0o644); err != nil {
		log.Fatal(err)
	}
}

func generate() ([]byte, error) {
	config := &packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
		packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps}
	loaded, err := packages.Load(config, wrappers)
	if err != nil {
		return nil, err
	}
	if packages.PrintErrors(loaded) > 0 {
		return nil, fmt.Errorf("%s does not compile", wrappers)
	}
	c := collector{names: map[string]entry{}, replaced: map[types.Object]bool{}, visited: map[types.Type]bool{}}
	packages.Visit(loaded, nil, func(p *packages.Package) {
		if strings.HasPrefix(p.PkgPath, module) {
			c.readComments(p)
		}
	})
	c.collect(loaded[0].Types)
	return c.write()
}

// entry is one name of package api.
type entry struct {
	object  types.Object
	comment string
}

type collector struct {
	names    map[string]entry
	comments map[token.Pos]string
	hidden   map[token.Pos]bool
	// replaced are the objects of gen that a declaration of wrappers stands for.
	replaced map[types.Object]bool
	visited  map[types.Type]bool
}

// readComments notes the first sentence of each declaration's comment, and which declarations are left out.
func (c *collector) readComments(p *packages.Package) {
	if c.comments == nil {
		c.comments, c.hidden = map[token.Pos]string{}, map[token.Pos]bool{}
	}
	note := func(pos token.Pos, comments ...*ast.CommentGroup) {
		for _, group := range comments {
			if group == nil {
				continue
			}
			for _, line := range group.List {
				if line.Text == "//aliasgen:internal" {
					c.hidden[pos] = true
				}
			}
			if c.comments[pos] == "" {
				c.comments[pos] = new(doc.Package).Synopsis(group.Text())
			}
		}
	}
	for _, file := range p.Syntax {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				note(decl.Name.Pos(), decl.Doc)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						note(spec.Name.Pos(), spec.Doc, decl.Doc)
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							note(name.Pos(), spec.Doc)
						}
						c.noteReplaced(p, spec)
					}
				}
			}
		}
	}
}

// noteReplaced notes the constants that others stand for.
func (c *collector) noteReplaced(p *packages.Package, spec *ast.ValueSpec) {
	for _, value := range spec.Values {
		if selector, ok := value.(*ast.SelectorExpr); ok {
			if object, ok := p.TypesInfo.Uses[selector.Sel].(*types.Const); ok {
				c.replaced[object] = true
			}
		}
	}
}

// collect adds the exported names of a package and, through their types, those of the packages below it.
func (c *collector) collect(p *types.Package) {
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() || c.hidden[object.Pos()] {
			continue
		}
		c.add(object)
	}
	for _, name := range p.Scope().Names() {
		if object := p.Scope().Lookup(name); object.Exported() && !c.hidden[object.Pos()] {
			c.reach(object.Type())
		}
	}
}

func (c *collector) add(object types.Object) {
	if _, taken := c.names[object.Name()]; !taken {
		c.names[object.Name()] = entry{object, c.comments[object.Pos()]}
	}
}

// reach adds the named types of ours that a type leads to by what users can see of it.
func (c *collector) reach(t types.Type) {
	if t == nil || c.visited[t] {
		return
	}
	c.visited[t] = true
	switch t := t.(type) {
	case *types.Alias:
		c.reachNamed(t.Obj())
		c.reach(types.Unalias(t))
	case *types.Named:
		c.reachNamed(t.Obj())
		for argument := range t.TypeArgs().Types() {
			c.reach(argument)
		}
		if !ours(t.Obj()) {
			return
		}
		for method := range t.Methods() {
			if method.Exported() {
				c.reach(method.Type())
			}
		}
		c.reach(t.Underlying())
	case *types.Pointer:
		c.reach(t.Elem())
	case *types.Slice:
		c.reach(t.Elem())
	case *types.Map:
		c.reach(t.Key())
		c.reach(t.Elem())
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() {
				c.reach(field.Type())
			}
		}
	case *types.Signature:
		for v := range t.Params().Variables() {
			c.reach(v.Type())
		}
		for v := range t.Results().Variables() {
			c.reach(v.Type())
		}
	}
}

func ours(object types.Object) bool {
	return object.Pkg() != nil && strings.HasPrefix(object.Pkg().Path(), module)
}

// reachNamed adds a type and the constants that it can be.
func (c *collector) reachNamed(object *types.TypeName) {
	if !ours(object) || !object.Exported() || object.Parent() != object.Pkg().Scope() || c.hidden[object.Pos()] {
		return
	}
	c.add(object)
	for _, name := range object.Pkg().Scope().Names() {
		constant, ok := object.Pkg().Scope().Lookup(name).(*types.Const)
		if ok && constant.Exported() && types.Identical(constant.Type(), object.Type()) && !c.replaced[constant] {
			c.add(constant)
		}
	}
}

func (c *collector) write() ([]byte, error) {
	var body bytes.Buffer
	all := slices.SortedFunc(maps.Values(c.names), func(a, b entry) int {
		return cmp.Compare(a.object.Name(), b.object.Name())
	})
	writeGroup(&body, "type", "", only[*types.TypeName](all))
	constants := only[*types.Const](all)
	for _, named := range only[*types.TypeName](all) {
		ofType := slices.DeleteFunc(slices.Clone(constants), func(e entry) bool {
			return !types.Identical(e.object.Type(), named.object.Type())
		})
		writeGroup(&body, "const", "The known values of ["+named.object.Name()+"].", ofType)
	}
	writeGroup(&body, "var", "", only[*types.Var](all))
	for _, e := range only[*types.Func](all) {
		writeComment(&body, e.comment)
		writeFunction(&body, e.object.(*types.Func))
	}
	var file bytes.Buffer
	file.WriteString("// Code generated by internal/aliasgen; DO NOT EDIT.\n\npackage api\n\nimport (\n")
	for _, path := range []string{"gen", "internal/wire", "wrappers"} {
		if name := path[strings.LastIndex(path, "/")+1:]; bytes.Contains(body.Bytes(), []byte(name+".")) {
			fmt.Fprintf(&file, "%q\n", module+path)
		}
	}
	file.WriteString(")\n\n")
	file.Write(body.Bytes())
	return format.Source(file.Bytes())
}

// only gives the entries for objects of one sort.
func only[T types.Object](entries []entry) []entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool {
		_, is := e.object.(T)
		return !is
	})
}

func writeGroup(w *bytes.Buffer, keyword, comment string, entries []entry) {
	if len(entries) == 0 {
		return
	}
	writeComment(w, comment)
	fmt.Fprintf(w, "%s (\n", keyword)
	for _, e := range entries {
		writeComment(w, e.comment)
		fmt.Fprintf(w, "%s = %s.%s\n", e.object.Name(), e.object.Pkg().Name(), e.object.Name())
	}
	w.WriteString(")\n\n")
}

func writeComment(w *bytes.Buffer, comment string) {
	if comment != "" {
		fmt.Fprintf(w, "// %s\n", comment)
	}
}

// writeFunction writes a function that passes its arguments on.
func writeFunction(w *bytes.Buffer, f *types.Func) {
	signature := f.Type().(*types.Signature)
	var arguments []string
	for v := range signature.Params().Variables() {
		arguments = append(arguments, v.Name())
	}
	if signature.Variadic() {
		arguments[len(arguments)-1] += "..."
	}
	qualify := func(p *types.Package) string {
		if strings.HasPrefix(p.Path(), module) {
			return ""
		}
		return p.Name()
	}
	fmt.Fprintf(w, "func %s%s {\nreturn %s.%s(%s)\n}\n\n", f.Name(),
		strings.TrimPrefix(types.TypeString(signature, qualify), "func"), f.Pkg().Name(), f.Name(), strings.Join(arguments, ", "))
}
