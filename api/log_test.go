package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// logTo is a client whose log goes to a buffer, without the times.
func logTo(log *bytes.Buffer, level slog.Level) api.Option {
	return api.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, attribute slog.Attr) slog.Attr {
			if attribute.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attribute
		},
	})))
}

// madeUp are the tracking ids and the waits that chance makes.
var madeUp = regexp.MustCompile(`WXCGO_\w+|wait=\d+\.\d+m?s|waited=[1-9]\S*|duration=[1-9]\S*`)

// logged are the lines of a log with what chance makes left out.
func logged(log *bytes.Buffer) []string {
	text := madeUp.ReplaceAllStringFunc(log.String(), func(found string) string {
		name, _, ok := strings.Cut(found, "=")
		if !ok {
			return "ID"
		}
		return name + "=?"
	})
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func TestLog(t *testing.T) {
	list := func(ctx context.Context, client *api.Client) error {
		_, err := client.Licenses.List(ctx)
		return err
	}
	const (
		call = `level=DEBUG msg="webex call" operation=listLicenses method=GET path=/v1/licenses `
		warn = `level=WARN msg="webex retry" operation=listLicenses method=GET path=/v1/licenses `
	)
	for _, test := range []struct {
		name    string
		level   slog.Level
		answers []faults.Fault
		options []api.Option
		call    func(context.Context, *api.Client) error
		want    []string
	}{
		{
			"a success", slog.LevelDebug, []faults.Fault{nil}, nil, list,
			[]string{call + `status=200 trackingId=ID duration=0s waited=0s tries=1`},
		}, {
			"the id of the answer", slog.LevelDebug, []faults.Fault{faults.Answer(200, `{"items":[]}`, "TrackingId", "T1")}, nil, list,
			[]string{call + `status=200 trackingId=T1 duration=0s waited=0s tries=1`},
		}, {
			"a refusal", slog.LevelDebug, []faults.Fault{faults.Answer(400, `{"message":"secret"}`)}, nil, list,
			[]string{call + `status=400 trackingId=ID duration=0s waited=0s tries=1`},
		}, {
			"a repeated call", slog.LevelDebug, []faults.Fault{faults.Answer(503, "", "Retry-After", "7"), nil}, nil, list,
			[]string{
				warn + `status=503 trackingId=ID try=1 wait=7s`,
				call + `status=200 trackingId=ID duration=? waited=? tries=2`,
			},
		}, {
			"a limit", slog.LevelDebug, []faults.Fault{faults.Answer(429, "", "Retry-After", "7"), nil}, nil, list,
			[]string{
				`level=WARN msg="webex limit" operation=listLicenses method=GET path=/v1/licenses status=429 ` +
					`trackingId=ID part=/licenses wait=7s`,
				warn + `status=429 trackingId=ID try=1 wait=7s`,
				call + `status=200 trackingId=ID duration=? waited=? tries=2`,
			},
		}, {
			"warnings only", slog.LevelWarn, []faults.Fault{faults.Answer(503, "", "Retry-After", "7"), nil}, nil, list,
			[]string{warn + `status=503 trackingId=ID try=1 wait=7s`},
		}, {
			"a broken connection", slog.LevelDebug, []faults.Fault{faults.Closed(), nil}, nil, list,
			[]string{
				warn + `trackingId=ID try=1 wait=? error=EOF`,
				call + `status=200 trackingId=ID duration=? waited=? tries=2`,
			},
		}, {
			"no answer", slog.LevelDebug, []faults.Fault{faults.Closed()}, []api.Option{api.WithRetryPolicy(api.NoRetry)}, list,
			[]string{
				call + `trackingId=ID duration=0s waited=0s tries=1 error=EOF`,
			},
		}, {
			"a redirect elsewhere", slog.LevelDebug,
			[]faults.Fault{faults.Redirect(307, func(*http.Request) string { return elsewhere })}, nil, list,
			[]string{
				call + `status=307 trackingId=ID duration=0s waited=0s tries=1 ` +
					`error="not sent to http://127.0.0.2:9: the token is for http://127.0.0.1:80 only"`,
			},
		}, {
			"a broken body", slog.LevelDebug, []faults.Fault{faults.Truncated()}, []api.Option{api.WithRetryPolicy(api.NoRetry)}, list,
			[]string{call + `status=200 trackingId=ID duration=0s waited=0s tries=1 error="unexpected EOF"`},
		}, {
			"another token", slog.LevelDebug, []faults.Fault{faults.Answer(401, ""), nil}, []api.Option{renewing()}, list,
			[]string{
				warn + `status=401 trackingId=ID try=1 wait=0s`,
				call + `status=200 trackingId=ID duration=0s waited=0s tries=2`,
			},
		}, {
			"a wait that would be too long", slog.LevelDebug, []faults.Fault{faults.Answer(503, "", "Retry-After", "7"), nil}, nil,
			func(ctx context.Context, client *api.Client) error {
				ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
				defer cancel()
				return list(ctx, client)
			},
			[]string{
				call + `status=503 trackingId=ID duration=0s waited=0s tries=1 ` +
					`error="not repeated, since the context ends before the wait of 7s does: context deadline exceeded"`,
			},
		}, {
			"a call of another organization that is no operation", slog.LevelDebug, []faults.Fault{nil}, nil,
			func(ctx context.Context, client *api.Client) error {
				return client.ForOrganization("O1").Do(ctx, http.MethodDelete, "/rooms/R%2F1", nil, nil, nil)
			},
			[]string{
				`level=DEBUG msg="webex call" organization=O1 method=DELETE path=/v1/rooms/R%2F1 ` +
					`status=200 trackingId=ID duration=0s waited=0s tries=1`,
			},
		}, {
			"a redirected call", slog.LevelDebug, []faults.Fault{moved(307)}, nil, list,
			[]string{call + `status=200 trackingId=ID duration=0s waited=0s tries=2`},
		}, {
			"bodies", slog.LevelDebug, []faults.Fault{faults.Answer(400, `{"message":"4711 is not 47110","code":"9"}`)},
			[]api.Option{api.WithLoggedBodies()},
			func(ctx context.Context, client *api.Client) error {
				return client.Do(ctx, http.MethodPost, "/x", nil, map[string]string{"code": "4711", "name": "4711!"}, nil)
			},
			[]string{
				`level=DEBUG msg="webex call" method=POST path=/v1/x ` +
					`status=400 trackingId=ID duration=0s waited=0s tries=1 ` +
					`request="{\"code\":\"[redacted]\",\"name\":\"[redacted]!\"}" ` +
					`response="{\"message\":\"[redacted] is not 47110\",\"code\":\"9\"}"`,
			},
		}, {
			"a body that repeats what is personal in it", slog.LevelDebug,
			[]faults.Fault{faults.Answer(200,
				`{"items":[],"phoneNumber":"+31205550123","note":"call +31205550123","code":"1","x":"is 1"}`)},
			[]api.Option{api.WithLoggedBodies()}, list,
			[]string{
				call + `status=200 trackingId=ID duration=0s waited=0s tries=1 response="{\"items\":[],` +
					`\"phoneNumber\":\"[redacted]\",\"note\":\"call [redacted]\",\"code\":\"[redacted]\",\"x\":\"is [redacted]\"}"`,
			},
		}, {
			"a blank body", slog.LevelDebug, []faults.Fault{faults.Answer(400, " \n")}, []api.Option{api.WithLoggedBodies()}, list,
			[]string{call + `status=400 trackingId=ID duration=0s waited=0s tries=1`},
		}, {
			"a body that is no JSON", slog.LevelDebug, []faults.Fault{faults.HTML(400)}, []api.Option{api.WithLoggedBodies()}, list,
			[]string{call + `status=400 trackingId=ID duration=0s waited=0s tries=1 response="[84 bytes that are not JSON]"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			inBubble(t, script(test.answers...), func(t *testing.T, client *api.Client) {
				_ = test.call(t.Context(), client)
			}, append(test.options, logTo(&log, test.level))...)
			assert.Equal(t, test.want, logged(&log))
		})
	}
}

// Each page of a list is a call, and the answer is whole after it was logged.
func TestLoggedBodiesAreStillRead(t *testing.T) {
	var log bytes.Buffer
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		(&wire{}).answer(w, r)
	})
	client := rec.client(t, logTo(&log, slog.LevelDebug), api.WithLoggedBodies())
	devices, err := api.Collect(client.Devices.List(t.Context(), api.ListDevicesParams{}))
	require.NoError(t, err)
	assert.Len(t, devices, 4)
	assert.Len(t, logged(&log), 2)

	broken := record(t, func(w http.ResponseWriter, r *http.Request) {
		faults.Truncated()(w, r, reply(200, `{"items":[]}`))
	})
	_, err = broken.client(t, logTo(&log, slog.LevelDebug), api.WithLoggedBodies()).Licenses.List(t.Context())
	require.ErrorIs(t, err, api.ErrBadResponse)
	require.ErrorContains(t, err, "unexpected EOF")
}

func TestLongBodiesAreCut(t *testing.T) {
	var log bytes.Buffer
	list := func(runes int) {
		log.Reset()
		rec := record(t, reply(200, `{"items":[{"id":"`+strings.Repeat("é", runes)+`"}]}`))
		_, err := rec.client(t, logTo(&log, slog.LevelDebug), api.WithLoggedBodies()).Licenses.List(t.Context())
		require.NoError(t, err)
	}
	list(100_000)
	assert.InDelta(t, 64<<10, log.Len(), 1000)
	assert.Contains(t, log.String(), "é…")
	list(1_000_000)
	assert.Contains(t, log.String(), `response="[2000021 bytes]"`)
}

type contextHandler struct {
	slog.Handler
	seen *any
}

func (h contextHandler) Handle(ctx context.Context, record slog.Record) error {
	*h.seen = ctx.Value(contextHandler{})
	return h.Handler.Handle(ctx, record)
}

func TestLinesHaveTheContextOfTheCall(t *testing.T) {
	var seen any
	handler := contextHandler{slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelDebug}), &seen}
	client := record(t, nil).client(t, api.WithLogger(slog.New(handler)))
	ctx := context.WithValue(t.Context(), contextHandler{}, "trace")
	require.NoError(t, client.Devices.Delete(ctx, "D1"))
	assert.Equal(t, "trace", seen)
}

func TestLogOptionsAreChecked(t *testing.T) {
	_, err := api.NewClient(api.WithToken(token), api.WithLogger(nil))
	require.ErrorContains(t, err, "WithLogger: the logger is nil")
	_, err = api.NewClient(api.WithToken(token), api.WithLoggedBodies())
	require.ErrorContains(t, err, "WithLoggedBodies: there is no logger")
	_, err = api.NewClient(api.WithToken(token), api.WithLoggedBodies(), api.WithLogger(slog.Default()))
	require.NoError(t, err)
}

// Without a logger, and with one that is not interested, a call costs no more.
func TestLoggingOffCostsNothing(t *testing.T) {
	client := func(options ...api.Option) *api.Client {
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
		})
		client, err := api.NewClient(append(options, api.WithToken(token), api.WithHTTPClient(&http.Client{Transport: transport}))...)
		require.NoError(t, err)
		return client
	}
	allocations := func(client *api.Client) float64 {
		return testing.AllocsPerRun(1000, func() { assert.NoError(t, client.Devices.Delete(t.Context(), "D1")) })
	}
	var log bytes.Buffer
	off, uninterested := allocations(client()), allocations(client(logTo(&log, slog.LevelWarn), api.WithLoggedBodies()))
	on := allocations(client(logTo(&log, slog.LevelDebug)))
	assert.InDelta(t, off, uninterested, 0)
	assert.Greater(t, on, off)
	t.Logf("allocations of a call: %v without a logger, %v with one for warnings, %v with one for all", off, uninterested, on)
}

// What a service says cannot make a second line, or speak to a terminal.
func TestErrorsAreOneLine(t *testing.T) {
	said, err := json.Marshal("no\r\nlevel=INFO msg=fine\x1b[2J\u2028x\u202ey")
	require.NoError(t, err)
	body := `{"message":` + string(said) + `,"trackingId":` + string(said) + `,"errors":[{"description":` + string(said) + `}]}`
	client := record(t, reply(400, body)).client(t)
	failed := client.Devices.Delete(t.Context(), "D1")
	require.ErrorIs(t, failed, api.ErrBadRequest)
	for _, char := range failed.Error() {
		assert.True(t, char >= ' ' && char != '\u2028' && char != '\u202e', "%q", failed.Error())
	}
	refused, _ := errors.AsType[*api.Error](failed)
	assert.Contains(t, refused.Message, "\n", "the message itself is as it came")
}
