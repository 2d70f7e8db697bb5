package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"github.com/webex-calling/webex-calling-go/openapi"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// serviceURL is where the document tells the address of the service.
const serviceURL = "- url: https://webexapis.com/v1\n"

// newHandler serves the API under /v1, the document and a page to try it at the root, and the administration under /admin. names
// are those that a Host header may have beside localhost.
func newHandler(token string, organization *webextest.Server, names []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(documentFor(r)) //nolint:gosec // A host has no letter that means anything in a page.
	})
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, r *http.Request) {
		parsed, err := openapi3.NewLoader().LoadFromData(documentFor(r))
		answer(w, parsed, err)
	})
	mux.Handle("/", v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Webex Calling, an organization in memory", SwaggerJSON: "/openapi.json", BasePath: "/",
		PreAuthorizeApiKey: map[string]string{"bearer": token},
		SettingsUI:         map[string]string{"validatorUrl": "null", "docExpansion": `"none"`, "tryItOutEnabled": "true"},
	}))
	administer(mux, organization)
	return guard(names, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/") {
			organization.Handler().ServeHTTP(w, r) // A mux would redirect what has an empty id in its path.
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

// documentFor is the document with the address by which the reader came in: from another the page could not try requests.
func documentFor(r *http.Request) []byte {
	return bytes.Replace(openapi.Document, []byte(serviceURL), []byte("- url: http://"+r.Host+"/v1\n"), 1)
}

// administer adds what changes the organization from outside.
func administer(mux *http.ServeMux, organization *webextest.Server) {
	mux.HandleFunc("POST /admin/reset", func(w http.ResponseWriter, _ *http.Request) {
		organization.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /admin/state", func(w http.ResponseWriter, _ *http.Request) { answer(w, organization.State(), nil) })
	mux.HandleFunc("GET /admin/calls", func(w http.ResponseWriter, r *http.Request) {
		calls, err := lastCalls(organization.Calls(), r.URL.Query().Get("max"))
		if err != nil {
			answer(w, nil, err)
			return
		}
		sendCalls(w, calls)
	})
	mux.HandleFunc("GET /admin/faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, organization.Faults(), nil) })
	mux.HandleFunc("POST /admin/faults", func(w http.ResponseWriter, r *http.Request) {
		fault, err := decodeFault(http.MaxBytesReader(w, r.Body, maxFault))
		if err == nil {
			err = organization.Inject(fault)
		}
		answer(w, fault, err)
	})
	mux.HandleFunc("DELETE /admin/faults", func(w http.ResponseWriter, _ *http.Request) {
		organization.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
}

const (
	// maxFault is the largest size of a fault.
	maxFault = 1 << 20
	// maxCallBytes is the largest size of the bodies that a list of calls has, and maxBodyShown that of a single one.
	maxCallBytes, maxBodyShown = 8 << 20, 1 << 20
	// writeTimeout is the longest time for a client to read what the administration sends.
	writeTimeout = 30 * time.Second
)

// sendCalls sends calls one by one, so that clients that do not read take no memory for all of them.
func sendCalls(w http.ResponseWriter, calls []webextest.Call) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.Header().Set("Content-Type", "application/json")
	separator := "["
	for _, call := range calls {
		call.Body, call.Answer = shown(call.Body), shown(call.Answer)
		data, err := json.Marshal(call)
		if err != nil {
			return // A call is plain data, which can be encoded.
		}
		if _, err := w.Write(append([]byte(separator+"\n"), data...)); err != nil {
			return // The client has gone.
		}
		separator = ","
	}
	_, _ = w.Write([]byte(strings.TrimPrefix(separator, ",") + "]\n"))
}

// shown returns a body, or the beginning of a long one.
func shown(body string) string {
	if len(body) <= maxBodyShown {
		return body
	}
	return strings.ToValidUTF8(body[:maxBodyShown], "") + "…"
}

// lastCalls returns the last calls: as many as limit says, if it is not empty, and no more than have maxCallBytes of bodies
// together. The last call is always one of them.
func lastCalls(calls []webextest.Call, limit string) ([]webextest.Call, error) {
	count := len(calls)
	if limit != "" {
		number, err := strconv.Atoi(limit)
		if err != nil || number < 1 {
			return nil, fmt.Errorf("max is %q; it must be a positive number", limit)
		}
		count = min(count, number)
	}
	last := append([]webextest.Call{}, calls[len(calls)-count:]...) // No calls are an empty list, not null.
	size := 0
	for i, call := range slices.Backward(last) {
		size += len(shown(call.Body)) + len(shown(call.Answer))
		if size > maxCallBytes && i < len(last)-1 {
			return last[i+1:], nil
		}
	}
	return last, nil
}

// answer sends a value as JSON, or what is wrong with the request.
func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		sendError(w, http.StatusBadRequest, err.Error())
		return
	}
	sendJSON(w, http.StatusOK, value)
}

func sendError(w http.ResponseWriter, status int, message string) {
	sendJSON(w, status, map[string]string{"message": message})
}

func sendJSON(w http.ResponseWriter, status int, value any) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // The client may have gone.
}
