package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"github.com/webex-calling/webex-calling-go/openapi"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// serviceURL is where the document tells the address of the service.
const serviceURL = "- url: https://webexapis.com/v1\n"

// newHandler serves the API under /v1, the document and a page to try it at the root, and the administration under /admin.
func newHandler(root, token string, organization *webextest.Server) http.Handler {
	document := bytes.Replace(openapi.Document, []byte(serviceURL), []byte("- url: "+root+"/v1\n"), 1)
	mux := http.NewServeMux()
	mux.Handle("/v1/", organization.Handler())
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(document)
	})
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		parsed, err := openapi3.NewLoader().LoadFromData(document)
		answer(w, parsed, err)
	})
	mux.Handle("/", v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Webex Calling, an organization in memory", SwaggerJSON: "/openapi.json", BasePath: "/",
		PreAuthorizeApiKey: map[string]string{"bearer": token},
		SettingsUI:         map[string]string{"validatorUrl": "null", "docExpansion": `"none"`, "tryItOutEnabled": "true"},
	}))
	administer(mux, organization)
	return mux
}

// administer adds what changes the organization from outside.
func administer(mux *http.ServeMux, organization *webextest.Server) {
	mux.HandleFunc("POST /admin/reset", func(w http.ResponseWriter, _ *http.Request) {
		organization.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /admin/state", func(w http.ResponseWriter, _ *http.Request) { answer(w, organization.State(), nil) })
	mux.HandleFunc("GET /admin/calls", func(w http.ResponseWriter, _ *http.Request) { answer(w, organization.Calls(), nil) })
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
