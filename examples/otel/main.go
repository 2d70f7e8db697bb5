// Otel shows the traces and metrics of a program that uses the library, with OpenTelemetry. It needs neither an account nor a
// collector: it works on an organization in memory, which fails a little, and prints spans and metrics when it has done.
//
// It is a module of its own, so that the library does not depend on OpenTelemetry. Run it with
//
//	go run -C examples/otel .
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// scope says in every span and metric what it is about.
const scope = "github.com/webex-calling/webex-calling-go"

func main() {
	log.SetFlags(0)
	server := webextest.Start()
	err := run(context.Background(), server, os.Stdout)
	server.Close()
	if err != nil {
		log.Fatal(err)
	}
}

// run does the work, and prints what was seen of it.
func run(ctx context.Context, server *webextest.Server, out io.Writer) error {
	// A program that has a collector puts other exporters in place of these two.
	spans, err := stdouttrace.New(stdouttrace.WithWriter(out), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	metrics, err := stdoutmetric.New(stdoutmetric.WithWriter(out), stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	program := resource.NewWithAttributes(semconv.SchemaURL, semconv.ServiceName("lockdown"))
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(program))
	meters := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)), sdkmetric.WithResource(program))
	err = work(ctx, server, tracers, meters)
	return errors.Join(err, tracers.Shutdown(ctx), meters.Shutdown(ctx)) // What was not exported yet is exported now.
}

// work is a unit of work under a span of its own, of which the tries are children.
func work(
	ctx context.Context, server *webextest.Server, tracers trace.TracerProvider, meters metric.MeterProvider,
) error {
	tracer := tracers.Tracer(scope)
	hooks, err := hooks(tracer, meters.Meter(scope))
	if err != nil {
		return err
	}
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL), api.WithHooks(hooks))
	if err != nil {
		return err
	}
	if err := breakALittle(server); err != nil {
		return err
	}
	ctx, span := tracer.Start(ctx, "block international calls")
	defer span.End()
	if err := blockInternational(ctx, client, server.People()[0]); err != nil {
		span.SetStatus(codes.Error, err.Error())
		return err
	}
	return nil
}

// breakALittle has two calls fail once, so that there are tries to see.
func breakALittle(server *webextest.Server) error {
	broken := webextest.Fault{
		Kind: webextest.FaultAnswer, Operation: "listLicenses", Times: 1, Status: http.StatusServiceUnavailable,
	}
	tooMany := webextest.TooManyRequests("1")
	tooMany.Operation, tooMany.Times = "getPersonOutgoingPermissions", 1
	return server.Inject(broken, tooMany)
}

// blockInternational looks at licenses and phones, and blocks international calls of a person.
func blockInternational(ctx context.Context, client *api.Client, person webextest.Person) error {
	if _, err := client.Licenses.List(ctx); err != nil {
		return err
	}
	// Each page is a call, and so a span, of its own.
	for _, err := range client.Devices.List(ctx, api.ListDevicesParams{Type: api.DeviceTypePhone}) {
		if err != nil {
			return err
		}
	}
	outgoing := client.OutgoingPermissions.Person(person.ID)
	settings, err := outgoing.Get(ctx)
	if err != nil {
		return err
	}
	location, err := client.OutgoingPermissions.Location(person.LocationID).Get(ctx)
	if err != nil {
		return err
	}
	settings.StartFrom(location)
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	return outgoing.Update(ctx, settings)
}
