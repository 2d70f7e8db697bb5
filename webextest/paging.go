package webextest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// maxStart is larger than the length of any list. A start behind it has the same empty page, and sums with it do not overflow.
const maxStart = 1 << 30

// span reads where a page begins and how long it may be.
func (o *organization) span(w http.ResponseWriter, start, most *int) (first, size int, ok bool) {
	first, size = 0, o.config.pageSize
	if start != nil {
		first = min(*start, maxStart)
	}
	if most != nil {
		size = min(size, *most)
	}
	if first < 0 || size < 1 {
		refuse(w, http.StatusBadRequest, 0, "start must not be negative, max must be positive")
		return 0, 0, false
	}
	return first, size, true
}

// sendPage answers a page of a list. page has one item more than its size if others follow.
func sendPage[T any](w http.ResponseWriter, r *http.Request, page []T, start, size int, body func([]T) any) {
	if len(page) > size {
		page = page[:size]
		w.Header().Set("Link", link(r, map[string]string{"start": strconv.Itoa(start + size), "max": strconv.Itoa(size)}))
	}
	answer(w, body(page))
}

// pageOf is the part of a list that sendPage needs.
func pageOf[T any](list []T, start, size int) []T {
	first := min(start, len(list))
	return append([]T{}, list[first:min(first+size+1, len(list))]...)
}

// link is the address of another page: that of the request with some parameters changed.
func link(r *http.Request, parameters map[string]string) string {
	query := r.URL.Query()
	for name, value := range parameters {
		query.Set(name, value)
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	target := url.URL{Scheme: scheme, Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: query.Encode()}
	return fmt.Sprintf(`<%s>; rel="next"`, &target)
}
