package api

import (
	"container/list"
	"context"
	"fmt"
	"math"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// gates are the gates of one token. The service has limits of its own for each part of the API, so each has a gate.
type gates struct {
	basePath string
	limit    int
	rate     rate.Limit

	mu       sync.Mutex
	byFamily map[string]*gate
}

func newGates(base *url.URL, limit int, rate rate.Limit) *gates {
	return &gates{basePath: base.Path, limit: limit, rate: rate, byFamily: map[string]*gate{}}
}

// of is the gate of an address.
func (g *gates) of(u *url.URL) *gate {
	family := familyOf(strings.TrimPrefix(u.Path, g.basePath))
	g.mu.Lock()
	defer g.mu.Unlock()
	found, ok := g.byFamily[family]
	if !ok {
		found = newGate(g.limit, g.rate)
		g.byFamily[family] = found
	}
	return found
}

// familyOf is the part of the API that a path belongs to: its first segment, and the third in /telephony/config.
func familyOf(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if len(segments) > 2 && segments[0] == "telephony" {
		return strings.Join(segments[:3], "/")
	}
	return segments[0]
}

// gate keeps calls back: those that would be too many at once, and all of them while the service has asked to wait. They
// pass in the order in which they came.
//
// Behind a wait it lets one call pass, then one more with each answer. From the second refusal on it keeps the pace that the
// service was seen to allow, that of the answers since the first, and raises it as long as none is refused: hardly in the
// first seconds, then ever faster. It measures only while calls are waiting: otherwise the pace is theirs and not that of the
// service.
type gate struct {
	limit   int
	ceiling rate.Limit

	mu       sync.Mutex
	waiting  list.List // Of chan struct{}, closed when the call may go.
	timer    *time.Timer
	underWay int
	window   int // How many may be under way now; it grows up to limit.
	opens    time.Time
	pace     *rate.Limiter

	refused time.Time  // When a wait was asked for last.
	allowed rate.Limit // The pace at that time.

	crowded bool // Whether calls have been waiting all the time since a refusal, at:
	since   time.Time
	answers float64 // Since then.
}

const (
	// caution keeps the pace below the measured one, since some of the answers belong to the time before.
	caution = 0.98
	// doubling is the time without a refusal after which the pace is twice the measured one.
	doubling = 30 * time.Second
	// memory is the time that a measurement goes back, more or less.
	memory = time.Minute
)

func newGate(limit int, ceiling rate.Limit) *gate {
	return &gate{limit: limit, window: limit, ceiling: ceiling, allowed: ceiling, pace: rate.NewLimiter(ceiling, 1)}
}

// enter waits until a call may be sent. Whoever entered must leave.
func (g *gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if deadline, ok := ctx.Deadline(); ok && g.opens.After(deadline) {
		opens := g.opens
		g.mu.Unlock()
		return fmt.Errorf("not sent, since the service asked to wait until %s and the context ends before: %w, %w",
			opens.Format(time.RFC3339), wrappers.ErrTooManyRequests, context.DeadlineExceeded)
	}
	turn := make(chan struct{})
	place := g.waiting.PushBack(turn)
	g.admit()
	g.crowded = g.crowded && g.waiting.Len() > 0
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.abandon(turn, place)
		return ctx.Err()
	}
}

// abandon takes a call out of the queue, or back out of the gate if its turn had just come.
func (g *gate) abandon(turn chan struct{}, place *list.Element) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn:
		g.underWay--
	default:
		g.waiting.Remove(place)
	}
	g.admit()
}

// leave ends a call. refused is how long the service asks to wait, if it refused the call because there are too many.
func (g *gate) leave(refused time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.underWay--
	if refused > 0 {
		g.close(now, refused)
	} else {
		g.answers++
		if !now.Before(g.opens) { // The answers to those that were under way before say nothing of the time after.
			g.window = min(g.window+1, g.limit)
		}
		rise := math.Pow(float64(now.Sub(g.refused))/float64(doubling), 3)
		g.pace.SetLimitAt(now, min(g.allowed*rate.Limit(1+rise), g.ceiling))
	}
	g.admit()
}

// close lets no call pass for a time. Calls that were under way when the first was refused are mostly refused as well; they
// say nothing new but, perhaps, a longer time.
func (g *gate) close(now time.Time, wait time.Duration) {
	opens := now.Add(wait)
	if now.Before(g.opens) {
		if opens.After(g.opens) {
			g.opens = opens
		}
		return
	}
	g.opens, g.window, g.refused = opens, 1, now
	if !g.crowded {
		g.crowded, g.since, g.answers = true, now, 0
		return
	}
	elapsed := now.Sub(g.since)
	if g.answers > 0 {
		g.keepPace(now, rate.Limit(caution*g.answers/elapsed.Seconds()), wait)
	}
	if elapsed > memory {
		g.since, g.answers = now.Add(-elapsed/2), g.answers/2
	}
}

// keepPace holds calls to a pace. As the service does, it lets those pass at once that could have passed while all waited.
func (g *gate) keepPace(now time.Time, pace rate.Limit, wait time.Duration) {
	g.allowed = min(pace, g.ceiling)
	saved := int(max(1, min(float64(g.allowed)*wait.Seconds(), math.MaxInt32)))
	g.pace = rate.NewLimiter(g.allowed, saved)
	g.pace.ReserveN(now, saved) // Nothing is left at the moment of a refusal.
}

// admit lets the calls pass whose turn it is, and comes again when that of the next one has come.
func (g *gate) admit() {
	now := time.Now()
	for g.waiting.Len() > 0 && g.underWay < g.window {
		if wait := g.delay(now); wait > 0 {
			g.comeAgain(wait)
			return
		}
		close(g.waiting.Remove(g.waiting.Front()).(chan struct{}))
		g.underWay++
	}
	if g.timer != nil {
		g.timer.Stop()
	}
}

// delay is how long the next call has to wait for its turn; if not at all, the turn is taken.
func (g *gate) delay(now time.Time) time.Duration {
	if wait := g.opens.Sub(now); wait > 0 {
		return wait
	}
	turn := g.pace.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

func (g *gate) comeAgain(wait time.Duration) {
	if g.timer != nil {
		g.timer.Reset(wait)
		return
	}
	g.timer = time.AfterFunc(wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.admit()
	})
}
