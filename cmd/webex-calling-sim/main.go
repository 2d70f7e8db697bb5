// Webex-calling-sim serves a Webex Calling organization in memory, for programs in any language and for people who want to
// look around. See README.md.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/webex-calling/webex-calling-go/openapi"
	"github.com/webex-calling/webex-calling-go/webextest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	host, state, scopes, role string
	allowedHosts              string
	port, people, devices     int
	customers                 int
	pageSize, burst           int
	seed                      uint64
	rate                      float64
	latency                   time.Duration
	varied, lenient           bool
	stored, readOnlyTypes     bool
	rotate                    bool
	faults                    []webextest.Fault
}

func parse(args []string, output io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("webex-calling-sim", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&s.host, "host", "127.0.0.1", "`address` to listen on; another than of this machine lets everyone in")
	flags.StringVar(&s.allowedHosts, "allowed-hosts", "",
		"`list` of the names of this machine, with commas, if clients use others than localhost or an address")
	flags.IntVar(&s.port, "port", 0, "`port` to listen on; 0 is any that is free")
	flags.Uint64Var(&s.seed, "seed", 1, "`number` that the organization is made up from")
	flags.IntVar(&s.people, "people", 24, "`number` of persons")
	flags.IntVar(&s.devices, "devices", 250, "`number` of devices, up to a million and more")
	flags.IntVar(&s.customers, "customers", 0, "`number` of customers, each an organization of the same size, for orgId")
	flags.IntVar(&s.pageSize, "page-size", 100, "largest `number` of items on a page")
	s.addBehavior(flags)
	flags.StringVar(&s.scopes, "scopes", "", "`list` of the scopes that the caller holds, with commas; all of them if empty")
	flags.StringVar(&s.role, "role", "", "`role` of the caller: full, read-only, user, device or location")
	flags.Float64Var(&s.rate, "rate", 0, "calls in a second before 429 is answered; 0 is without limit")
	flags.IntVar(&s.burst, "burst", 0, "`number` of calls that may come at once, with -rate; one second's worth if 0")
	flags.DurationVar(&s.latency, "latency", 0, "time by which each answer is late")
	flags.StringVar(&s.state, "state", "", "`file` to start from, if it exists, and to keep the state in at the end")
	flags.Func("fault", `something that goes wrong, as in '{"kind":"answer","status":503,"times":2}'; may be repeated`,
		func(text string) error {
			fault, err := decodeFault(strings.NewReader(text))
			s.faults = append(s.faults, fault)
			return err
		})
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("webex-calling-sim: what is %q? There are only flags", flags.Arg(0))
	}
	return s, s.check()
}

// addBehavior adds the flags that choose how the organization behaves.
func (s *settings) addBehavior(flags *flag.FlagSet) {
	flags.BoolVar(&s.varied, "varied-ids", false, "have ids of one thing differ between endpoints")
	flags.BoolVar(&s.lenient, "lenient", false, "ignore query parameters and members that the document does not name")
	flags.BoolVar(&s.stored, "stored-entries-visible", false,
		"let reads of permissions return the entity's own entries while useCustomEnabled is off")
	flags.BoolVar(&s.readOnlyTypes, "read-only-call-types", false,
		"let reads of permissions return URL_DIALING, UNKNOWN and CASUAL as well")
	flags.BoolVar(&s.rotate, "rotate-refresh-tokens", false, "replace a refresh token each time it is exchanged")
}

// behavior returns the options that addBehavior has flags for.
func (s *settings) behavior() []webextest.Option {
	var options []webextest.Option
	for _, choice := range []struct {
		on     bool
		option func() webextest.Option
	}{
		{s.varied, webextest.WithVariedIDs},
		{s.lenient, webextest.Lenient},
		{s.stored, webextest.WithStoredEntriesVisible},
		{s.readOnlyTypes, webextest.WithReadOnlyCallTypes},
		{s.rotate, webextest.WithRotatingRefreshTokens},
	} {
		if choice.on {
			options = append(options, choice.option())
		}
	}
	return options
}

// roles are what -role takes.
var roles = []string{
	"", webextest.RoleFull, webextest.RoleReadOnly, webextest.RoleUser, webextest.RoleDevice, webextest.RoleLocation,
}

func (s settings) check() error {
	switch {
	case s.host == "":
		return errors.New("webex-calling-sim: -host is empty; to listen on every address, write 0.0.0.0")
	case strings.ContainsAny(s.allowedHosts, ":/"):
		return fmt.Errorf("webex-calling-sim: -allowed-hosts is %q; it must be names without a scheme or a port", s.allowedHosts)
	case s.port < 0 || s.port > 65535:
		return fmt.Errorf("webex-calling-sim: -port is %d; it must be from 0 to 65535", s.port)
	case s.people < 1 || s.devices < 0 || s.pageSize < 1 || s.customers < 0:
		return errors.New("webex-calling-sim: -people and -page-size must be at least 1, -devices and -customers at least 0")
	case s.rate < 0 || s.burst < 0 || s.latency < 0:
		return errors.New("webex-calling-sim: -rate, -burst and -latency must not be negative")
	case math.IsNaN(s.rate) || math.IsInf(s.rate, 0):
		return errors.New("webex-calling-sim: -rate must be a number")
	case s.burst > 0 && s.rate == 0:
		return errors.New("webex-calling-sim: -burst needs -rate")
	case !slices.Contains(roles, s.role):
		return fmt.Errorf("webex-calling-sim: -role is %q; it must be one of %s", s.role, strings.Join(roles[1:], ", "))
	}
	return s.checkScopes()
}

// checkScopes tells of scopes that no operation needs: they are misspelled.
func (s settings) checkScopes() error {
	if s.scopes == "" {
		return nil
	}
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		return fmt.Errorf("webex-calling-sim: %w", err)
	}
	known := document.Components.SecuritySchemes["oauth2"].Value.Flows.AuthorizationCode.Scopes
	for _, scope := range s.access().Scopes {
		if _, ok := known[scope]; !ok {
			return fmt.Errorf("webex-calling-sim: -scopes has %q, which the document does not know", scope)
		}
	}
	return nil
}

func decodeFault(from io.Reader) (webextest.Fault, error) {
	var fault webextest.Fault
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&fault); err != nil {
		return fault, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fault, errors.New("there is more after the fault")
	}
	return fault, nil
}

// run serves until the context ends.
func run(ctx context.Context, args []string, output, problems io.Writer) error {
	s, err := parse(args, problems)
	if err != nil {
		return err
	}
	organization, token, err := s.start()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return fmt.Errorf("webex-calling-sim: -host and -port: %w", err)
	}
	root := "http://" + listener.Addr().String()
	if address, ok := listener.Addr().(*net.TCPAddr); ok && !address.IP.IsLoopback() {
		_, _ = fmt.Fprintln(problems, "Everyone who reaches this machine can use the organization and its administration.")
	}
	s.introduce(output, root, token, organization)
	defer context.AfterFunc(ctx, organization.Close)() // It ends what a fault keeps waiting.
	if err := serve(ctx, listener, newHandler(token, organization, s.names())); err != nil {
		return err
	}
	if s.state != "" {
		return organization.State().Save(s.state)
	}
	return nil
}

func (s settings) access() webextest.Access {
	access := webextest.Access{Role: s.role}
	if s.scopes != "" {
		access.Scopes = strings.Split(s.scopes, ",")
	}
	return access
}

// names returns the names that a Host header may have beside localhost.
func (s settings) names() []string {
	return strings.FieldsFunc(strings.ToLower(s.host+","+s.allowedHosts), func(r rune) bool { return r == ',' || r == ' ' })
}

// start makes the organization, and the token that is told.
func (s settings) start() (organization *webextest.Server, token string, err error) {
	options := []webextest.Option{
		webextest.WithSeed(s.seed), webextest.WithPeople(s.people), webextest.WithDevices(s.devices),
		webextest.WithPageSize(s.pageSize), webextest.WithLatency(s.latency),
	}
	options = append(options, s.behavior()...)
	if s.rate > 0 {
		options = append(options, webextest.WithRateLimit(s.rate, cmp.Or(s.burst, max(1, int(s.rate)))))
	}
	state, err := s.load()
	if err != nil {
		return nil, "", fmt.Errorf("webex-calling-sim: -state: %w", err)
	}
	organization = webextest.New(append(options, state...)...)
	if state == nil {
		for i := range s.customers {
			organization.AddCustomer(fmt.Sprintf("Customer %d", i+1))
		}
	}
	token = organization.Token
	if s.scopes != "" || s.role != "" || token == "" {
		token = s.token(organization)
	}
	if !slices.ContainsFunc(organization.State().RefreshTokens, s.renewable) {
		organization.NewRefreshToken(s.access())
	}
	organization = webextest.New(append(options, webextest.WithState(organization.State()))...) // A reset keeps all of this.
	if err := organization.Inject(s.faults...); err != nil {
		return nil, "", fmt.Errorf("webex-calling-sim: -fault: %w", err)
	}
	return organization, token, nil
}

// token returns a token with the access of the flags: one of the state, or a new one.
func (s settings) token(organization *webextest.Server) string {
	tokens := organization.State().Tokens
	for _, token := range slices.Sorted(maps.Keys(tokens)) {
		if reflect.DeepEqual(tokens[token], s.access()) {
			return token
		}
	}
	return organization.NewToken(s.access())
}

// renewable reports whether a refresh token has the access of the flags.
func (s settings) renewable(refresh webextest.RefreshToken) bool {
	return reflect.DeepEqual(refresh.Access, s.access())
}

// load returns the state of the file, or nil if there is no file to start from.
func (s settings) load() ([]webextest.Option, error) {
	if s.state == "" {
		return nil, nil
	}
	state, err := webextest.LoadState(s.state)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat(filepath.Dir(s.state)) // At the end it would be too late to find that out.
		return nil, err
	}
	return []webextest.Option{webextest.WithState(state)}, err
}

// introduce says where to begin. Other programs read the first two lines.
func (s settings) introduce(output io.Writer, root, token string, organization *webextest.Server) {
	_, _ = fmt.Fprintf(output, "API: %s/v1\nToken: %s\n\n", root, token)
	_, _ = fmt.Fprintf(output, "Reference, to be tried: %s/\nDocument: %s/openapi.yaml\n", root, root)
	state := organization.State()
	if i := slices.IndexFunc(state.RefreshTokens, s.renewable); i >= 0 {
		refresh := state.RefreshTokens[i]
		_, _ = fmt.Fprintf(output, "Renewal: grant_type=refresh_token&client_id=%s&client_secret=%s&refresh_token=%s\n",
			refresh.ClientID, refresh.ClientSecret, refresh.Token)
	}
	_, _ = fmt.Fprintf(output, "\nIds worth trying:\n")
	line := func(kind, name, id string) { _, _ = fmt.Fprintf(output, "  %-13s %-30s %s\n", kind, name, id) }
	if len(state.People) > 0 {
		line("person", state.People[0].DisplayName, state.People[0].ID)
	}
	if len(state.Workspaces) > 0 {
		line("workspace", state.Workspaces[0].DisplayName, state.Workspaces[0].ID)
	}
	if len(state.Locations) > 0 {
		line("location", state.Locations[0].Name, state.Locations[0].ID)
	}
	if len(state.VirtualLines) > 0 {
		line("virtual line", state.VirtualLines[0].DisplayName, state.VirtualLines[0].ID)
	}
	if len(state.Licenses) > 0 {
		line("license", state.Licenses[0].Name, state.Licenses[0].ID)
	}
	for _, customer := range state.Customers {
		line("customer", customer.Name, customer.ID)
	}
	for device := range organization.Devices() {
		line("device", device.Product, device.ID)
		break
	}
}

const (
	// graceful is the longest time that the program waits at its end for requests under way.
	graceful = time.Second
	// headerTimeout and readTimeout are the longest times for the header of a request and for all of it.
	headerTimeout, readTimeout = 10 * time.Second, 30 * time.Second
	// idleTimeout is how long a connection is kept for another request.
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }() // It ends when the server is shut down or closed.
	select {
	case err := <-served:
		return fmt.Errorf("webex-calling-sim: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
	defer cancel()
	if server.Shutdown(ending) != nil {
		_ = server.Close() // What a fault has stalled would never end.
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("webex-calling-sim: %w", err)
	}
	return nil
}
