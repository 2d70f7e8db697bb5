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

// pages is a list that the service answers in parts.
type pages[T any] struct {
	caller *caller
	// first asks for the part that begins at item number start; 0 is the beginning, or where the user began.
	first func(start int) (*http.Response, error)
	// read takes the items out of a part.
	read func(*http.Response, error) ([]T, error)
	// The rest serves lists that are paged by number, to go on where the service forgot to say how: the number that was
	// asked for, where the user began, and what tells items apart. Without key a list is never probed.
	size  int
	start int
	key   func(T) string
}

const (
	// usualSize is the number of items that the service was seen to cut lists at without a next link.
	usualSize = 100
	// mostEmpty is how many empty parts may follow each other. Some do where filters apply late; without end they would
	// hold the caller for ever.
	mostEmpty = 1000
)

// all gives the items one after another, asking for a part when the one before is used up. It stops after the first
// error.
func (p pages[T]) all(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		w := walk[T]{pages: p, visited: map[string]bool{}, position: p.start}
		send := func() (*http.Response, error) { return p.first(p.start) }
		for send != nil {
			resp, err := send()
			items, err := w.take(resp, err)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err == nil {
				send, err = w.next(ctx, resp)
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
		}
	}
}

// walk is one pass over a list.
type walk[T any] struct {
	pages[T]
	visited  map[string]bool
	position int
	// part is what was taken last, fresh how many of its items had not been given before.
	part  []T
	fresh int
	// empty counts the parts without items since the last one with some.
	empty int
	// probing is whether the part under way is a guess of ours. given are the keys of the items since the first guess.
	probing bool
	given   map[string]bool
}

// take gives the items of a part.
func (w *walk[T]) take(resp *http.Response, err error) ([]T, error) {
	part, err := w.read(resp, err)
	if w.probing && (errors.Is(err, ErrBadRequest) || errors.Is(err, ErrNotFound)) {
		err = nil // There is nothing at that place: the list had ended.
	}
	if err != nil {
		return nil, err
	}
	for req := resp.Request; req != nil; req = redirectedFrom(req) {
		w.visited[address(req.URL)] = true
	}
	fresh := w.unseen(part)
	w.position += len(part)
	w.part, w.fresh = part, len(fresh)
	w.empty++
	if len(part) > 0 {
		w.empty = 0
	}
	return fresh, nil
}

// unseen leaves out what was given before: a service that does not know the parameter start answers the same part again.
// Before the first guess everything is new.
func (w *walk[T]) unseen(part []T) []T {
	if w.given == nil {
		return part
	}
	var fresh []T
	for _, item := range part {
		if key := w.key(item); !w.given[key] {
			w.given[key] = true
			fresh = append(fresh, item)
		}
	}
	return fresh
}

// next tells how to ask for the part that follows; nil if none does.
func (w *walk[T]) next(ctx context.Context, resp *http.Response) (func() (*http.Response, error), error) {
	link, err := nextPage(resp)
	switch {
	case err != nil:
		return nil, err
	case link == nil && w.probing && w.fresh == 0:
		return nil, nil
	case link == nil:
		return w.probe(), nil
	case w.visited[address(link)]:
		return nil, badResponse(resp, errors.New("the next link repeats an address"))
	case w.empty > mostEmpty:
		return nil, badResponse(resp, fmt.Errorf("more than %d pages without an item follow each other", mostEmpty))
	}
	w.probing = false
	return func() (*http.Response, error) { return w.caller.follow(ctx, resp.Request, link) }, nil
}

// probe looks behind a part that is as long as one that was cut; nil if it is not.
func (w *walk[T]) probe() func() (*http.Response, error) {
	length := len(w.part)
	if w.key == nil || length == 0 || length != w.size && length != usualSize {
		return nil
	}
	if w.given == nil {
		w.given = map[string]bool{}
		w.unseen(w.part)
	}
	w.probing = true
	return func() (*http.Response, error) { return w.first(w.position) }
}

// redirectedFrom is the request that was redirected to req; nil if none was.
func redirectedFrom(req *http.Request) *http.Request {
	if req.Response == nil {
		return nil
	}
	return req.Response.Request
}

// address tells pages apart: what stands behind # is not sent.
func address(u *url.URL) string {
	sent := *u
	sent.Fragment, sent.RawFragment = "", ""
	return sent.String()
}

// follow asks for a further page by the address that the service gave, as it stands.
func (c *caller) follow(ctx context.Context, previous *http.Request, next *url.URL) (*http.Response, error) {
	before := CallOf(previous)
	ctx = WithCall(ctx, &Call{Operation: before.Operation, first: before.firstPage()})
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
		next, err := resp.Request.URL.Parse(strings.ReplaceAll(target, " ", "%20"))
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
			for relation := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"'`)) {
				next = next || strings.EqualFold(relation, "next")
			}
		}
		parameters = parameters[end:]
	}
	return next, parameters
}

// parameterEnd finds where a parameter ends: at the next semicolon or comma outside quotes. Quotes open only behind "=".
func parameterEnd(text string) int {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch char := text[i]; {
		case quoted && char == '\\':
			i++
		case quoted:
			quoted = char != '"'
		case char == '"':
			quoted = strings.HasSuffix(strings.TrimRight(text[:i], " \t"), "=")
		case char == ',' || char == ';' && i > 0:
			return i
		}
	}
	return len(text)
}

// failed is a list that cannot be asked for.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(*new(T), err) }
}
