package webextest

import (
	"net/http"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// routes are the operations of an organization.
func (s *Server) routes(o *organization) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { noOperation(mux, w, r) })
	return server.HandlerWithOptions(o, server.StdHTTPServerOptions{
		BaseURL:     basePath,
		BaseRouter:  mux,
		Middlewares: []server.MiddlewareFunc{s.admit},
		ErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			refuse(w, http.StatusBadRequest, 0, err.Error())
		},
	})
}

// admit lets requests pass that the token allows and the document too.
func (s *Server) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation := operations()[r.Pattern]
		if reason, ok := accessOf(r.Context()).allows(operation); !ok {
			refuse(w, http.StatusForbidden, 0, reason)
			return
		}
		if operation.check(w, r, s.config.lenient) {
			next.ServeHTTP(w, r)
		}
	})
}

// noOperation answers a request that is for none: 405 if another method is for one. A path that the document names as it
// stands, such as /licenses/users, has the methods of that alone, and not those of /licenses/{licenseId}.
func noOperation(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed, named []string
	for _, method := range []string{"DELETE", "GET", "PATCH", "POST", "PUT"} {
		other := r.Clone(r.Context())
		other.Method = method
		_, pattern := mux.Handler(other)
		if pattern == method+" "+r.URL.Path {
			named = append(named, method)
		}
		if pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(named) > 0 {
		allowed = named
	}
	if len(allowed) == 0 {
		refuse(w, http.StatusNotFound, 0, "There is no "+r.URL.Path)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, http.StatusMethodNotAllowed, 0, "There is no "+r.Method+" of "+r.URL.Path)
}
