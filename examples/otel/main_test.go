package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// recorded keeps spans and metrics in memory.
type recorded struct {
	*tracetest.SpanRecorder
	*sdkmetric.ManualReader
	tracers *sdktrace.TracerProvider
	meters  *sdkmetric.MeterProvider
}

func record() recorded {
	spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	return recorded{
		spans, reader,
		sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
	}
}

// histograms are the data points of all metrics, by the name of the metric.
func (r recorded) histograms(t *testing.T) map[string][]metricdata.HistogramDataPoint[float64] {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.Collect(t.Context(), &all))
	points := map[string][]metricdata.HistogramDataPoint[float64]{}
	for _, scope := range all.ScopeMetrics {
		for _, metric := range scope.Metrics {
			histogram, ok := metric.Data.(metricdata.Histogram[float64])
			require.True(t, ok, metric.Name)
			assert.Equal(t, "s", metric.Unit, metric.Name)
			points[metric.Name] = histogram.DataPoints
		}
	}
	return points
}

// values are attributes as text.
func values(attributes ...attribute.KeyValue) map[string]string {
	texts := map[string]string{}
	for _, a := range attributes {
		texts[string(a.Key)] = a.Value.String()
	}
	return texts
}

func TestTriesAreChildrenOfTheWork(t *testing.T) {
	server, seen := webextest.NewServer(t), record()
	require.NoError(t, work(t.Context(), server, seen.tracers, seen.meters))
	spans := seen.Ended()
	root, tries := spans[len(spans)-1], spans[:len(spans)-1]
	assert.Equal(t, "block international calls", root.Name())
	assert.False(t, root.Parent().IsValid())
	assert.Equal(t, codes.Unset, root.Status().Code)

	var told []string
	calls := server.Calls()
	require.Len(t, tries, len(calls))
	for i, span := range tries {
		assert.Equal(t, root.SpanContext(), span.Parent())
		assert.Equal(t, trace.SpanKindClient, span.SpanKind())
		got := values(span.Attributes()...)
		assert.Equal(t, calls[i].Operation, got["webex.operation"])
		assert.Equal(t, calls[i].Path, got["url.path"])
		assert.Contains(t, got["webex.tracking_id"], "WEBEXTEST_")
		told = append(told, fmt.Sprintf("%s %s, %v %s, resent %q", span.Name(),
			got["http.response.status_code"], span.Status().Code, got["error.type"], got["http.request.resend_count"]))
	}
	assert.Equal(t, []string{
		`GET listLicenses 503, Error 503, resent ""`,
		`GET listLicenses 200, Unset , resent "1"`,
		`GET listDevices 200, Unset , resent ""`,
		`GET listDevices 200, Unset , resent ""`,
		`GET listDevices 200, Unset , resent ""`,
		`GET getPersonOutgoingPermissions 429, Error 429, resent ""`,
		`GET getPersonOutgoingPermissions 200, Unset , resent "1"`,
		`GET getLocationOutgoingPermissions 200, Unset , resent ""`,
		`PUT updatePersonOutgoingPermissions 204, Unset , resent ""`,
	}, told)
}

func TestMetricsCountEveryTry(t *testing.T) {
	server, seen := webextest.NewServer(t), record()
	require.NoError(t, work(t.Context(), server, seen.tracers, seen.meters))
	want, got := map[string]int{}, map[string]int{}
	for _, call := range server.Calls() {
		want[fmt.Sprintf("%s %s %d", call.Method, call.Operation, call.Status)]++
	}
	metrics := seen.histograms(t)
	for _, point := range metrics["http.client.request.duration"] {
		label := values(point.Attributes.ToSlice()...)
		key := strings.Join([]string{label["http.request.method"], label["webex.operation"], label["http.response.status_code"]}, " ")
		got[key] += int(point.Count)
		delete(label, "error.type")
		assert.Equal(t, strings.TrimPrefix(server.URL, "http://"), label["server.address"]+":"+label["server.port"]+"/v1")
		assert.Len(t, label, 5, "there are few time series only while there are few attributes")
		assert.Positive(t, point.Sum)
	}
	assert.Equal(t, want, got)
	assert.Equal(t, 1, got["GET listLicenses 503"])

	waits, waited := 0, map[string]float64{}
	for _, point := range metrics["webex.client.wait"] {
		label := values(point.Attributes.ToSlice()...)
		assert.Len(t, label, 1)
		waits += int(point.Count)
		waited[label["webex.operation"]] = point.Sum
	}
	assert.Equal(t, len(server.Calls()), waits)
	assert.GreaterOrEqual(t, waited["getPersonOutgoingPermissions"], 1.0, "it was asked to wait for a second")
	assert.Less(t, waited["listDevices"], 1.0)
}

func TestOutputTellsNoSecrets(t *testing.T) {
	const other = "token-of-the-environment"
	t.Setenv(api.EnvironmentToken, other)
	server := webextest.NewServer(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), server, &out))
	text, queries := out.String(), 0
	assert.Equal(t, len(server.Calls()), strings.Count(text, `"SpanKind": 3`))
	assert.Contains(t, text, "http.client.request.duration")
	for _, secret := range []string{server.Token, other, "Bearer", "?"} {
		assert.NotContains(t, text, secret)
	}
	for _, call := range server.Calls() {
		assert.Equal(t, server.Token, call.Token)
		for parameter := range strings.SplitSeq(call.Query, "&") {
			if parameter != "" {
				queries++
				assert.NotContains(t, text, parameter)
			}
		}
	}
	assert.Positive(t, queries)
}

func TestFailureOfTheWork(t *testing.T) {
	server, seen := webextest.NewServer(t), record()
	forbidden := webextest.Fault{Kind: webextest.FaultAnswer, Operation: "listLicenses", Status: http.StatusForbidden}
	require.NoError(t, server.Inject(forbidden))
	require.ErrorIs(t, work(t.Context(), server, seen.tracers, seen.meters), api.ErrForbidden)
	spans := seen.Ended()
	require.Len(t, spans, 2)
	assert.Equal(t, codes.Error, spans[0].Status().Code)
	assert.Equal(t, codes.Error, spans[1].Status().Code)
	assert.Contains(t, spans[1].Status().Description, "403")
}

func TestTryWithoutAnswer(t *testing.T) {
	seen := record()
	hooks, err := hooks(seen.tracers.Tracer(scope), seen.meters.Meter(scope))
	require.NoError(t, err)
	start := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	try := api.Try{
		Method: "GET", Host: "webexapis.com", Path: "/v1/people", Number: 1, OrganizationID: "O1", Start: start, TrackingID: "WXCGO_1",
	}
	ctx := hooks.BeforeTry(context.Background(), try)
	try.Duration, try.Err = time.Minute, fmt.Errorf("no answer: %w", errors.New("connection reset"))
	hooks.AfterTry(ctx, try)

	span := seen.Ended()[0]
	assert.Equal(t, "GET", span.Name())
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "no answer: connection reset"}, span.Status())
	assert.Equal(t, []time.Time{start, start.Add(time.Minute)}, []time.Time{span.StartTime(), span.EndTime()})
	assert.Equal(t, map[string]string{
		"http.request.method": "GET", "server.address": "webexapis.com", "server.port": "443", "url.path": "/v1/people",
		"webex.waited": "0", "webex.organization": "O1",
		"webex.tracking_id": "WXCGO_1", "error.type": "*errors.errorString",
	}, values(span.Attributes()...))
	points := seen.histograms(t)["http.client.request.duration"]
	require.Len(t, points, 1)
	assert.InDelta(t, 60, points[0].Sum, 0)
	assert.NotContains(t, values(points[0].Attributes.ToSlice()...), "http.response.status_code")
}
