package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/openapi"
)

// What is planted: secrets, which may be told nowhere, and what is personal, which may not be logged.
var (
	secrets = map[string]string{
		"token": token, "access code": "31415926", "code to delete": "27182818", "code of a filter": "16180339",
		"activation code": "1414213562373095", "SIP password": `sip "hunt\er" <2> & é`, "proxy password": `proxy-\"hunter2`,
		"community for reading": "get?hunter=2", "community for writing": "set  hunter2", "LDAP password": "ldap-<hunter2>",
		"page password": "web-hunter2%41", "wireless password": "wifi\nhunter2",
		"client secret": "Client+Hunter/2", "refresh token": "Refresh-Hunter==2",
	}
	personal = map[string]string{
		"transfer number": "+31205550123", "phone number": "+31205550124", "email": "alma@example.com", "name": "Alma Aalto",
	}
)

// secretCall is a call that sends secrets or gets them.
type secretCall struct {
	name string
	call func(ctx context.Context, client *api.Client) (any, error)
}

// secretCustomizations has every secret of the settings of devices.
var secretCustomizations = &api.DeviceCustomizations{
	MPP: &api.MPPCustomizations{HTTPProxy: &api.HTTPProxy{Password: new(secrets["proxy password"])}},
	ATA: &api.ATACustomizations{SNMP: &api.SNMP{
		GetCommunity: new(secrets["community for reading"]), SetCommunity: new(secrets["community for writing"]),
	}},
	Wifi: &api.WiFiCustomizations{
		LDAP: &api.LDAP{BindPw: new(secrets["LDAP password"])}, WebAccess: &api.WebAccess{Password: new(secrets["page password"])},
		PhoneSecurityPwd: new(secrets["wireless password"]),
	},
}

var secretCalls = []secretCall{
	{"create a code", func(ctx context.Context, client *api.Client) (any, error) {
		code := api.AccessCodeDefinition{Code: secrets["access code"], Description: "Lobby"}
		return code, client.OutgoingPermissions.Person("P1").AccessCodes.Create(ctx, code)
	}},
	{"delete codes", func(ctx context.Context, client *api.Client) (any, error) {
		return nil, client.OutgoingPermissions.Location("L1").AccessCodes.Delete(ctx, secrets["code to delete"], "0")
	}},
	{"list codes", func(ctx context.Context, client *api.Client) (any, error) {
		return client.OutgoingPermissions.Workspace("W1").AccessCodes.List(ctx)
	}},
	{"list codes of the organization", func(ctx context.Context, client *api.Client) (any, error) {
		params := api.ListOrganizationAccessCodesParams{Codes: []string{"0", secrets["code of a filter"]}}
		codes, err := api.Collect(client.OrganizationAccessCodes.List(ctx, params))
		return []any{params, codes}, err
	}},
	{"make an activation code", func(ctx context.Context, client *api.Client) (any, error) {
		return client.Devices.CreateActivationCode(ctx, api.ActivationCodeRequest{PersonID: "P1"})
	}},
	{"create a device", func(ctx context.Context, client *api.Client) (any, error) {
		request := api.CreateDeviceRequest{
			PersonID: "P1", MAC: "001122334455", Model: "Generic IPPhone", Password: secrets["SIP password"],
		}
		device, err := client.Devices.Create(ctx, request)
		return []any{request, &request, device}, err
	}},
	{"change settings of devices", func(ctx context.Context, client *api.Client) (any, error) {
		request := api.StartDeviceSettingsJobRequest{Customizations: secretCustomizations}
		job, err := client.DeviceSettingsJobs.Start(ctx, request)
		return []any{request, *secretCustomizations.ATA.SNMP, *secretCustomizations.Wifi.LDAP, job}, err
	}},
	{"set transfer numbers", func(ctx context.Context, client *api.Client) (any, error) {
		return nil, client.OutgoingPermissions.VirtualLine("V1").TransferNumbers.Update(ctx, api.TransferNumbersUpdate{
			UseCustomTransferNumbers: new(true), AutoTransferNumber1: new(personal["transfer number"]),
		})
	}},
	{"list users", func(ctx context.Context, client *api.Client) (any, error) {
		return api.Collect(client.Licenses.AssignedUsers(ctx, "L1"))
	}},
	{"whatever else", func(ctx context.Context, client *api.Client) (any, error) {
		var out any
		body := map[string]any{"password": secrets["SIP password"], "nested": []any{map[string]any{"Code": 31415926}}}
		return nil, client.Do(ctx, http.MethodPatch, "/other", nil, body, &out)
	}},
}

// secretAnswer answers any of the calls.
func secretAnswer() string {
	code := fmt.Sprintf(`{"code":%q,"description":"Lobby","level":"CUSTOM"}`, secrets["access code"])
	return fmt.Sprintf(`{"id":"X","code":%q,"activationCode":"","items":[%s],"accessCodes":[%s],"displayName":%q,
		"users":[{"id":"U1","displayName":%q,"email":%q}],"phoneNumber":%q}`,
		secrets["activation code"], code, code, personal["name"], personal["name"], personal["email"], personal["phone number"])
}

// repeated is what a service that means harm, or is careless, puts into its answers.
func repeated(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	return r.Header.Get("Authorization") + " " + string(body) + " " + r.URL.RawQuery
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// echoing is a row where the service repeats the request in an answer that write writes.
func echoing(name string, write func(w http.ResponseWriter, r *http.Request, said string)) faultCase {
	fault := func(w http.ResponseWriter, r *http.Request, _ http.Handler) { write(w, r, repeated(r)) }
	return faultCase{name: "repeats the request " + name, fault: fault, echo: true}
}

func quoted(text string) string {
	data, _ := json.Marshal(text)
	return string(data)
}

// echoes are rows beyond the fault table.
func echoes() []faultCase {
	rows := []faultCase{
		echoing("in a header", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("TrackingId", "A_"+r.Header.Get("Authorization"))
			w.Header().Set("Retry-After", r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusServiceUnavailable)
		}),
		echoing("in the header of a success", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("TrackingId", bearer(r))
			_, _ = io.WriteString(w, "{}")
		}),
		echoing("in the address of a redirect", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("Location", "http://"+bearer(r)+".example/x")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}),
		echoing("in the path of a redirect", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("Location", "/v1/"+bearer(r))
			w.WriteHeader(http.StatusTemporaryRedirect)
		}),
		echoing("in the path of a redirect to a refusal", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("Location", "/v1/"+bearer(r))
			status := http.StatusTemporaryRedirect
			if strings.Contains(r.URL.Path, token) {
				status = http.StatusGone
			}
			w.WriteHeader(status)
		}),
		echoing("in the path of a next link", func(w http.ResponseWriter, r *http.Request, _ string) {
			if !strings.Contains(r.URL.Path, token) {
				w.Header().Set("Link", "</v1/"+bearer(r)+`>; rel="next"`)
			}
			_, _ = io.WriteString(w, `{"items":[],"accessCodes":[],"users":[]}`)
		}),
		echoing("in a redirect that is no address", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("Location", "http://%zz"+r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusTemporaryRedirect)
		}),
		echoing("in a next link", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("Link", "<http://"+bearer(r)+`.example/>; rel="next"`)
			_, _ = io.WriteString(w, `{"items":[],"accessCodes":[],"users":[]}`)
		}),
	}
	renewed := echoing("with another token", func(w http.ResponseWriter, _ *http.Request, said string) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, said)
	})
	renewed.options = []api.Option{renewing()}
	rows = append(rows, renewed)
	shapes := map[string]string{
		"as text": "%s", "as a page": "<html><title>%s</title>",
		"as a message": `{"message":"Refused: %s","trackingId":"T"}`, "as a code": `{"message":"no","errorCode":"%s"}`,
		"as an id": `{"message":"no","trackingId":"T %s"}`, "as reasons": `{"errors":[{"description":"%s","code":"%[1]s"}]}`,
		"as a list": `["%s"]`, "as a name": `{"%s":{"id":[1]}}`, "as an item": `{"items":"%s"}`, "as a time": `{"expiryTime":"%s"}`,
		"as an escape": `{"id":"\x%s"}`, "as a cut text": `{"message":"%s`,
	}
	for name, shape := range shapes {
		for _, status := range []int{200, 400, 401, 429, 500, 503} {
			rows = append(rows, echoing(fmt.Sprint(name, ", ", status), func(w http.ResponseWriter, _ *http.Request, said string) {
				inside, _ := jsontext.AppendQuote(nil, said)
				w.WriteHeader(status)
				_, _ = fmt.Fprintf(w, shape, inside[1:len(inside)-1])
			}))
		}
	}
	for name, line := range map[string]string{"as a protocol": "%s\r\n\r\n", "as a status": "HTTP/1.1 %s\r\n\r\n",
		"as a header line": "HTTP/1.1 200 OK\r\n%s\r\n\r\n", "as a length": "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n"} {
		rows = append(rows, echoing(name, func(w http.ResponseWriter, _ *http.Request, said string) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = fmt.Fprintf(conn, line, said)
				_ = conn.Close()
			}
		}))
	}
	return rows
}

// TestNothingTellsSecrets lets every fault strike calls that send and get secrets, with a log of everything, and looks through
// all that can be printed afterwards.
func TestNothingTellsSecrets(t *testing.T) {
	calls, lines, bodies, failures := 0, 0, 0, 0
	check := func(t *testing.T, row faultCase, call secretCall) {
		synctest.Test(t, func(t *testing.T) {
			said := row.tell(t, call)
			time.Sleep(time.Minute) // The exchange of a refresh token may go on as long.
			said.check(t, call.name)
			calls, lines = calls+1, lines+strings.Count(said.log.String(), "\n")
			bodies += strings.Count(said.log.String(), "response=")
			if said.failed {
				failures++
			}
		})
	}
	for _, row := range append(faultCases(), echoes()...) {
		t.Run(row.name, func(t *testing.T) {
			for _, call := range secretCalls {
				check(t, row, call)
			}
		})
	}
	for _, row := range echoes() {
		t.Run("the token endpoint "+row.name, func(t *testing.T) {
			row.options = []api.Option{api.WithRefreshToken("C1", secrets["client secret"], secrets["refresh token"], keep)}
			check(t, row, secretCalls[0])
		})
	}
	t.Logf("%d calls, %d failed, %d lines logged, with %d bodies of responses", calls, failures, lines, bodies)
	assert.Greater(t, bodies, calls/2, "most calls get a body")
}

// sayings are all that a call tells.
type sayings struct {
	log    lockedBuffer
	prints lockedBuffer
	failed bool
}

// lockedBuffer is written to by several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// tell makes a call over a network that fails, and gathers what it tells.
func (f faultCase) tell(t *testing.T, call secretCall) *sayings {
	all := &sayings{}
	everything := &slog.HandlerOptions{Level: slog.LevelDebug}
	logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&all.log, everything), slog.NewJSONHandler(&all.log, everything)))
	network := &wire{fault: f.fault, times: f.times, dialing: f.dialing, home: "127.0.0.1:80", service: reply(200, secretAnswer())}
	f.timeout = time.Minute
	url, dial := servePipe(t, network)
	client := f.client(t, url, network.dial(dial), api.WithLogger(logger), api.WithLoggedBodies(), api.WithHooks(api.Hooks{
		BeforeTry: func(ctx context.Context, try api.Try) context.Context {
			all.print(try, fmt.Sprintf("%+v %#v", ctx, ctx))
			return ctx
		},
		AfterTry: func(_ context.Context, try api.Try) { all.print(try) },
	}))
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	defer func() {
		if failure := recover(); failure != nil {
			all.print(failure, string(debug.Stack()))
		}
	}()
	result, err := call.call(ctx, client)
	all.failed = err != nil
	all.print(client, *client, client.ForOrganization("O1"), err)
	all.printCauses(err)
	if !f.echo { // There the result is what was repeated.
		_, _ = fmt.Fprintf(&all.prints, "%v %+v %#v %s", result, result, result, result)
		slog.New(slog.NewTextHandler(&all.prints, nil)).Info("got", "result", result)
	}
	return all
}

// print prints values in every way.
func (a *sayings) print(values ...any) {
	for _, value := range values {
		_, _ = fmt.Fprintf(&a.prints, "%v\n%+v\n%#v\n%s\n%q\n", value, value, value, value, value)
		data, err := json.Marshal(value)
		_, _ = fmt.Fprintf(&a.prints, "%s %v\n", data, err)
		slog.New(slog.NewJSONHandler(&a.prints, nil)).Info("print", "value", value)
	}
}

// printCauses prints an error with all that are in it.
func (a *sayings) printCauses(err error) {
	if failed, ok := errors.AsType[*api.Error](err); ok {
		a.print(*failed)
		for _, try := range failed.Tries {
			a.printCauses(try.Err)
		}
	}
	for err != nil {
		a.print(err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				a.printCauses(one)
			}
		}
		err = errors.Unwrap(err)
	}
}

func (a *sayings) check(t *testing.T, call string) {
	t.Helper()
	log, prints := a.log.String(), a.prints.String()
	assert.Contains(t, log, `msg="webex call"`, "the log of %s", call)
	assert.Contains(t, prints, "StatusCode:", "the attempts of %s", call)
	for name, secret := range secrets {
		checkUntold(t, log, secret, "the log of %s tells the %s", call, name)
		checkUntold(t, prints, secret, "a print of %s tells the %s", call, name)
	}
	for name, value := range personal {
		checkUntold(t, log, value, "the log of %s tells the %s", call, name)
	}
}

// checkUntold looks for a secret as it is and as JSON, addresses, pages and Go write it, once or twice.
func checkUntold(t *testing.T, text, secret, format string, values ...any) {
	t.Helper()
	text = strings.ToLower(text)
	inside := func(quoted string) string { return quoted[1 : len(quoted)-1] }
	for _, form := range []string{
		secret, inside(quoted(secret)), inside(quoted(inside(quoted(secret)))), inside(strconv.Quote(secret)),
		inside(strconv.Quote(inside(quoted(secret)))), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
	} {
		if at := strings.Index(text, strings.ToLower(form)); at >= 0 {
			around := text[max(0, at-200):min(len(text), at+len(form)+100)]
			assert.Fail(t, fmt.Sprintf(format, values...), "…%s…", around)
		}
	}
}

// TestEverySensitivePropertyIsRedacted plants a value under each name that the document marks.
func TestEverySensitivePropertyIsRedacted(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	marked := map[string]bool{}
	for _, schema := range document.Components.Schemas {
		for name, property := range schema.Value.Properties {
			if mark := property.Value.Extensions["x-sensitive"]; mark != nil && mark != "none" {
				marked[name] = true
			}
		}
	}
	known := map[string]bool{}
	for _, property := range gen.SensitiveProperties {
		known[property.Name] = known[property.Name] || property.Sensitivity != "none"
	}
	require.Equal(t, marked, known)

	body := map[string]any{"plain": "visible-text", "empty": map[string]any{}}
	for name := range marked {
		text, in := "planted-"+name, body["empty"].(map[string]any)
		body[name], body[strings.ToUpper(name)] = text+"-1", text+"-2"
		in[name] = []any{text + "-3", map[string]any{"any": text + "-4"}, 8080808}
	}
	sent, err := json.Marshal(body)
	require.NoError(t, err)
	rec := record(t, reply(200, string(sent)))
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := rec.client(t, api.WithLogger(logger), api.WithLoggedBodies())
	require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", nil, body, nil))
	assert.JSONEq(t, string(sent), rec.requests()[0].body, "what is sent is whole")
	assert.NotContains(t, log.String(), "planted-")
	assert.NotContains(t, log.String(), "8080808")
	assert.Equal(t, 2, strings.Count(log.String(), "visible-text"), "both bodies")
	t.Logf("%d properties with %d names", len(gen.SensitiveProperties), len(marked))
}

// withSecrets is a value of a schema that has a text in every secret that can be reached; nil if none can.
func withSecrets(schema *openapi3.Schema, planted string) any {
	switch {
	case schema.Extensions["x-sensitive"] == "secret" && schema.Type.Is("array"):
		return []any{planted}
	case schema.Extensions["x-sensitive"] == "secret":
		return planted
	case len(schema.OneOf) > 0:
		return withSecrets(schema.OneOf[0].Value, planted)
	case schema.Type.Is("array"):
		if item := withSecrets(schema.Items.Value, planted); item != nil {
			return []any{item}
		}
		return nil
	}
	object := map[string]any{}
	for name, property := range schema.Properties {
		if value := withSecrets(property.Value, planted); value != nil {
			object[name] = value
		}
	}
	if len(object) == 0 {
		return nil
	}
	return object
}

// TestModelsPrintWithoutSecrets plants a text in all that the document marks as secret, in each model that has it, even deep
// inside.
func TestModelsPrintWithoutSecrets(t *testing.T) {
	models := map[string]any{
		"ATACustomizations": &gen.ATACustomizations{}, "AccessCode": &gen.AccessCode{}, "AccessCodes": &gen.AccessCodes{},
		"AccessCodeDefinition": &gen.AccessCodeDefinition{}, "AccessCodesUpdate": &gen.AccessCodesUpdate{},
		"ActivationCode": &gen.ActivationCode{}, "CreateDeviceRequest": &gen.CreateDeviceRequest{},
		"CreateOrganizationAccessCodesRequest": &gen.CreateOrganizationAccessCodesRequest{},
		"DeleteAccessCodesRequest":             &gen.DeleteAccessCodesRequest{},
		"DeviceCustomizations":                 &gen.DeviceCustomizations{}, "HTTPProxy": &gen.HTTPProxy{}, "LDAP": &gen.LDAP{},
		"LocationAccessCodes": &gen.LocationAccessCodes{}, "MPPCustomizations": &gen.MPPCustomizations{},
		"OrganizationAccessCodeList": &gen.OrganizationAccessCodeList{}, "SNMP": &gen.SNMP{},
		"StartDeviceSettingsJobRequest": &gen.StartDeviceSettingsJobRequest{}, "WebAccess": &gen.WebAccess{},
		"WiFiCustomizations": &gen.WiFiCustomizations{},
	}
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	const planted = "planted-secret"
	for name, schema := range document.Components.Schemas {
		sample, isObject := withSecrets(schema.Value, planted).(map[string]any)
		if !isObject {
			continue
		}
		t.Run(name, func(t *testing.T) {
			model, listed := models[name]
			require.True(t, listed, "add the type here")
			body, err := json.Marshal(sample)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(body, model))
			before, err := json.Marshal(model)
			require.NoError(t, err)
			require.JSONEq(t, string(body), string(before), "as JSON it is whole")
			value := reflect.ValueOf(model).Elem().Interface()
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Info("got", "model", model, "value", value)
			assert.Contains(t, log.String(), "[redacted]")
			slog.New(slog.NewTextHandler(&log, nil)).Info("got", "model", model, "value", value, "list", []any{value})
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				_, _ = fmt.Fprintf(&log, verb+verb+verb, model, value, []any{value, model})
			}
			checkUntold(t, log.String(), planted, "as log or print")
			checkUntold(t, log.String(), fmt.Sprintf("%x", planted), "as log or print")
			after, err := json.Marshal(model)
			require.NoError(t, err)
			assert.JSONEq(t, string(before), string(after), "printing leaves it as it is")
		})
	}
}

// What an error is can be asked although its text had a secret.
func TestErrorsWithoutTheirSecretsAreStillTold(t *testing.T) {
	client := record(t, reply(200, `{"`+token+`":"no number"}`)).client(t)
	var out map[string]int
	err := client.Do(t.Context(), http.MethodGet, "/x", nil, nil, &out)
	require.ErrorIs(t, err, api.ErrBadResponse)
	require.ErrorContains(t, err, "unexpected JSON string")
	assert.NotContains(t, err.Error(), token)
}
