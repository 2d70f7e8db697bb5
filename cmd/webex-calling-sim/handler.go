package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"github.com/webex-calling/webex-calling-go/openapi"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// serviceURL is where the document tells the address of the service.
const serviceURL = "- url: https://webexapis.com/v1\n"

// newHandler serves the API under /v1, the document and a page to try it at the root, and the administration under /admin.
func newHandler(token string, organization *webextest.Server) http.Handler {
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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/") {
			organization.Handler().ServeHTTP(w, r) // A mux would redirect what has an empty id in its path.
			return
		}
		mux.ServeHTTP(w, r)
	})
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
	mux.HandleFunc("GET /admin/calls", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, append([]webextest.Call{}, organization.Calls()...), nil) // None are an empty list, not null.
	})
	mux.HandleFunc("GET /admin/faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, organization.Faults(), nil) })
	mux.HandleFunc("POST /admin/faults", func(w http.ResponseWriter, r *http.Request) {
		fault, err := decodeFault(r.Body)
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

// answer sends a value as JSON, or what is wrong with the request.
func answer(w http.ResponseWriter, value any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		value = map[string]string{"message": fmt.Sprint(err)}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // A reader that has gone needs no answer.
}
