package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/webex-calling/webex-calling-go/api"
)

const operationKey = attribute.Key("webex.operation")

// hooks makes a span of each try, a child of the span that the caller's context has, and counts and times the tries. This
// file is all that a program needs to have the same.
func hooks(tracer trace.Tracer, meter metric.Meter) (api.Hooks, error) {
	durations, err := httpconv.NewClientRequestDuration(meter)
	if err != nil {
		return api.Hooks{}, err
	}
	waits, err := meter.Float64Histogram("webex.client.wait", metric.WithUnit("s"),
		metric.WithDescription("Time that a try was kept back before, by the limits of the client or to repeat a call."),
		metric.WithExplicitBucketBoundaries(0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300))
	if err != nil {
		return api.Hooks{}, err
	}
	return api.Hooks{
		BeforeTry: func(ctx context.Context, try api.Try) context.Context {
			ctx, _ = tracer.Start(ctx, strings.TrimSpace(try.Method+" "+try.Operation), // A path has ids: too many names.
				trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(try.Start), trace.WithAttributes(request(try)...))
			return ctx
		},
		AfterTry: func(ctx context.Context, try api.Try) {
			operation := operationKey.String(try.Operation)
			waits.Record(ctx, try.Wait.Seconds(), metric.WithAttributes(operation))
			// Neither path, organization nor tracking id: each value of an attribute is a time series of its own.
			labels := append(append(service(try), outcome(try)...), operation)
			durations.RecordSet(ctx, try.Duration.Seconds(), attribute.NewSet(labels...))
			end(trace.SpanFromContext(ctx), try)
		},
	}, nil
}

// service is what is asked of whom.
func service(try api.Try) []attribute.KeyValue {
	host := url.URL{Host: try.Host}
	attributes := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(try.Method),
		semconv.ServerAddress(host.Hostname()),
	}
	if port, err := strconv.Atoi(cmp.Or(host.Port(), "443")); err == nil {
		attributes = append(attributes, semconv.ServerPort(port))
	}
	return attributes
}

// request is what is known before a try.
func request(try api.Try) []attribute.KeyValue {
	attributes := append(service(try), semconv.URLPath(try.Path), attribute.Float64("webex.waited", try.Wait.Seconds()))
	if try.Operation != "" {
		attributes = append(attributes, operationKey.String(try.Operation))
	}
	if try.OrganizationID != "" {
		attributes = append(attributes, attribute.String("webex.organization", try.OrganizationID))
	}
	if try.Number > 1 {
		attributes = append(attributes, semconv.HTTPRequestResendCount(try.Number-1))
	}
	return attributes
}

// outcome is how a try ended.
func outcome(try api.Try) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if try.StatusCode != 0 {
		attributes = append(attributes, semconv.HTTPResponseStatusCode(try.StatusCode))
	}
	switch {
	case try.Err != nil: // Also with a status of success, if the body broke off.
		attributes = append(attributes, semconv.ErrorType(try.Err))
	case try.StatusCode >= http.StatusBadRequest:
		attributes = append(attributes, semconv.ErrorTypeKey.String(strconv.Itoa(try.StatusCode)))
	}
	return attributes
}

// end ends the span of a try.
func end(span trace.Span, try api.Try) {
	span.SetAttributes(outcome(try)...)
	span.SetAttributes(attribute.String("webex.tracking_id", try.TrackingID)) // That of the answer, which Cisco support asks for.
	switch {
	case try.Err != nil:
		span.SetStatus(codes.Error, try.Err.Error())
	case try.StatusCode >= http.StatusBadRequest:
		span.SetStatus(codes.Error, "") // The status code says it all.
	}
	span.End(trace.WithTimestamp(try.Start.Add(try.Duration)))
}
