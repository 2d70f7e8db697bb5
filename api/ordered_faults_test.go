package api_test

import (
	"cmp"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// orderedCall is a call of each kind that the transport tells apart, made to an organization in memory. It answers the
// number of things that it got.
type orderedCall struct {
	methodCall
	do func(ctx context.Context, client *api.Client, device webextest.Device) (got int, err error)
}

// orderedDevices is the number of devices in the organization: two pages.
const orderedDevices = 4

var orderedCalls = []orderedCall{
	{methodCall{name: "get", method: http.MethodGet, want: 1, requests: 1},
		func(ctx context.Context, client *api.Client, device webextest.Device) (int, error) {
			found, err := client.Devices.Get(ctx, device.ID)
			return count(found.DisplayName == device.DisplayName), err
		}},
	{methodCall{name: "paged get", method: http.MethodGet, want: orderedDevices, requests: 2},
		func(ctx context.Context, client *api.Client, _ webextest.Device) (int, error) {
			devices, err := api.Collect(client.Devices.List(ctx, api.ListDevicesParams{}))
			return len(devices), err
		}},
	{methodCall{name: "put", method: http.MethodPut, want: 0, requests: 1},
		func(ctx context.Context, client *api.Client, _ webextest.Device) (int, error) {
			return 0, client.FeatureAccess.UpdateDefault(ctx, api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
		}},
	{methodCall{name: "post", method: http.MethodPost, want: 1, requests: 1},
		func(ctx context.Context, client *api.Client, device webextest.Device) (int, error) {
			code, err := client.Devices.CreateActivationCode(ctx, api.ActivationCodeRequest{PersonID: device.PersonID})
			return count(code.Code != ""), err
		}},
	{methodCall{name: "patch", method: http.MethodPatch, want: 1, requests: 1},
		func(ctx context.Context, client *api.Client, device webextest.Device) (int, error) {
			changed, err := client.Devices.AddTags(ctx, device.ID, "lobby")
			return count(slices.Contains(changed.Tags, "lobby")), err
		}},
	{methodCall{name: "delete", method: http.MethodDelete, want: 0, requests: 1},
		func(ctx context.Context, client *api.Client, device webextest.Device) (int, error) {
			return 0, client.Devices.Delete(ctx, device.ID)
		}},
}

func count(ok bool) int {
	if ok {
		return 1
	}
	return 0
}

// orderedCase is a row of the table.
type orderedCase struct {
	name  string
	fault webextest.Fault
	// timeout bounds each try; a minute if it is 0.
	timeout time.Duration
	// first is what becomes of a call whose first try is struck, ever of one whose tries all are.
	first, ever pair
	// by overrides both for a call, got the number of things that it gets.
	by  map[string]outcome
	got map[string]int
}

// pair is the outcome of calls that may be repeated, and that of POST and PATCH.
type pair struct{ repeat, once outcome }

func (p pair) of(call orderedCall) outcome {
	if call.once() {
		return p.once
	}
	return p.repeat
}

// answerFault answers a status in place of the organization.
func answerFault(status int) webextest.Fault {
	return webextest.Fault{Kind: webextest.FaultAnswer, Status: status, Body: `{"message":"no"}`}
}

// refusing is a row where the first answer is final, and says that nothing was done.
func refusing(status int, is error) orderedCase {
	both := pair{fails(1, status, is), fails(1, status, is)}
	return orderedCase{name: "answer " + strconv.Itoa(status), fault: answerFault(status), first: both, ever: both}
}

// disturbing is a row where a second try helps, if it is not struck too, and may be made of what does no harm twice.
func disturbing(name string, fault webextest.Fault, status int, is ...error) orderedCase {
	return orderedCase{
		name: name, fault: fault,
		first: pair{ok2, unknown(status, slices.Clone(is)...)},
		ever:  pair{fails(tries, status, slices.Clone(is)...), unknown(status, slices.Clone(is)...)},
	}
}

// disturbingBody is the same for what strikes inside a body: PUT and DELETE are answered without one.
func disturbingBody(name string, fault webextest.Fault, is ...error) orderedCase {
	row := disturbing(name, fault, 200, is...)
	row.by = map[string]outcome{"put": ok1, "delete": ok1}
	return row
}

// tooSoon is a row where the service asks to come again, whatever the method.
func tooSoon(name, retryAfter string, given bool) orderedCase {
	fault := webextest.TooManyRequests()
	if given {
		fault = webextest.TooManyRequests(retryAfter)
	}
	flood := outcome{
		sends: 2, atLeast: true, status: 429, is: []error{api.ErrTooManyRequests}, isNot: []error{api.ErrOutcomeUnknown},
	}
	return orderedCase{name: "answer 429, Retry-After " + name, fault: fault, first: pair{ok2, ok2}, ever: pair{flood, flood}}
}

// harmless is a row where all goes well, but for the calls in by.
func harmless(name string, fault webextest.Fault, by map[string]outcome) orderedCase {
	return orderedCase{name: name, fault: fault, first: pair{ok1, ok1}, ever: pair{ok1, ok1}, by: by}
}

// ending is a row where one try ends the call, with the same outcome however often the fault strikes.
func ending(name string, fault webextest.Fault, repeat, once outcome) orderedCase {
	return orderedCase{name: name, fault: fault, first: pair{repeat, once}, ever: pair{repeat, once}}
}

func orderedCases() []orderedCase {
	const short = 200 * time.Millisecond
	deadline := context.DeadlineExceeded
	locked := answerFault(423)
	locked.Header = map[string]string{"Retry-After": "1"}
	stalled := disturbing("stalled", webextest.Fault{Kind: webextest.FaultStalled}, 0, deadline)
	stalledBody := disturbingBody(
		"stalledBody", webextest.Fault{Kind: webextest.FaultStalledBody}, deadline, api.ErrBadResponse)
	stalled.timeout, stalledBody.timeout = short, short
	missing := harmless("missingLink", webextest.Fault{Kind: webextest.FaultMissingLink}, map[string]outcome{"paged get": ok1})
	// Nothing tells that there was a second page.
	missing.got = map[string]int{"paged get": orderedDevices / 2}
	lost := harmless("lost", webextest.Fault{Kind: webextest.FaultLost}, map[string]outcome{ // {} is no list, code or device.
		"get": fails(1, 200, api.ErrBadResponse), "paged get": fails(1, 200, api.ErrBadResponse),
		"post": unknown(200, api.ErrBadResponse), "patch": unknown(200, api.ErrBadResponse),
	})
	wait := webextest.Duration(20 * time.Millisecond)
	return []orderedCase{
		refusing(401, api.ErrUnauthorized),
		refusing(403, api.ErrForbidden),
		refusing(404, api.ErrNotFound),
		refusing(409, api.ErrConflict),
		{
			name: "answer 423, Retry-After", fault: locked, first: pair{ok2, ok2},
			ever: pair{fails(tries, 423, api.ErrLocked), fails(tries, 423, api.ErrLocked)},
		},
		tooSoon("in seconds", "1", true),
		tooSoon("in decimals", "0.5", true),
		tooSoon("as a date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), true),
		tooSoon("in the wild form", "rand(30),add(30)", true),
		tooSoon("empty", "", true),
		tooSoon("missing", "", false),
		ending("answer 500", answerFault(500), fails(1, 500, api.ErrServer), unknown(500, api.ErrServer)),
		disturbing("answer 502", answerFault(502), 502, api.ErrServer),
		disturbing("answer 503", answerFault(503), 503, api.ErrServer),
		disturbing("answer 504", answerFault(504), 504, api.ErrServer),
		disturbing("done 503", webextest.Fault{Kind: webextest.FaultDone, Status: 503}, 503, api.ErrServer),
		ending("done 500", webextest.Fault{Kind: webextest.FaultDone, Status: 500},
			fails(1, 500, api.ErrServer), unknown(500, api.ErrServer)),
		lost,
		disturbing("html 502", webextest.Fault{Kind: webextest.FaultHTML, Status: 502}, 502, api.ErrServer),
		ending("html 200", webextest.Fault{Kind: webextest.FaultHTML, Status: 200},
			fails(1, 200, api.ErrBadResponse), unknown(200, api.ErrBadResponse)),
		ending("redirect 307", webextest.Fault{Kind: webextest.FaultRedirect, Status: 307, Target: elsewhere},
			fails(1, 0, errAny), fails(1, 0, errAny)),
		ending("redirect 302", webextest.Fault{Kind: webextest.FaultRedirect, Status: 302, Target: elsewhere},
			fails(1, 0, errAny), unknown(0, errAny)),
		disturbing("reset", webextest.Fault{Kind: webextest.FaultReset}, 0, errAny),
		disturbing("doneReset", webextest.Fault{Kind: webextest.FaultDoneReset}, 0, errAny),
		disturbingBody("truncated", webextest.Fault{Kind: webextest.FaultTruncated}, api.ErrBadResponse),
		disturbing("garbage", webextest.Fault{Kind: webextest.FaultGarbage}, 0, errAny),
		harmless("slow", webextest.Fault{Kind: webextest.FaultSlow, Delay: wait}, nil),
		harmless("slowBody", webextest.Fault{Kind: webextest.FaultSlowBody, Delay: wait}, nil),
		stalled,
		stalledBody,
		harmless("loopingLink", webextest.Fault{Kind: webextest.FaultLoopingLink},
			map[string]outcome{"paged get": fails(1, 200, api.ErrBadResponse)}),
		harmless("foreignLink", webextest.Fault{Kind: webextest.FaultForeignLink, Target: elsewhere},
			map[string]outcome{"paged get": fails(1, 0, errAny)}),
		missing,
		harmless("change", webextest.Fault{Kind: webextest.FaultChange, Members: map[string]any{
			"new": nil, "connectionStatus": "floating", "items.0.type": "hovercraft", "items.1.created": nil,
		}}, nil),
	}
}

// outcome is what the table expects of a call.
func (c orderedCase) outcome(call orderedCall, times int) outcome {
	if want, overridden := c.by[call.name]; overridden {
		return want
	}
	want := c.ever.of(call)
	if times > 0 {
		want = c.first.of(call)
	}
	if len(want.is) == 0 { // All pages of a list have to come.
		want.sends += call.requests - 1
	}
	return want
}

// TestOrderedFaultsAreAllInTheTable reads the kinds where they are declared, so that a new one cannot be forgotten here.
func TestOrderedFaultsAreAllInTheTable(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "../webextest/faults.go", nil, 0)
	require.NoError(t, err)
	kinds := map[webextest.FaultKind]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		declared, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := declared.Type.(*ast.Ident); ok && name.Name == "FaultKind" {
			kind, err := strconv.Unquote(declared.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			kinds[webextest.FaultKind(kind)] = true
		}
		return true
	})
	rows := map[webextest.FaultKind]bool{}
	for _, row := range orderedCases() {
		rows[row.fault.Kind] = true
	}
	assert.NotEmpty(t, kinds)
	assert.Equal(t, kinds, rows)
}

// orderedTotals counts what the table came to.
type orderedTotals struct{ cells, requests, done, refused, failed, unknown atomic.Int64 }

func (n *orderedTotals) add(err error, received int) {
	n.cells.Add(1)
	n.requests.Add(int64(received))
	var failed *api.Error
	switch {
	case err == nil:
		n.done.Add(1)
	case errors.Is(err, api.ErrOutcomeUnknown):
		n.unknown.Add(1)
	case errors.As(err, &failed) && failed.StatusCode >= 400 && failed.StatusCode < 500:
		n.refused.Add(1)
	default:
		n.failed.Add(1)
	}
}

// TestOrderedFaults has an organization in memory misbehave in every way that can be ordered, for the first try of a call
// and for ever, and compares what the client reports with what was promised and with what the organization holds then.
func TestOrderedFaults(t *testing.T) {
	var totals orderedTotals
	rows := orderedCases()
	t.Run("table", func(t *testing.T) {
		for _, row := range rows {
			for _, times := range []int{1, 0} {
				for _, call := range orderedCalls {
					t.Run(row.name+" × "+strconv.Itoa(times)+" × "+call.name, func(t *testing.T) {
						t.Parallel()
						checkOrdered(t, row, call, times, &totals)
					})
				}
			}
		}
	})
	assert.EqualValues(t, len(rows)*2*len(orderedCalls), totals.cells.Load())
	t.Logf("%d faults × 2 × %d calls = %d cells, %d requests: %d succeeded, %d refused, %d failed, %d of unknown outcome",
		len(rows), len(orderedCalls), totals.cells.Load(), totals.requests.Load(),
		totals.done.Load(), totals.refused.Load(), totals.failed.Load(), totals.unknown.Load())
}

// checkOrdered makes a call in a bubble, where waits and timeouts take no real time.
func checkOrdered(t *testing.T, row orderedCase, call orderedCall, times int, totals *orderedTotals) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { checkInBubble(t, row, call, times, totals) })
}

func checkInBubble(t *testing.T, row orderedCase, call orderedCall, times int, totals *orderedTotals) {
	t.Helper()
	server := webextest.New(webextest.WithPeople(2), webextest.WithDevices(orderedDevices), webextest.WithPageSize(2))
	defer server.Close()
	var device webextest.Device
	for device = range server.Devices() {
		break
	}
	fault, before := row.fault, server.State()
	fault.Times = times
	require.NoError(t, server.Inject(fault))

	url, dial := servePipe(t, server.Handler())
	policy := api.RetryPolicy{Tries: tries, MaxWait: 2 * time.Millisecond, MaxRefused: 10 * time.Millisecond}
	client := faultCase{timeout: row.timeout}.client(t, url, dial, api.WithToken(server.Token), api.WithRetryPolicy(policy))
	defer client.CloseIdleConnections()
	got, err := call.do(t.Context(), client, device)

	received, want := server.Calls(), row.outcome(call, times)
	totals.add(err, len(received))
	checkReceived(t, want, fault, received)
	if len(want.is) > 0 {
		checkFailure(t, call.methodCall, want, err)
	} else if assert.NoError(t, err) {
		wantGot, other := row.got[call.name]
		if !other {
			wantGot = call.want.(int)
		}
		assert.Equal(t, wantGot, got, "things that came")
	}
	checkEffect(t, call, fault.Kind, err, webextest.Diff(before, server.State()))
}

// checkReceived compares the requests that came, and those that the fault struck.
func checkReceived(t *testing.T, want outcome, fault webextest.Fault, received []webextest.Call) {
	t.Helper()
	const flood = 40 // More than a few milliseconds of refusals can be.
	if want.atLeast {
		assert.GreaterOrEqual(t, len(received), want.sends, "requests")
		assert.Less(t, len(received), flood, "requests")
	} else {
		assert.Len(t, received, want.sends, "requests")
	}
	struck := 0
	for i, call := range received {
		assert.Equal(t, received[0].Body, call.Body, "the body of request %d", i)
		struck += count(call.Fault == fault.Kind)
	}
	assert.Equal(t, cmp.Or(fault.Times, len(received)), struck, "requests that were struck")
}

// working are the kinds that let the organization do its work.
var working = []webextest.FaultKind{
	webextest.FaultDone, webextest.FaultDoneReset, webextest.FaultTruncated, webextest.FaultSlow, webextest.FaultSlowBody,
	webextest.FaultStalledBody, webextest.FaultLoopingLink, webextest.FaultForeignLink, webextest.FaultMissingLink,
	webextest.FaultChange,
}

// checkEffect compares what was reported with what was done.
func checkEffect(t *testing.T, call orderedCall, kind webextest.FaultKind, err error, changes []string) {
	t.Helper()
	var failed *api.Error
	switch {
	case call.method == http.MethodGet || kind == webextest.FaultLost:
		assert.Empty(t, changes)
	case err == nil:
		assert.Len(t, changes, 1, "reported as done")
	case errors.As(err, &failed) && failed.StatusCode >= 400 && failed.StatusCode < 500:
		assert.Empty(t, changes, "reported as refused: %v", err)
	default: // The report leaves it open, the order does not.
		assert.Equal(t, slices.Contains(working, kind), len(changes) > 0, "%v: %v", err, changes)
		assert.LessOrEqual(t, len(changes), 1, "done more often than once")
	}
}
