package webextest

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// timestamp writes a time as the API does: in UTC, with milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// answer sends a body with status 200.
func answer(w http.ResponseWriter, body any) { send(w, http.StatusOK, body) }

// done says that a change was made.
func done(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }

// refuse sends an error in the service's shape. code 0 is none.
func refuse(w http.ResponseWriter, status int, code int64, message string) {
	detail := server.ErrorDetail{Description: &message}
	if code != 0 {
		detail.ErrorCode = &code
	}
	trackingID := w.Header().Get("TrackingId")
	send(w, status, server.Error{Message: &message, Errors: []server.ErrorDetail{detail}, TrackingID: &trackingID})
}

// unknown says that something does not exist.
func unknown(w http.ResponseWriter, what, id string) {
	refuse(w, http.StatusNotFound, 0, "There is no "+what+" "+id)
}

func send(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // A model of ours that cannot be encoded.
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

// receive reads the body of a request, or refuses it and reports false.
func receive[T any](w http.ResponseWriter, r *http.Request) (T, bool) {
	var body T
	data, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(data, &body)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, 0, "The body cannot be read: "+err.Error())
		return body, false
	}
	return body, true
}
