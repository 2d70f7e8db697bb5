package webextest

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Option sets one thing about a [Server].
type Option func(*config)

type config struct {
	seed      uint64
	people    int
	devices   int
	pageSize  int
	variedIDs bool
	trial     bool
	lenient   bool

	readOnlyCallTypes bool
	rotateRefresh     bool

	storedVisible bool

	latency     time.Duration
	rate        rate.Limit
	burst       int
	jobDuration time.Duration
	clock       func() time.Time
	state       *State
}

// WithSeed sets what names and ids are made up from, 1 if not given. The same seed makes the same organization.
func WithSeed(seed uint64) Option {
	return func(c *config) { c.seed = seed }
}

// WithPeople sets the number of persons in the organization, 24 if not given; there is at least one.
func WithPeople(count int) Option {
	return func(c *config) { c.people = max(1, count) }
}

// WithDevices sets the number of devices in the organization, 250 if not given. They are made up when they are asked for, so
// there may be a million.
func WithDevices(count int) Option {
	return func(c *config) { c.devices = max(0, count) }
}

// WithPageSize sets the largest number of items on a page of any list, 100 if not given.
func WithPageSize(size int) Option {
	return func(c *config) { c.pageSize = max(1, size) }
}

// WithVariedIDs has the ids of persons, workspaces and locations differ between endpoints, as those of the service do: in
// cluster, case and padding.
func WithVariedIDs() Option {
	return func(c *config) { c.variedIDs = true }
}

// WithTrial makes it a trial organization, in which calls abroad and to premium services are restricted.
func WithTrial() Option {
	return func(c *config) { c.trial = true }
}

// WithStoredEntriesVisible makes reads of outgoing permissions return the entity's own stored entries at all times. Without this
// option they return the values of the location while UseCustomEnabled is off, which is what other clients observed. Neither
// behavior is verified, so test programs under both.
func WithStoredEntriesVisible() Option {
	return func(c *config) { c.storedVisible = true }
}

// WithReadOnlyCallTypes adds URL_DIALING, UNKNOWN and CASUAL to the call types of the organization. They were seen in responses
// of 2022; newer responses do not have them. An update of them is rejected with or without this option. They are part of the
// state, so the option has no effect on a state of [WithState].
func WithReadOnlyCallTypes() Option {
	return func(c *config) { c.readOnlyCallTypes = true }
}

// Lenient makes the server ignore query parameters and members of bodies that the OpenAPI document does not name, as most servers
// do. Without this option they are rejected with 400, which finds misspelled names.
func Lenient() Option {
	return func(c *config) { c.lenient = true }
}

// WithRotatingRefreshTokens replaces a refresh token each time it is exchanged. The former one is rejected from then on.
func WithRotatingRefreshTokens() Option {
	return func(c *config) { c.rotateRefresh = true }
}

// WithLatency has every answer come so much later.
func WithLatency(latency time.Duration) Option {
	return func(c *config) { c.latency = latency }
}

// WithRateLimit answers 429 with Retry-After when a token has made burst calls and more than perSecond in each second since.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *config) { c.rate, c.burst = rate.Limit(perSecond), burst }
}

// WithJobDuration sets how long device settings jobs take, a second if not given.
func WithJobDuration(duration time.Duration) Option {
	return func(c *config) { c.jobDuration = duration }
}

// WithClock makes the organization use another clock than [time.Now]: for jobs, codes and tokens that expire, and times of
// creation. The server never calls now twice at the same time.
func WithClock(now func() time.Time) Option {
	var mu sync.Mutex
	return func(c *config) {
		c.clock = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now()
		}
	}
}

// WithState starts with a state instead of one that is made up; the options for size and seed have no meaning then.
func WithState(state State) Option {
	return func(c *config) { c.state = &state }
}
