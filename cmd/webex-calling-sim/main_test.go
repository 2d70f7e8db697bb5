package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// program is one that runs.
type program struct {
	root, token, output string

	client *http.Client
	stop   func() error // It may be called more than once.
}

// launch starts the program on a free port and reads what it prints.
func launch(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan struct{})
	var failure error
	go func() {
		defer close(ended)
		failure = run(ctx, append([]string{"-port", "0"}, args...), writer, io.Discard)
		_ = writer.Close()
	}()
	p := &program{client: &http.Client{Transport: &http.Transport{}}}
	p.stop = func() error {
		cancel()
		<-ended
		p.client.CloseIdleConnections()
		return failure
	}
	t.Cleanup(func() { _ = p.stop() })
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		p.output += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "  device ") { // The last line, unless there are no devices.
			break
		}
	}
	require.NotEmpty(t, p.output, "it did not start")
	first, rest, _ := strings.Cut(p.output, "\n")
	second, _, _ := strings.Cut(rest, "\n")
	p.root = strings.TrimSuffix(strings.TrimPrefix(first, "API: "), "/v1")
	p.token = strings.TrimPrefix(second, "Token: ")
	return p
}

// call sends a request with the token and answers what came back, with the body read.
func (p *program) call(t *testing.T, method, path, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.root+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := p.client.Do(request)
	require.NoError(t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response, string(answer)
}

// expect is call with a status that must come.
func (p *program) expect(t *testing.T, status int, method, path, body string) string {
	t.Helper()
	response, answer := p.call(t, method, path, body)
	require.Equal(t, status, response.StatusCode, "%s %s: %s", method, path, answer)
	return answer
}

const features = "/v1/telephony/config/people/settings/permissions"

func TestOutput(t *testing.T) {
	p := launch(t)
	lines := strings.Split(p.output, "\n")
	require.Greater(t, len(lines), 8)
	assert.Regexp(t, `^API: http://127\.0\.0\.1:\d+/v1$`, lines[0])
	assert.Regexp(t, `^Token: [A-Za-z0-9._-]+$`, lines[1])
	for _, line := range lines[2:] {
		if form, ok := strings.CutPrefix(line, "Renewal: "); ok {
			p.renew(t, form)
			continue
		}
		assert.NotContains(t, strings.ToLower(line), "token")
	}
	assert.Contains(t, p.output, "\nRenewal: ")
	for _, kind := range []string{"person", "workspace", "location", "virtual line", "license", "device"} {
		assert.Contains(t, p.output, "\n  "+kind+" ")
	}
	assert.NoError(t, p.stop())
}

// exchange posts a form to the token endpoint. The caller closes the body of the response.
func (p *program) exchange(t *testing.T, form string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.root+"/v1/access_token", strings.NewReader(form))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := p.client.Do(request)
	require.NoError(t, err)
	return response
}

// renew exchanges the refresh token that the program printed, and uses the new access token.
func (p *program) renew(t *testing.T, form string) {
	t.Helper()
	resp := p.exchange(t, form)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var answer struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	former := p.token
	p.token = answer.AccessToken
	p.expect(t, http.StatusOK, "GET", "/v1/licenses", "")
	p.token = former
	assert.Contains(t, form, "refresh_token="+answer.RefreshToken)
}

// The lines of the README do what it says.
func TestReadme(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	p := launch(t)
	environment := append(os.Environ(), "API="+p.root+"/v1", "TOKEN="+p.token, "ROOT="+p.root, "NO_PROXY=127.0.0.1",
		"RENEWAL="+regexp.MustCompile(`Renewal: (.*)`).FindStringSubmatch(p.output)[1])
	var commands []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(readme, -1) {
		whole := strings.ReplaceAll(string(block[1]), "\\\n", " ")
		commands = append(commands, strings.Split(strings.TrimSpace(whole), "\n")...)
	}
	require.Len(t, commands, 13)
	for _, command := range commands {
		require.Regexp(t, `^curl -f `, command)
		run := exec.CommandContext(t.Context(), "sh", "-c", command)
		run.Env = environment
		var problems strings.Builder
		run.Stderr = &problems
		output, err := run.Output()
		require.NoError(t, err, "%s\n%s", command, problems.String())
		if strings.HasSuffix(command, `"$ROOT/admin/state"`) {
			assert.Contains(t, string(output), `"voicemail": "NO_ACCESS"`)
		}
	}
	for kind := range strings.FieldsSeq("answer done lost html redirect reset doneReset truncated garbage slow slowBody stalled " +
		"stalledBody loopingLink missingLink foreignLink change") {
		order := `{"kind":"` + kind + `","status":307,"target":"http://127.0.0.1:1","delay":"1ms","members":{"new":1}}`
		p.expect(t, http.StatusOK, "POST", "/admin/faults", order)
		assert.Contains(t, string(readme), "`"+kind+"`")
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range []string{
		"-host=", "-port -1", "-port 65536", "-port x", "-host 300.300.300.300", "-people 0", "-people x", "-devices -1",
		"-page-size 0", "-seed -1", "-rate -1", "-rate NaN", "-rate Inf", "-burst -1", "-burst 3", "-latency -1s", "-latency 3",
		"-role king", "-scopes spark-admin:licenses_read,nonsense", "-varied-ids=perhaps", "-fault {", `-fault {"kind":"nonsense"}`,
		"-customers -1", "-allowed-hosts sim:8080", "-allowed-hosts http://sim", "-customers x", "-lenient=perhaps",
		`-fault {"kind":"reset","sort":1}`, `-fault {"kind":"reset"}{}`, "-state /nonexistent/folder/state", "-state /",
		"-nonsense 1",
	} {
		flag, _, _ := strings.Cut(strings.ReplaceAll(args, "=", " "), " ")
		err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		require.ErrorContains(t, err, flag, args)
	}
	assert.ErrorContains(t, run(t.Context(), []string{"nonsense"}, io.Discard, io.Discard), `"nonsense"`)
}

func TestPortInUse(t *testing.T) {
	p := launch(t)
	address, err := url.Parse(p.root)
	require.NoError(t, err)
	err = run(t.Context(), []string{"-port", address.Port()}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, "-port")
}

func TestState(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "state.json")
	p := launch(t, "-state", file)
	p.expect(t, http.StatusNoContent, "PUT", features, `{"voicemail":"NO_ACCESS"}`)
	assert.NoFileExists(t, file, "it is saved at the end")
	require.NoError(t, p.stop())

	p = launch(t, "-state", file)
	assert.Contains(t, p.expect(t, http.StatusOK, "GET", features, ""), `"voicemail":"NO_ACCESS"`)
	p.expect(t, http.StatusNoContent, "PUT", features, `{"voicemail":"FULL_ACCESS"}`)
	require.NoError(t, p.stop())
	state, err := webextest.LoadState(file)
	require.NoError(t, err)
	assert.Equal(t, "FULL_ACCESS", state.FeatureAccess["voicemail"])

	require.NoError(t, os.WriteFile(file, []byte(`{"people":`), 0o600))
	require.ErrorContains(t, run(t.Context(), []string{"-state", file}, io.Discard, io.Discard), file)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, `{"people":`, string(content))
	unknown := []byte(`{"id":"O1","people":[{"emial":"x"}]}`)
	require.NoError(t, os.WriteFile(file, unknown, 0o600))
	err = run(t.Context(), []string{"-state", file}, io.Discard, io.Discard)
	require.ErrorContains(t, err, file+": people[0]: additional properties 'emial' not allowed")
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 1)
}

func TestAccess(t *testing.T) {
	p := launch(t, "-scopes", "spark-admin:licenses_read,spark-admin:devices_read")
	for range 2 {
		p.expect(t, http.StatusOK, "GET", "/v1/licenses", "")
		p.expect(t, http.StatusOK, "GET", "/v1/devices", "")
		p.expect(t, http.StatusForbidden, "GET", features, "")
		p.expect(t, http.StatusNoContent, "POST", "/admin/reset", "") // The token outlives it.
	}
	p = launch(t, "-role", webextest.RoleReadOnly)
	for range 2 {
		p.expect(t, http.StatusOK, "GET", features, "")
		p.expect(t, http.StatusForbidden, "PUT", features, `{"voicemail":"NO_ACCESS"}`)
		p.expect(t, http.StatusNoContent, "POST", "/admin/reset", "")
	}
}

func TestRate(t *testing.T) {
	p := launch(t, "-rate", "0.01", "-burst", "2")
	p.expect(t, http.StatusOK, "GET", "/v1/licenses", "")
	p.expect(t, http.StatusOK, "GET", "/v1/licenses", "")
	response, _ := p.call(t, "GET", "/v1/licenses", "")
	assert.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	assert.Regexp(t, `^[1-9]\d*$`, response.Header.Get("Retry-After"))
	assert.NotEmpty(t, response.Header.Get("TrackingId"))
}

func TestFaultFlag(t *testing.T) {
	p := launch(t, "-fault", `{"kind":"answer","operation":"listLicenses","status":503,"times":2}`,
		"-fault", `{"kind":"change","members":{"new":1}}`)
	p.expect(t, http.StatusServiceUnavailable, "GET", "/v1/licenses", "")
	assert.Contains(t, p.expect(t, http.StatusOK, "GET", "/v1/devices", ""), `"new":1`)
	p.expect(t, http.StatusServiceUnavailable, "GET", "/v1/licenses", "")
	assert.Contains(t, p.expect(t, http.StatusOK, "GET", "/v1/licenses", ""), `"new":1`)
}

func TestSizeAndPages(t *testing.T) {
	p := launch(t, "-people", "3", "-devices", "7", "-page-size", "5", "-varied-ids", "-seed", "4", "-latency", "1ms")
	response, _ := p.call(t, "GET", "/v1/devices", "")
	assert.Contains(t, response.Header.Get("Link"), p.root+"/v1/devices?")
	var state webextest.State
	require.NoError(t, json.Unmarshal([]byte(p.expect(t, http.StatusOK, "GET", "/admin/state", "")), &state))
	assert.Len(t, state.People, 3)
	assert.Equal(t, 7, state.Devices.MadeUp)
}

func TestBehaviorFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	args := []string{"-lenient", "-read-only-call-types", "-stored-entries-visible", "-rotate-refresh-tokens", "-customers", "2",
		"-devices", "30", "-state", file}
	p := launch(t, args...)
	var state webextest.State
	for range 2 { // A reset keeps customers and tokens, and so does the file.
		require.NoError(t, json.Unmarshal([]byte(p.expect(t, http.StatusOK, "GET", "/admin/state", "")), &state))
		require.Len(t, state.Customers, 2)
		require.Len(t, state.RefreshTokens, 1)
		p.expect(t, http.StatusNoContent, "POST", "/admin/reset", "")
		assert.Contains(t, p.expect(t, http.StatusOK, "GET", "/v1/devices?color=red&orgId="+state.Customers[1].ID, ""), `"items":[{`)
		permissions := p.expect(t, http.StatusOK, "GET", "/v1/telephony/config/people/"+state.People[0].ID+"/outgoingPermission", "")
		assert.Contains(t, permissions, "CASUAL")
		assert.NotContains(t, permissions, "BLOCK", "the stored entries of a person allow everything")
		assert.Contains(t, p.output, state.Customers[1].ID)
		require.NoError(t, p.stop())
		p = launch(t, args...)
	}
	form := regexp.MustCompile(`Renewal: (.*)`).FindStringSubmatch(p.output)[1]
	for _, want := range []int{http.StatusOK, http.StatusBadRequest} {
		response := p.exchange(t, form)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, want, response.StatusCode, "a refresh token is replaced when it is exchanged")
	}
}

// Without flags the organization rejects what the document does not name.
func TestStrictByDefault(t *testing.T) {
	p := launch(t)
	p.expect(t, http.StatusBadRequest, "GET", "/v1/devices?color=red", "")
}

func TestDocument(t *testing.T) {
	p := launch(t)
	for _, name := range []string{"/openapi.yaml", "/openapi.json"} {
		text := p.expect(t, http.StatusOK, "GET", name, "")
		assert.Equal(t, name == "/openapi.json", json.Valid([]byte(text)))
		document, err := openapi3.NewLoader().LoadFromData([]byte(text))
		require.NoError(t, err)
		require.NoError(t, document.Validate(t.Context()))
		require.Len(t, document.Servers, 1)
		assert.Equal(t, p.root+"/v1", document.Servers[0].URL)
	}
	// Who comes in by another name stays with it: a browser would refuse to go elsewhere.
	p.root = strings.Replace(p.root, "127.0.0.1", "localhost", 1)
	assert.Contains(t, p.expect(t, http.StatusOK, "GET", "/openapi.yaml", ""), "- url: "+p.root+"/v1\n")
}

func TestPage(t *testing.T) {
	p := launch(t)
	page := p.expect(t, http.StatusOK, "GET", "/", "")
	assert.Contains(t, page, p.token)
	for _, reference := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		require.Regexp(t, `^/[^/]`, reference[1], "nothing is fetched from elsewhere")
		p.expect(t, http.StatusOK, "GET", reference[1], "")
	}
	p.expect(t, http.StatusNotFound, "GET", "/nonsense", "")
}

// What is odd is for the organization to answer. A redirect is nothing that the document knows.
func TestOddPaths(t *testing.T) {
	p := launch(t)
	for _, path := range []string{"/v1", "/v1/", "/v1//licenses", "/v1/licenses/", "/v1/../admin/state", "/v1/devices/%2e%2e/x"} {
		assert.Contains(t, p.expect(t, http.StatusNotFound, "GET", path, ""), `"message"`)
	}
}

func TestAdministration(t *testing.T) {
	p := launch(t)
	assert.Equal(t, "[]\n", p.expect(t, http.StatusOK, "GET", "/admin/calls", ""))
	assert.Equal(t, "[]\n", p.expect(t, http.StatusOK, "GET", "/admin/faults", ""))
	before := p.expect(t, http.StatusOK, "GET", "/admin/state", "")

	p.expect(t, http.StatusNoContent, "PUT", features, `{"voicemail":"NO_ACCESS"}`)
	assert.NotEqual(t, before, p.expect(t, http.StatusOK, "GET", "/admin/state", ""))
	var calls []webextest.Call
	require.NoError(t, json.Unmarshal([]byte(p.expect(t, http.StatusOK, "GET", "/admin/calls", "")), &calls))
	require.Len(t, calls, 1)
	assert.Equal(t, "updateDefaultFeatureAccess", calls[0].Operation)

	order := `{"kind":"answer","status":502,"header":{"X-Odd":"1"}}`
	assert.JSONEq(t, order, p.expect(t, http.StatusOK, "POST", "/admin/faults", order))
	assert.JSONEq(t, "["+order+"]", p.expect(t, http.StatusOK, "GET", "/admin/faults", ""))
	p.expect(t, http.StatusBadGateway, "GET", "/v1/licenses", "")
	p.expect(t, http.StatusNoContent, "DELETE", "/admin/faults", "")
	p.expect(t, http.StatusOK, "GET", "/v1/licenses", "")
	for _, nonsense := range []string{
		"", "nonsense", "[]", `{}`, `{"kind":"nonsense"}`, `{"kind":"reset","sort":1}`, `{"kind":"reset"} {}`,
		`{"kind":"answer"}`, `{"kind":"reset","operation":"nonsense"}`, `{"kind":"slow","delay":"long"}`,
	} {
		assert.Contains(t, p.expect(t, http.StatusBadRequest, "POST", "/admin/faults", nonsense), `"message"`)
	}
	p.expect(t, http.StatusOK, "POST", "/admin/faults", order)
	p.expect(t, http.StatusNoContent, "POST", "/admin/reset", "")
	assert.Equal(t, before, p.expect(t, http.StatusOK, "GET", "/admin/state", ""))
	assert.Equal(t, "[]\n", p.expect(t, http.StatusOK, "GET", "/admin/calls", ""))
	assert.Equal(t, "[]\n", p.expect(t, http.StatusOK, "GET", "/admin/faults", ""))
	p.expect(t, http.StatusNotFound, "GET", "/admin/reset", "")
}

// A request that never ends keeps the program from ending for a moment only, and the state is saved.
func TestEndWhileStalled(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	file := filepath.Join(t.TempDir(), "state.json")
	p := launch(t, "-state", file, "-fault", `{"kind":"stalled","operation":"listLicenses"}`,
		"-fault", `{"kind":"stalledBody","operation":"listDevices"}`)
	failed := make(chan error, 2)
	for _, path := range []string{"/v1/licenses", "/v1/devices"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.root+path, http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+p.token)
		go func() {
			response, err := p.client.Do(request)
			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
			failed <- err
		}()
	}
	require.Eventually(t, func() bool {
		calls := p.expect(t, http.StatusOK, http.MethodGet, "/admin/calls", "")
		return strings.Count(calls, `"fault"`) == 2
	}, time.Minute, time.Millisecond, "they are not under way")
	began := time.Now()
	require.NoError(t, p.stop())
	assert.Less(t, time.Since(began), graceful+5*time.Second)
	for range 2 {
		require.Error(t, <-failed)
	}
	assert.FileExists(t, file)
	goleak.VerifyNone(t, leaks)
}

func TestHundredTimes(t *testing.T) {
	temporary, folder := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary) // The same on Windows.
	file := filepath.Join(folder, "state.json")
	leaks := goleak.IgnoreCurrent()
	for i := range 100 {
		p := launch(t, "-state", file)
		p.expect(t, http.StatusOK, "GET", "/v1/licenses", "")
		p.expect(t, http.StatusNoContent, "PUT", features, `{"voicemail":"`+[]string{"NO_ACCESS", "FULL_ACCESS"}[i%2]+`"}`)
		p.expect(t, http.StatusOK, "GET", "/admin/calls", "")
		require.NoError(t, p.stop())
	}
	goleak.VerifyNone(t, leaks)
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Empty(t, left)
	kept, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, kept, 1)
}

func TestUsage(t *testing.T) {
	var problems bytes.Buffer
	require.Error(t, run(t.Context(), []string{"-h"}, io.Discard, &problems))
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	flags := regexp.MustCompile(`(?m)^  (-[a-z-]+)`).FindAllStringSubmatch(problems.String(), -1)
	require.Len(t, flags, 20)
	for _, flag := range flags {
		assert.Contains(t, string(readme), "`"+flag[1]+"`")
	}
}
