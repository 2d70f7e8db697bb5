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
		found = newGate(family, g.limit, g.rate)
		g.byFamily[family] = found
	}
	return found
}

// familyOf is the part of the API that a path belongs to: its first segment, and the third in /telephony/config.
func familyOf(path string) string {
	path = strings.Trim(path, "/")
	if part, ok := strings.CutPrefix(path, "telephony/config/"); ok {
		first, _, _ := strings.Cut(part, "/")
		return "telephony/config/" + first
	}
	first, _, _ := strings.Cut(path, "/")
	return first
}

// gate keeps calls back: those that would be too many at once, and all of them while the service has asked to wait. They
// pass in the order in which they came.
//
// Behind a wait it lets one call pass, then one more with each answer. From the second refusal on it keeps the pace that the
// service was seen to allow, that of the answers since the first, and raises it as long as none is refused: hardly in the
// first seconds, then ever faster. It measures only while calls are waiting: otherwise the pace is theirs and not that of the
// service.
type gate struct {
	family  string
	limit   int
	ceiling rate.Limit

	mu      sync.Mutex
	waiting list.List // Of *waiter.
	timer   *time.Timer
	opens   time.Time
	window  int // How many may be under way now; it grows up to limit.
	// under are the calls under way, late those of them that began before the last refusal. These do not fill the window:
	// one that hangs would keep it shut.
	under, late int
	// rounds counts the refusals that closed the gate.
	rounds int

	pace    *rate.Limiter
	refused time.Time     // When a wait was asked for last.
	wait    time.Duration // How long it was.
	allowed rate.Limit    // The pace at that time.

	crowded bool // Whether calls have been waiting all the time since a refusal, at:
	since   time.Time
	answers float64 // Since then.
	fresh   bool    // Whether any of them came after the last refusal.
}

// waiter is a call that waits for its turn. Its error comes in place of a turn that would come too late.
type waiter struct {
	turn     chan error
	deadline time.Time // Zero for none.
	admitted bool
	round    int // That in which it was admitted.
}

const (
	// caution keeps the first pace below the measured one, since some of the answers belong to the time before.
	caution = 0.98
	// doubling is the time without a refusal after which the pace is twice the measured one: so many times the wait that the
	// service asked for, and at most longestDoubling.
	doubling        = 30
	longestDoubling = 30 * time.Second
	// memory is the time that a measurement goes back, more or less.
	memory = 10 * time.Second
	// slowest is the least pace: what is slower than a call in a second is left to the waits that the service asks for.
	slowest = rate.Limit(1)
)

func newGate(family string, limit int, ceiling rate.Limit) *gate {
	return &gate{
		family: family, limit: limit, window: limit, ceiling: ceiling, allowed: ceiling, wait: 1, pace: rate.NewLimiter(ceiling, 1),
	}
}

// enter waits until a call may be sent. Whoever entered must leave, and say in which round they entered.
func (g *gate) enter(ctx context.Context) (round int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	w := &waiter{turn: make(chan error, 1)}
	w.deadline, _ = ctx.Deadline()
	g.mu.Lock()
	if w.isTooLate(g.opens) {
		defer g.mu.Unlock()
		return 0, g.tooLate()
	}
	place := g.waiting.PushBack(w)
	g.admit()
	g.crowded = g.crowded && g.waiting.Len() > 0
	g.mu.Unlock()
	select {
	case err = <-w.turn:
		if err == nil && ctx.Err() != nil { // Both at once: the turn goes back.
			g.leave(w.round)
			err = ctx.Err()
		}
	case <-ctx.Done():
		g.abandon(w, place)
		err = ctx.Err()
	}
	return w.round, err
}

// abandon takes a call out of the queue, or back out of the gate if its turn has just come.
func (g *gate) abandon(w *waiter, place *list.Element) {
	g.mu.Lock()
	g.waiting.Remove(place)
	admitted := w.admitted
	g.admit()
	g.mu.Unlock()
	if admitted {
		g.leave(w.round)
	}
}

// isTooLate tells whether a call cannot wait until then.
func (w *waiter) isTooLate(opens time.Time) bool {
	return !w.deadline.IsZero() && opens.After(w.deadline)
}

func (g *gate) tooLate() error {
	return fmt.Errorf("not sent, since the service asked to wait until %s and the context ends before: %w, %w",
		g.opens.Format(time.RFC3339), wrappers.ErrTooManyRequests, context.DeadlineExceeded)
}

// leave ends a call that entered in a round.
func (g *gate) leave(round int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.under--
	if round != g.rounds {
		g.late--
	}
	g.admit()
}

// answered notes that the service took a call.
func (g *gate) answered() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.answers++
	if now.Before(g.opens) { // An answer to a call that was under way before says nothing of the time after.
		return
	}
	g.fresh = true
	if g.window < g.limit {
		g.window++
	}
	rise := math.Pow(float64(now.Sub(g.refused))/float64(min(doubling*g.wait, longestDoubling)), 3)
	g.pace.SetLimitAt(now, min(g.allowed*rate.Limit(1+rise), g.ceiling))
}

// close lets no call pass for a time, since the service refused one. Calls that were under way then are mostly refused as
// well; they say nothing new but, perhaps, a longer time. It tells whether the gate was open.
func (g *gate) close(wait time.Duration) (first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	first = !now.Before(g.opens)
	if opens := now.Add(wait); opens.After(g.opens) {
		g.opens = opens
		g.release()
	}
	if !first {
		return false
	}
	g.refused, g.wait, g.window, g.late = now, wait, 1, g.under
	g.rounds++
	g.measure(now, wait)
	return true
}

// release lets the calls go that cannot wait until the gate opens.
func (g *gate) release() {
	for place := g.waiting.Front(); place != nil; {
		w, next := place.Value.(*waiter), place.Next()
		if w.isTooLate(g.opens) {
			g.waiting.Remove(place)
			w.turn <- g.tooLate()
		}
		place = next
	}
}

// measure learns from a refusal what the service allows. Without any answer since the one before there is nothing to learn.
func (g *gate) measure(now time.Time, wait time.Duration) {
	elapsed := now.Sub(g.since)
	if !g.crowded || !g.fresh {
		g.crowded, g.since, g.answers = true, now, 0
		return
	}
	g.fresh = false
	measured := rate.Limit(g.answers / elapsed.Seconds())
	if g.allowed == g.ceiling {
		measured *= caution
	}
	g.keepPace(now, measured, wait)
	if elapsed > memory {
		g.since, g.answers = now.Add(-elapsed/2), g.answers/2
	}
}

// keepPace holds calls to a pace. As the service does, it lets those pass at once that could have passed while all waited;
// not so if the user asked for an even rate.
func (g *gate) keepPace(now time.Time, pace rate.Limit, wait time.Duration) {
	g.allowed = min(max(pace, slowest), g.ceiling)
	saved := 1
	if g.ceiling == rate.Inf {
		saved = int(max(1, min(float64(g.allowed)*wait.Seconds(), math.MaxInt32)))
	}
	g.pace = rate.NewLimiter(g.allowed, saved)
	g.pace.ReserveN(now, saved) // Nothing is left at the moment of a refusal.
}

// admit lets the calls pass whose turn it is, and comes again when that of the next one has come.
func (g *gate) admit() {
	now := time.Now()
	for g.waiting.Len() > 0 && g.under < g.limit && g.under-g.late < g.window {
		if wait := g.delay(now); wait > 0 {
			g.comeAgain(wait)
			return
		}
		w := g.waiting.Remove(g.waiting.Front()).(*waiter)
		w.admitted, w.round = true, g.rounds
		w.turn <- nil
		g.under++
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
