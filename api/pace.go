package api

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// pace spreads the calls of a gate. After the second round has begun it is the pace that the server was seen to allow: the
// responses since the first refusal, divided by the time. It rises while no call is refused: hardly in the first seconds, then
// faster and faster. It is measured only while calls are waiting. Otherwise the number of responses depends on the program.
type pace struct {
	ceiling rate.Limit // That of WithRate, or infinite.
	limiter *rate.Limiter
	refused time.Time     // When the last round began.
	wait    time.Duration // How long the server asked to wait then.
	allowed rate.Limit    // The pace at that time.

	crowded bool // Whether calls have been waiting all the time since a refusal, at:
	since   time.Time
	answers float64 // Since then.
	fresh   bool    // Whether any of them came in this round.
}

const (
	// caution keeps the first pace below the measured one. That was measured over a short time, in which a few responses make
	// a difference: some belong to calls that were sent before. A pace that is a little too fast is refused at once.
	caution = 0.98
	// doubling is the time without a refusal after which the pace is twice the measured one: that many times the wait that the
	// server asked for, and at most longestDoubling.
	doubling        = 30
	longestDoubling = 30 * time.Second
	// enough is the number of responses that show a pace. Fewer between two refusals may be chance: the measurement continues.
	enough = 10
	// memory is about the time that a measurement goes back.
	memory = 10 * time.Second
	// slowest is the least pace. A server that allows less than a call in a second has to ask for longer waits.
	slowest = rate.Limit(1)
)

func newPace(ceiling rate.Limit) pace {
	return pace{ceiling: ceiling, limiter: rate.NewLimiter(ceiling, 1), allowed: ceiling, wait: 1}
}

// answered notes a response. The pace rises only with responses to calls of this round.
func (p *pace) answered(now time.Time, isNew bool) {
	p.answers++
	if !isNew {
		return
	}
	p.fresh = true
	rise := math.Pow(float64(now.Sub(p.refused))/float64(min(doubling*p.wait, longestDoubling)), 3)
	p.limiter.SetLimitAt(now, min(p.allowed*rate.Limit(1+rise), p.ceiling))
}

// measure learns what the server allows from the refusal that begins a round. If no call of the round before was accepted, there
// is nothing to learn, and the measurement starts again.
func (p *pace) measure(now time.Time, wait time.Duration) {
	learns := p.crowded && p.fresh
	p.refused, p.wait, p.fresh = now, wait, false
	if !learns {
		p.crowded, p.since, p.answers = true, now, 0
		return
	}
	if p.answers < enough {
		return
	}
	elapsed := now.Sub(p.since)
	measured := rate.Limit(p.answers / elapsed.Seconds())
	if p.allowed == p.ceiling {
		measured *= caution
	}
	p.keep(now, measured)
	if elapsed > memory {
		p.since, p.answers = now.Add(-elapsed/2), p.answers/2
	}
}

// keep holds the calls to a pace. Calls that could have passed during the wait may pass at once after it, as the server allows
// too. With WithRate the calls stay evenly spread.
func (p *pace) keep(now time.Time, measured rate.Limit) {
	p.allowed = min(max(measured, slowest), p.ceiling)
	saved := 1
	if p.ceiling == rate.Inf {
		saved = int(max(1, min(float64(p.allowed)*p.wait.Seconds(), math.MaxInt32)))
	}
	p.limiter = rate.NewLimiter(p.allowed, saved)
	p.limiter.ReserveN(now, saved) // Nothing is left at the moment of a refusal.
}

// delay returns how long the next call has to wait. If it is 0, the call has used its turn.
func (p *pace) delay(now time.Time) time.Duration {
	turn := p.limiter.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

// earliest returns the earliest turn of a call with so many calls ahead of it, from a time on. It is known for WithRate only:
// another pace may rise.
func (p *pace) earliest(from time.Time, ahead int) time.Time {
	if p.ceiling == rate.Inf {
		return from
	}
	missing := float64(ahead+1) - p.limiter.TokensAt(from)
	seconds := max(0, missing/float64(p.ceiling))
	return from.Add(time.Duration(min(seconds*float64(time.Second), math.MaxInt64/2)))
}
