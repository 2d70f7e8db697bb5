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
// service was seen to allow, that of the answers between the two, and raises it little by little. It measures only while
// calls are waiting: otherwise the pace is theirs and not that of the service.
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
	paced    time.Time // When the pace was changed last.

	refused time.Time // When the last wait was asked for.
	answers int       // Since then.
	crowded bool      // Whether calls have been waiting all the time since then.
}

const (
	// caution keeps the pace below the measured one, since some of the answers belong to the time before.
	caution = 0.98
	// boldness is the part by which the pace rises in a second, so that it doubles in some three minutes.
	boldness = 0.005
)

func newGate(limit int, ceiling rate.Limit) *gate {
	return &gate{limit: limit, window: limit, ceiling: ceiling, pace: rate.NewLimiter(ceiling, 1)}
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
		g.window = min(g.window+1, g.limit)
		rise := 1 + boldness*now.Sub(g.paced).Seconds()
		g.pace.SetLimitAt(now, min(g.pace.Limit()*rate.Limit(rise), g.ceiling))
		g.paced = now
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
	if g.crowded && g.answers > 0 {
		g.keepPace(now, float64(g.answers)/now.Sub(g.refused).Seconds(), wait)
	}
	g.opens, g.window = opens, 1
	g.refused, g.answers, g.crowded = now, 0, true
}

// keepPace holds calls to a pace. As the service does, it lets those pass at once that could have passed while all waited.
func (g *gate) keepPace(now time.Time, perSecond float64, wait time.Duration) {
	pace := min(rate.Limit(perSecond*caution), g.ceiling)
	saved := max(1, int(min(float64(pace)*wait.Seconds(), math.MaxInt32)))
	g.pace = rate.NewLimiter(pace, saved)
	g.pace.ReserveN(now, saved) // Nothing is left at the moment of a refusal.
	g.paced = now
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
