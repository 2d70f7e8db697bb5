package webextest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// Each of many tests that run at the same time has an organization of its own: what one changes no other sees.
func TestParallel(t *testing.T) {
	for i := range 100 {
		t.Run(fmt.Sprint("organization ", i), func(t *testing.T) {
			t.Parallel()
			s := webextest.NewServer(t, webextest.WithSeed(uint64(i%10)))
			before, person, location := s.State(), s.People()[0], s.Locations()[0]
			numbers := "/telephony/config/locations/" + location.ID + "/outgoingPermission/autoTransferNumbers"
			put(t, s, numbers, fmt.Sprintf(`{"autoTransferNumber1":"+3120555%04d"}`, i))
			status, answer := assign(t, s, byID(person), []string{"+Webex Messaging"})
			assert.Equal(t, http.StatusOK, status, answer)
			assert.Equal(t, fmt.Sprintf("+3120555%04d", i), get(t, s, numbers)["autoTransferNumber1"])
			assert.Equal(t, []string{
				fmt.Sprintf("licenses[Webex Messaging].people[%s]: added %q", person.ID, person.ID),
				fmt.Sprintf(`locations[%s].outgoing.transferNumbers[1]: "" -> "+3120555%04d"`, location.Name, i),
			}, webextest.Diff(before, s.State()))
		})
	}
}

// BenchmarkStart is what a server costs a test: start, one call, end.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s := webextest.Start()
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+"/licenses", http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		_ = resp.Body.Close()
		s.Close()
	}
}

// A number that moves to another place is a change, although the numbers are the same.
func TestDiffOfTransferNumbers(t *testing.T) {
	s := webextest.NewServer(t)
	location := s.Locations()[0]
	numbers := "/telephony/config/locations/" + location.ID + "/outgoingPermission/autoTransferNumbers"
	put(t, s, numbers, `{"autoTransferNumber1":"+31205550100","autoTransferNumber2":"+31205550101"}`)
	before := s.State()
	put(t, s, numbers, `{"autoTransferNumber1":"+31205550101","autoTransferNumber2":"+31205550100"}`)
	assert.Equal(t, []string{
		`locations[` + location.Name + `].outgoing.transferNumbers[1]: "+31205550100" -> "+31205550101"`,
		`locations[` + location.Name + `].outgoing.transferNumbers[2]: "+31205550101" -> "+31205550100"`,
	}, webextest.Diff(before, s.State()))
}
