package api

import (
	"context"
	"fmt"
	"net/http"
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

// gate keeps calls back: those that would be too many at once, and all of them while the server has asked to wait. They pass
// in the order of the queue and at the pace of the gate.
//
// A refusal begins a new round. After the wait one call passes, then one more with each response to a call of the round. If all
// that pass are refused again, three times as many pass after the next wait, so that a few refusals cost few waits.
type gate struct {
	family string
	limit  int

	mu      sync.Mutex
	waiting queue
	pace    pace
	timer   *time.Timer
	opens   time.Time
	window  int  // The number of calls that may be under way now; it grows up to limit.
	first   int  // The window at the beginning of the round.
	passed  bool // Whether the server accepted a call of the round.
	// moved is when the window or the calls in it last changed. After patience the window grows by one, since a call in it may
	// hang.
	moved time.Time
	// under are the calls under way, late those of them that began in an earlier round. These do not fill the window: one
	// that hangs would keep it shut.
	under, late int
	round       int
}

// patience is how long the calls of a round may take before another one passes without their responses.
const patience = 10 * time.Second

func newGate(family string, limit int, ceiling rate.Limit) *gate {
	return &gate{family: family, limit: limit, window: limit, passed: true, waiting: newQueue(), pace: newPace(ceiling)}
}

// insideKey is the context key of the *waiter that is under way at a gate.
type insideKey struct{ gate *gate }

// inside returns the request of a call that has entered. Hooks get its context, so that enter recognizes the calls they make.
func (g *gate) inside(req *http.Request, w *waiter) *http.Request {
	return req.WithContext(context.WithValue(req.Context(), insideKey{g}, w))
}

// enter waits until a call for an organization may be sent. A call that has entered must leave.
func (g *gate) enter(ctx context.Context, organization string) (*waiter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if outer, ok := ctx.Value(insideKey{g}).(*waiter); ok && !outer.left.Load() {
		return nil, fmt.Errorf("not sent: it was made in a hook of a call to the same part of the API, /%s, and could wait forever "+
			"for that call to end", g.family)
	}
	w := &waiter{turn: make(chan error, 1)}
	w.deadline, _ = ctx.Deadline()
	if err := g.queueUp(organization, w); err != nil {
		return nil, err
	}
	var err error
	select {
	case err = <-w.turn:
		if err == nil && ctx.Err() != nil { // Both at once: the turn goes back.
			g.leave(w)
			err = ctx.Err()
		}
	case <-ctx.Done():
		g.abandon(w)
		err = ctx.Err()
	}
	return w, err
}

// queueUp puts a call into the queue, unless its turn would come too late.
func (g *gate) queueUp(organization string, w *waiter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting.push(organization, w)
	if err := g.tooLate(w, time.Now(), g.waiting.ahead(w)); err != nil {
		g.waiting.remove(w)
		return err
	}
	g.admit()
	g.pace.crowded = g.pace.crowded && g.waiting.length > 0
	return nil
}

// abandon takes a call out of the queue, or back out of the gate if its turn has just come.
func (g *gate) abandon(w *waiter) {
	g.mu.Lock()
	g.waiting.remove(w)
	admitted := w.admitted
	g.admit()
	g.mu.Unlock()
	if admitted {
		g.leave(w)
	}
}

// tooLate returns an error if the turn of a call with so many calls ahead of it comes after its deadline, as far as that is
// known.
func (g *gate) tooLate(w *waiter, now time.Time, ahead int) error {
	if w.deadline.IsZero() {
		return nil
	}
	if g.opens.After(w.deadline) {
		return fmt.Errorf("not sent, since the service asked to wait until %s and the context ends before: %w, %w",
			g.opens.Format(time.RFC3339), wrappers.ErrTooManyRequests, context.DeadlineExceeded)
	}
	from := now
	if g.opens.After(now) {
		from = g.opens
	}
	if turn := g.pace.earliest(from, ahead); turn.After(w.deadline) {
		return fmt.Errorf("not sent, since WithRate allows it at %s and the context ends before: %w",
			turn.Format(time.RFC3339), context.DeadlineExceeded)
	}
	return nil
}

// leave ends a call that has entered.
func (g *gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.left.Store(true)
	g.under--
	if w.round != g.round {
		g.late--
	}
	g.admit()
}

// answered notes that the server accepted a call.
func (g *gate) answered(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	isNew := w.round == g.round
	if isNew && g.window < g.limit {
		g.window++
	}
	g.passed = g.passed || isNew
	g.pace.answered(time.Now(), isNew)
}

// close lets no call pass for a time, since the server refused one, and reports whether the gate was open. Only the refusal of a
// call of this round begins a new round: that of a call sent earlier was caused by the same limit as the refusals before. The
// time that it asks for counts all the same.
func (g *gate) close(w *waiter, wait time.Duration) (wasOpen bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	wasOpen = !now.Before(g.opens)
	if opens := now.Add(wait); opens.After(g.opens) {
		g.opens = opens
		g.release(now)
	}
	if w.round == g.round {
		switch {
		case g.passed:
			g.first = 1
		case g.first > g.limit/3:
			g.first = g.limit
		default:
			g.first *= 3
		}
		g.window, g.late, g.passed = g.first, g.under, false
		g.round++
		g.pace.measure(now, wait)
	}
	return wasOpen
}

// release removes the calls from the queue that cannot wait until the gate opens.
func (g *gate) release(now time.Time) {
	for _, w := range g.waiting.all() {
		if err := g.tooLate(w, now, 0); err != nil {
			g.waiting.remove(w)
			w.turn <- err
		}
	}
}

// admit lets the calls pass whose turn has come, and sets the timer for the next one.
func (g *gate) admit() {
	now := time.Now()
	for g.waiting.length > 0 && g.under < g.limit {
		if g.under-g.late >= g.window {
			if wait := g.moved.Add(patience).Sub(now); wait > 0 {
				g.comeAgain(wait)
				return
			}
			g.window, g.moved = g.window+1, now
		}
		w := g.waiting.first()
		if err := g.tooLate(w, now, 0); err != nil {
			g.waiting.remove(w)
			w.turn <- err
			continue
		}
		if wait := g.delay(now); wait > 0 {
			g.comeAgain(wait)
			return
		}
		g.waiting.pop()
		w.admitted, w.round, g.moved = true, g.round, now
		w.turn <- nil
		g.under++
	}
	if g.timer != nil {
		g.timer.Stop()
	}
}

// delay returns how long the next call has to wait for its turn. If it is 0, the turn is taken.
func (g *gate) delay(now time.Time) time.Duration {
	if wait := g.opens.Sub(now); wait > 0 {
		return wait
	}
	return g.pace.delay(now)
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
