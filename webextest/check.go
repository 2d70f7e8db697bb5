package webextest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/webex-calling/webex-calling-go/openapi"
)

// operation is what the document says of one.
type operation struct {
	id     string
	method string
	scopes [][]string
	roles  []string
	query  []string
	body   *openapi3.RequestBody
	route  *routers.Route
}

// operations are those of the document, by the patterns that the generated server listens to. They are read once for all
// servers of a program.
var operations = sync.OnceValue(func() map[string]*operation {
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		panic(fmt.Sprintf("webextest: the document: %v", err)) // It is a part of this module.
	}
	// An organization may hold call types that the document does not list. It refuses those that it does not hold itself.
	document.Components.Schemas["CallType"].Value.Enum = nil
	found := map[string]*operation{}
	for path, item := range document.Paths.Map() {
		for method, described := range item.Operations() {
			found[method+" "+basePath+path] = newOperation(document, path, item, method, described)
		}
	}
	return found
})

// index finds the operations of requests.
var index = sync.OnceValue(func() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern := range operations() {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	return mux
})

// match is the operation that a request is for; nil if it is for none.
func match(r *http.Request) *operation {
	_, pattern := index().Handler(r)
	return operations()[pattern]
}

// operationIDs are the ids of all operations.
func operationIDs() map[string]bool {
	ids := map[string]bool{}
	for _, o := range operations() {
		ids[o.id] = true
	}
	return ids
}

// ids are those in an address of the operation.
func (o *operation) ids(u *url.URL) []string {
	var ids []string
	values := strings.Split(strings.TrimPrefix(u.EscapedPath(), basePath), "/")
	for i, segment := range strings.Split(o.route.Path, "/") {
		if strings.HasPrefix(segment, "{") && i < len(values) {
			id, _ := url.PathUnescape(values[i]) // It was a part of an address.
			ids = append(ids, id)
		}
	}
	return ids
}

func newOperation(
	document *openapi3.T, path string, item *openapi3.PathItem, method string, described *openapi3.Operation,
) *operation {
	o := &operation{
		id: described.OperationID, method: method,
		route: &routers.Route{Spec: document, Path: path, PathItem: item, Method: method, Operation: described},
	}
	if described.RequestBody != nil {
		o.body = described.RequestBody.Value
	}
	for _, parameters := range []openapi3.Parameters{item.Parameters, described.Parameters} {
		for _, parameter := range parameters {
			if parameter.Value.In == openapi3.ParameterInQuery {
				o.query = append(o.query, parameter.Value.Name)
			}
		}
	}
	if described.Security != nil {
		for _, requirement := range *described.Security {
			if scopes, ok := requirement["oauth2"]; ok {
				o.scopes = append(o.scopes, scopes)
			}
		}
	}
	if roles, ok := described.Extensions["x-administrator-roles"].([]any); ok {
		for _, role := range roles {
			o.roles = append(o.roles, role.(string))
		}
	}
	return o
}

// ignoredMembers are patterns of the members that an operation ignores although the document does not name them. A widely used
// client sends them.
var ignoredMembers = map[string]string{"createLocationAccessCodes": "accessCodes.*.level"}

// ignores reports whether a member that the document does not name is accepted.
func (o *operation) ignores(member string) bool {
	pattern, ok := ignoredMembers[o.id]
	matched, _ := path.Match(pattern, member) // The patterns are valid.
	return ok && matched
}

// check rejects a request that the document does not allow. A lenient check accepts unknown query parameters and members.
func (o *operation) check(w http.ResponseWriter, r *http.Request, lenient bool) bool {
	if o.body != nil && o.body.Content.Get(r.Header.Get("Content-Type")) == nil {
		message := fmt.Sprintf("The media type %q is not supported here", r.Header.Get("Content-Type"))
		refuse(w, http.StatusUnsupportedMediaType, 0, message)
		return false
	}
	for name := range r.URL.Query() {
		if !lenient && !slices.Contains(o.query, name) {
			refuse(w, http.StatusBadRequest, 0, "There is no query parameter "+name)
			return false
		}
	}
	err := o.validate(r)
	if err == nil {
		err = o.checkMembers(r, lenient)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, 0, err.Error())
		return false
	}
	return true
}

func (o *operation) validate(r *http.Request) error {
	parameters := map[string]string{}
	for segment := range strings.SplitSeq(o.route.Path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			parameters[name] = r.PathValue(name)
		}
	}
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true,
		ExcludeReadOnlyValidations: true, // The service takes back what it answered.
	}
	options.WithCustomSchemaErrorFunc(explain)
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: parameters, Route: o.route, Options: options,
	})
	if err != nil {
		return shorten(err)
	}
	return nil
}

// explain says in a line where a value breaks its schema.
func explain(err *openapi3.SchemaError) string {
	place := strings.Join(err.JSONPointer(), ".")
	if place == "" {
		return err.Reason
	}
	return place + ": " + err.Reason
}

// shorten leaves out what the library says of the schema.
func shorten(err error) error {
	refused, ok := errors.AsType[*openapi3filter.RequestError](err)
	if !ok {
		return err
	}
	place := "The body"
	if refused.Parameter != nil {
		place = "The parameter " + refused.Parameter.Name
	}
	reason := refused.Reason
	if refused.Err != nil {
		reason = refused.Err.Error()
	}
	return fmt.Errorf("%s is not valid: %s", place, reason)
}

// checkMembers rejects a body that is not JSON, and members that the document does not name, which the library accepts.
func (o *operation) checkMembers(r *http.Request, lenient bool) error {
	if o.body == nil || r.Body == nil {
		return nil
	}
	var value any
	data, err := io.ReadAll(r.Body)
	if err == nil && len(data) > 0 {
		err = json.Unmarshal(data, &value)
	}
	r.Body = io.NopCloser(strings.NewReader(string(data)))
	if err != nil {
		return fmt.Errorf("The body is not valid: %w", err) //nolint:staticcheck // It is shown to users of the API.
	}
	if lenient {
		return nil
	}
	schema := o.body.Content.Get(r.Header.Get("Content-Type")).Schema.Value
	if member := o.unknownMember("", schema, value); member != "" {
		return errors.New("The body has a member that is not known: " + member)
	}
	return nil
}

// unknownMember returns the path of a member that a schema does not name, or "".
func (o *operation) unknownMember(place string, schema *openapi3.Schema, value any) string {
	switch value := value.(type) {
	case []any:
		return o.unknownInList(place, schema, value)
	case map[string]any:
		for name, member := range value {
			known := property(schema, name)
			if known == nil && o.ignores(place+name) {
				continue
			}
			if known == nil {
				return cmp.Or(place+name, `""`)
			}
			if unknown := o.unknownMember(place+name+".", known, member); unknown != "" {
				return unknown
			}
		}
	}
	return ""
}

func (o *operation) unknownInList(place string, schema *openapi3.Schema, list []any) string {
	for _, variant := range variants(schema) {
		if variant.Items == nil {
			continue
		}
		for i, item := range list {
			if unknown := o.unknownMember(place+strconv.Itoa(i)+".", variant.Items.Value, item); unknown != "" {
				return unknown
			}
		}
	}
	return ""
}

// property is the schema of a member; nil if it is not known.
func property(schema *openapi3.Schema, name string) *openapi3.Schema {
	for _, variant := range variants(schema) {
		if known, ok := variant.Properties[name]; ok {
			return known.Value
		}
		if more := variant.AdditionalProperties; more.Schema != nil {
			return more.Schema.Value
		}
	}
	return nil
}

// variants are a schema and all that it is put together from.
func variants(schema *openapi3.Schema) []*openapi3.Schema {
	all := []*openapi3.Schema{schema}
	for _, references := range []openapi3.SchemaRefs{schema.AllOf, schema.OneOf, schema.AnyOf} {
		for _, reference := range references {
			all = append(all, variants(reference.Value)...)
		}
	}
	return all
}
