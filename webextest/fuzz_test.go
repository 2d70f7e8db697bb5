package webextest_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// FuzzRequests sends requests that are made from the document by a number: mostly valid ones, mostly for things that there are.
// A query or a body that the fuzzer made up itself is sent instead if it is not empty. No answer is a 5xx or one that the
// document does not have, and what is refused changes nothing.
func FuzzRequests(f *testing.F) {
	j := newJudge(f)
	names := slices.Sorted(maps.Keys(j.routes))
	s, ids := prepared(f)
	known := knownValues(s, ids)
	example, begin := bodies(s), s.State()
	for i, name := range names {
		f.Add(uint16(i), uint64(i), "", []byte(example[name]))
	}
	f.Add(uint16(0), uint64(0), "max=1&start=1&limit=2&next=1&orgId=", []byte(nil))
	f.Add(uint16(1), uint64(1), "max=0&start=-1&a=%ff", []byte(`{"":null,"id":1e400}`))
	f.Fuzz(func(t *testing.T, index uint16, seed uint64, query string, body []byte) {
		made := &generator{rand.New(rand.NewPCG(seed, uint64(index))), known}
		state := begin
		for range 4 { // What one leaves behind the next finds.
			name := names[int(index)%len(names)]
			state = j.try(t, s, state, name, made, query, body)
			index, query, body = uint16(made.IntN(len(names))), "", nil
		}
		if !assert.ObjectsAreEqual(begin, state) {
			s.Change(func(state *webextest.State) { *state = begin })
		}
		s.ForgetCalls()
	})
}

// try sends one request, judges what comes, and gives the state that it leaves behind.
func (j *judge) try(
	t *testing.T, s *webextest.Server, before webextest.State, name string, made *generator, query string, body []byte,
) webextest.State {
	t.Helper()
	route := j.routes[name]
	path, pathParameters := route.Path, map[string]string{}
	for _, parameter := range parameters(route, openapi3.ParameterInPath) {
		value := made.text(parameter)
		if value == "" || value == "." || value == ".." {
			value = "x" // That would be another path.
		}
		path = strings.ReplaceAll(path, "{"+parameter+"}", url.PathEscape(value))
		pathParameters[parameter] = value
	}
	described, mediaType := schema(route)
	if query == "" {
		query = made.query(route.Operation.Parameters)
	}
	if len(body) == 0 && described != nil {
		var err error
		body, err = json.Marshal(made.value(described, "", 0))
		require.NoError(t, err)
	}
	r := httptest.NewRequestWithContext(t.Context(), route.Method, "/v1"+path, strings.NewReader(string(body)))
	r.URL.RawQuery = query
	r.Header.Set("Authorization", "Bearer "+s.Token)
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	require.Less(t, w.Code, http.StatusInternalServerError, "%s ?%s %s: %s", name, query, body, w.Body)
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: pathParameters, Route: route, Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
		},
	}
	j.judge(t, input, w.Result(), w.Body.Bytes()) //nolint:bodyclose // It is in memory.
	after := s.State()
	refused := w.Code >= http.StatusBadRequest || route.Method == http.MethodGet
	if refused && !assert.ObjectsAreEqual(before, after) { // Which is far faster.
		assert.Empty(t, webextest.Diff(before, after), "%s ?%s %s: %s", name, query, body, w.Body)
	}
	return after
}

// knownValues are those that requests may name, by the names of parameters and members.
func knownValues(s *webextest.Server, ids map[string]string) map[string][]string {
	known := map[string][]string{
		"orgId": {s.OrganizationID(), ""}, "email": {s.People()[1].Email}, "code": {"1", "2", "9"}, "name": {"old", "new"},
		"mac": {"02005EA1B2C3", "02005E000001"}, "model": {"DMS Cisco 8865", "DMS Cisco 9871", "Generic IPPhone"},
		"siteUrl": {"acme-free.webex.com", "acme.webex.com"}, "pattern": {"1XX", "2XX", "+31!"}, "next": {"1", "0"},
		"extension": {"7001"}, "phoneNumber": {"+31205550100"}, "callType": {"NATIONAL", "CASUAL"},
	}
	for name, id := range ids {
		known[name] = append(known[name], id)
	}
	for _, license := range s.Licenses() {
		known["id"] = append(known["id"], license.ID)
	}
	known["personId"] = append(known["personId"], s.People()[1].ID)
	known["jobId"] = append(known["jobId"], "2")
	return known
}

// generator makes values up.
type generator struct {
	*rand.Rand

	known map[string][]string
}

// one tells whether something happens that happens once in so many times.
func (g *generator) one(in int) bool { return g.IntN(in) == 0 }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

// odd are values that go badly with many schemas.
var odd = []any{
	nil, true, false, 0, -1, 1.5, 1e300, int64(9007199254740993), "", "text", " ", "\x00", "\u202e😀", "..", "a/b?c=d#e",
	strings.Repeat("x", 300), []any{}, []any{nil}, object{}, object{"": 1}, "-1", "99999999999999999999", "2026-01-01T00:00:00Z",
}

// text is a value of such a name: mostly one that is known.
func (g *generator) text(name string) string {
	if values := g.known[name]; len(values) > 0 && !g.one(8) {
		return pick(g, values)
	}
	if text, ok := pick(g, odd).(string); ok {
		return text
	}
	return "t" + string(rune('a'+g.IntN(26)))
}

// query gives some of the parameters, now and then one that is not known.
func (g *generator) query(list openapi3.Parameters) string {
	query := url.Values{}
	for _, parameter := range list {
		if parameter.Value.In != openapi3.ParameterInQuery || !g.one(3) {
			continue
		}
		schema := parameter.Value.Schema.Value
		if schema.Type.Is("array") {
			schema = schema.Items.Value
		}
		value, err := json.Marshal(g.value(schema, parameter.Value.Name, 0))
		if err == nil {
			query.Add(parameter.Value.Name, strings.Trim(string(value), `"`))
		}
	}
	if g.one(20) {
		query.Set(g.text("unknown"), "1")
	}
	return query.Encode()
}

// value is one that a schema has, now and then one that it has not.
func (g *generator) value(s *openapi3.Schema, name string, depth int) any {
	if g.one(40) {
		return pick(g, odd)
	}
	for _, choice := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(choice) > 0 {
			return g.value(pick(g, choice).Value, name, depth)
		}
	}
	switch {
	case len(s.Enum) > 0:
		return pick(g, s.Enum)
	case s.Type.Is("boolean"):
		return g.one(2)
	case s.Type.Is("integer"), s.Type.Is("number"):
		return g.IntN(12) - g.IntN(2)
	case s.Type.Is("array"):
		list := []any{}
		for range g.IntN(4) {
			list = append(list, g.value(s.Items.Value, name, depth+1))
		}
		return list
	case s.Type.Is("string"):
		return g.text(name)
	}
	return g.object(s, depth)
}

// object has the required members and some of the others.
func (g *generator) object(s *openapi3.Schema, depth int) object {
	made := object{}
	for _, part := range s.AllOf {
		maps.Copy(made, g.object(part.Value, depth))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) && !g.one(40) || depth < 6 && g.one(2) {
			made[name] = g.value(s.Properties[name].Value, name, depth+1)
		}
	}
	if more := s.AdditionalProperties.Schema; more != nil {
		made[g.text("more")] = g.value(more.Value, "", depth+1)
	}
	if g.one(40) {
		made["unknown"] = 1
	}
	return made
}
