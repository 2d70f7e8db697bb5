package wrappers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// pages is a list that the service answers in parts. P is the model of one part, T that of one item.
type pages[P, T any] struct {
	caller *caller
	// first asks for the part that begins at item number start; 0 is the beginning, or where the user began.
	first func(start int) (*http.Response, error)
	items func(P) []T
	// The rest serves lists that are paged by number, to go on where the service forgot to say how: the number that was
	// asked for, where the user began, and what tells items apart. Without key a list is never probed.
	size  int
	start int
	key   func(T) string
}

// usualSize is the number of items that the service was seen to cut lists at without a next link.
const usualSize = 100

// all gives the items one after another, asking for a part when the one before is used up. It stops after the first
// error.
func (p pages[P, T]) all(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		visited := map[string]bool{}
		start, probing := p.start, map[string]bool(nil)
		resp, err := p.first(start)
		for {
			part, failure := read[P](resp, err)
			if failure != nil {
				yield(*new(T), failure)
				return
			}
			visited[resp.Request.URL.String()] = true
			items := p.items(part)
			fresh := p.unseen(items, probing)
			for _, item := range fresh {
				if !yield(item, nil) {
					return
				}
			}
			start += len(items)
			next, failure := nextPage(resp)
			switch {
			case failure == nil && next == nil && len(fresh) > 0 && p.looksCut(len(items)):
				probing = p.keys(items)
				resp, err = p.first(start)
			case failure == nil && next == nil:
				return
			case failure == nil && visited[next.String()]:
				failure = badResponse(resp, fmt.Errorf("the next link repeats the address %s", next.Redacted()))
				fallthrough
			case failure != nil:
				yield(*new(T), failure)
				return
			default:
				probing = nil
				resp, err = p.caller.follow(ctx, resp.Request, next)
			}
		}
	}
}

// looksCut tells whether a part without a next link is as long as one that was cut.
func (p pages[P, T]) looksCut(length int) bool {
	return p.key != nil && (length == p.size || length == usualSize)
}

func (p pages[P, T]) keys(items []T) map[string]bool {
	keys := make(map[string]bool, len(items))
	for _, item := range items {
		keys[p.key(item)] = true
	}
	return keys
}

// unseen leaves out what the part before had already: a service that does not know the parameter start answers the same
// part again.
func (p pages[P, T]) unseen(items []T, before map[string]bool) []T {
	if before == nil {
		return items
	}
	var fresh []T
	for _, item := range items {
		if !before[p.key(item)] {
			fresh = append(fresh, item)
		}
	}
	return fresh
}

// follow asks for a further page by the address that the service gave, as it stands.
func (c *caller) follow(ctx context.Context, previous *http.Request, next *url.URL) (*http.Response, error) {
	ctx = context.WithValue(ctx, callKey{}, callOf(previous))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, next.String(), nil)
	if err != nil {
		return nil, err
	}
	return c.Do(req)
}

// nextPage finds the address of the next page in the Link headers (RFC 8288); nil if there is none.
func nextPage(resp *http.Response) (*url.URL, error) {
	for _, header := range resp.Header.Values("Link") {
		target, found := nextLink(header)
		if !found {
			continue
		}
		next, err := resp.Request.URL.Parse(target)
		if err != nil {
			return nil, badResponse(resp, errors.New("the next link is not an address"))
		}
		return next, nil
	}
	return nil, nil
}

// nextLink finds the target of rel="next" in one Link header. The value may be quoted or not, stand among other
// parameters and other links, and name several relations.
func nextLink(header string) (target string, found bool) {
	for {
		_, rest, ok := strings.Cut(header, "<")
		if !ok {
			return "", false
		}
		target, rest, ok = strings.Cut(rest, ">")
		if !ok {
			return "", false
		}
		next, others := isNext(rest)
		if next {
			return strings.TrimSpace(target), true
		}
		header = others
	}
}

// isNext reads the parameters behind the target of a link, up to the comma before the next link.
func isNext(parameters string) (next bool, rest string) {
	for parameters != "" && parameters[0] != ',' {
		end := parameterEnd(parameters)
		name, value, _ := strings.Cut(strings.TrimLeft(parameters[:end], "; \t"), "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			for relation := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
				next = next || strings.EqualFold(relation, "next")
			}
		}
		parameters = parameters[end:]
	}
	return next, parameters
}

// parameterEnd finds where a parameter ends: at the next semicolon or comma outside quotes.
func parameterEnd(text string) int {
	quoted := false
	for i, char := range text {
		switch {
		case char == '"':
			quoted = !quoted
		case !quoted && (char == ',' || char == ';' && i > 0):
			return i
		}
	}
	return len(text)
}

// failed is a list that cannot be asked for.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(*new(T), err) }
}
