package wrappers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// pages is a list that the server returns in parts.
type pages[T any] struct {
	caller *caller
	// first requests the page that begins at item number start; 0 is the beginning, or where the user began.
	first func(start int) (*http.Response, error)
	shape listShape
	// The rest serves lists that are paged by number, to continue where the server left out the link: the number of items that
	// was requested, where the user began, and what identifies an item. Without key a list is never probed.
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

// all returns an iterator over the items. It requests a page when the one before is used up. An item that cannot be decoded is
// yielded as an error, and the iterator continues; any other error ends it.
func (p pages[T]) all(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		w := walk[T]{pages: p, visited: map[string]bool{}, position: p.start, yield: yield}
		send := func() (*http.Response, error) { return p.first(p.start) }
		for send != nil {
			resp, err := send()
			err = w.take(resp, err)
			if err == nil && w.stopped {
				return
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
	yield    func(T, error) bool
	stopped  bool // The caller wants no more items.
	visited  map[string]bool
	position int
	// number counts the pages. body is that of the last one, length the number of its items, and fresh the number of those that
	// were not yielded before.
	number, length, fresh int
	body                  []byte
	// empty counts the pages without items since the last one with some.
	empty int
	// probing is whether the page under way is a guess of ours. given are the keys of the items since the first guess.
	probing bool
	given   map[string]bool
}

// take yields the items of a page.
func (w *walk[T]) take(resp *http.Response, err error) error {
	body, err := content(resp, err)
	if w.probing && (errors.Is(err, ErrBadRequest) || errors.Is(err, ErrNotFound)) {
		w.body, w.length, w.fresh = nil, 0, 0 // There is nothing at that place: the list had ended.
		return nil
	}
	if err != nil {
		return err
	}
	for req := resp.Request; req != nil; req = redirectedFrom(req) {
		w.visited[address(req.URL)] = true
	}
	w.number, w.body, w.fresh = w.number+1, body, 0
	w.length, err = eachItem(resp, body, w.shape, w.number, w.give)
	w.position += w.length
	w.empty++
	if w.length > 0 {
		w.empty = 0
	}
	return err
}

// give yields an item unless it was yielded before: a server that ignores the parameter start returns the same page again. Before
// the first guess everything is new.
func (w *walk[T]) give(item T, err error) bool {
	if w.given != nil && err == nil {
		key := w.key(item)
		if w.given[key] {
			return true
		}
		w.given[key] = true
	}
	if w.given == nil || err == nil { // A bad item has no key, so it may be an old one.
		w.fresh++
	}
	w.stopped = !w.yield(item, err)
	return !w.stopped
}

// next tells how to ask for the part that follows; nil if none does.
func (w *walk[T]) next(ctx context.Context, resp *http.Response) (func() (*http.Response, error), error) {
	link, err := nextPage(resp)
	if err == nil && link != nil {
		link, err = w.caller.sameOrganization(resp, link)
	}
	switch {
	case err != nil:
		return nil, err
	case link == nil && w.probing && w.fresh == 0:
		return nil, nil
	case link == nil:
		return w.probe(resp), nil
	case w.visited[address(link)]:
		return nil, badResponse(resp, errors.New("the next link repeats an address"))
	case w.empty > mostEmpty:
		return nil, badResponse(resp, fmt.Errorf("more than %d pages without an item follow each other", mostEmpty))
	}
	w.probing = false
	return func() (*http.Response, error) { return w.caller.follow(ctx, resp.Request, link) }, nil
}

// probe looks behind a part that is as long as one that was cut; nil if it is not.
func (w *walk[T]) probe(resp *http.Response) func() (*http.Response, error) {
	if w.key == nil || w.length == 0 || w.length != w.size && w.length != usualSize {
		return nil
	}
	if w.given == nil {
		w.given = map[string]bool{}
		_, _ = eachItem(resp, w.body, w.shape, w.number, func(item T, err error) bool { // It was read before.
			if err == nil {
				w.given[w.key(item)] = true
			}
			return true
		})
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

// sameOrganization returns the link with the orgId that the list is read with. Without it the next page would be that of the
// partner's own organization.
func (c *caller) sameOrganization(resp *http.Response, link *url.URL) (*url.URL, error) {
	if c.organizationID == nil {
		return link, nil
	}
	same, err := KeepOrganization(link, *c.organizationID, CallOf(resp.Request).Operation.TakesOrgID)
	if err != nil {
		return nil, badResponse(resp, fmt.Errorf("the next link: %w", err))
	}
	return same, nil
}

// KeepOrganization returns a target that a server gave for a request for an organization. It rejects one with the orgId of
// another organization, and adds the orgId if the target needs it and has none.
//
//aliasgen:internal
func KeepOrganization(target *url.URL, orgID string, needed bool) (*url.URL, error) {
	query, err := url.ParseQuery(target.RawQuery)
	if err != nil {
		return nil, errors.New("its query is invalid")
	}
	for name, values := range query {
		if !strings.EqualFold(name, "orgId") {
			continue
		}
		if slices.ContainsFunc(values, func(other string) bool { return !SameID(other, orgID) }) {
			return nil, errors.New("it leads to another organization")
		}
		needed = false
	}
	if !needed {
		return target, nil
	}
	same := *target // The rest of the query stays as it is: it may be a cursor.
	same.RawQuery = strings.TrimPrefix(target.RawQuery+"&orgId="+url.QueryEscape(orgID), "&")
	return &same, nil
}

// follow requests a further page by the address in the link.
func (c *caller) follow(ctx context.Context, previous *http.Request, next *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, next.String(), nil)
	if err != nil {
		return nil, err
	}
	return c.send(req, CallOf(previous))
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
