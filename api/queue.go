package api

import (
	"container/list"
	"sync/atomic"
	"time"
)

// queue holds the calls that wait at a gate. The organizations take turns, so that many calls for one do not delay a call for
// another. The calls for one organization keep the order in which they came.
type queue struct {
	length int
	lines  map[string]*line // By organization; none is empty.
	turns  list.List        // Of *line: the one whose turn is next comes first.
}

// line holds the waiting calls of one organization.
type line struct {
	organization string
	turn         *list.Element // In queue.turns.
	waiting      list.List     // Of *waiter.
}

// waiter is a call at a gate: first in the queue, then under way.
type waiter struct {
	deadline time.Time // Zero for none.
	turn     chan error
	line     *line         // Nil when the waiter has left the queue.
	place    *list.Element // In line.waiting.

	round    int // The round of the gate in which it was admitted.
	admitted bool
	left     atomic.Bool // Whether it has left the gate.
}

func newQueue() queue { return queue{lines: map[string]*line{}} }

// push adds a call of an organization.
func (q *queue) push(organization string, w *waiter) {
	l, ok := q.lines[organization]
	if !ok {
		l = &line{organization: organization}
		l.turn = q.turns.PushBack(l)
		q.lines[organization] = l
	}
	w.line, w.place = l, l.waiting.PushBack(w)
	q.length++
}

// first returns the call whose turn is next. The queue must not be empty.
func (q *queue) first() *waiter {
	return q.turns.Front().Value.(*line).waiting.Front().Value.(*waiter)
}

// pop removes the call whose turn is next, and ends the turn of its organization.
func (q *queue) pop() *waiter {
	w := q.first()
	q.turns.MoveToBack(w.line.turn)
	q.remove(w)
	return w
}

// remove removes a call, if it is still in the queue.
func (q *queue) remove(w *waiter) {
	l := w.line
	if l == nil {
		return
	}
	l.waiting.Remove(w.place)
	w.line = nil
	q.length--
	if l.waiting.Len() == 0 {
		q.turns.Remove(l.turn)
		delete(q.lines, l.organization)
	}
}

// ahead returns the number of calls whose turn comes before that of w, which is the last of its organization.
func (q *queue) ahead(w *waiter) int {
	own := w.line.waiting.Len() - 1
	count, turns := own, own+1 // Organizations before that of w have one more turn than it has before w.
	for e := q.turns.Front(); e != nil; e = e.Next() {
		if l := e.Value.(*line); l == w.line {
			turns = own
		} else {
			count += min(l.waiting.Len(), turns)
		}
	}
	return count
}

// all returns all calls in the queue.
func (q *queue) all() []*waiter {
	all := make([]*waiter, 0, q.length)
	for e := q.turns.Front(); e != nil; e = e.Next() {
		for place := e.Value.(*line).waiting.Front(); place != nil; place = place.Next() {
			all = append(all, place.Value.(*waiter))
		}
	}
	return all
}
