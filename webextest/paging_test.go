package webextest_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// pagedLists returns an organization with items in every list that takes start and max, and the paths of those lists. A made-up
// and an added device have been deleted.
func pagedLists(tb testing.TB) (s *webextest.Server, paths []string) {
	tb.Helper()
	s = webextest.NewServer(tb, webextest.WithDevices(9), webextest.WithJobDuration(time.Nanosecond))
	owner := s.People()[0]
	for i := range 3 {
		s.AddDevice(webextest.Device{ID: fmt.Sprint("added ", i), PersonID: owner.ID, ErrorCodes: []string{"e"}})
	}
	require.True(tb, s.RemoveDevice("added 1"))
	for device := range s.Devices() {
		require.True(tb, s.RemoveDevice(device.ID))
		break
	}
	s.Change(func(state *webextest.State) {
		for i := range 5 {
			state.AccessCodes = append(state.AccessCodes, webextest.AccessCode{Code: strconv.Itoa(i)})
			state.Jobs = append(state.Jobs, webextest.Job{ID: fmt.Sprint("job ", i), Failed: []string{"a", "b", "c"}})
		}
	})
	jobs := "/telephony/config/jobs/devices/callDeviceSettings"
	return s, []string{
		"/devices", "/devices?type=phone", "/devices?personId=" + owner.ID, "/telephony/config/outgoingPermission/accessCodes",
		jobs, jobs + "/job%201/errors",
	}
}

func TestPagingParameters(t *testing.T) {
	s, paths := pagedLists(t)
	for _, path := range paths {
		address, err := url.Parse(path)
		require.NoError(t, err)
		for _, test := range []struct {
			start, max string
			status     int
		}{
			{"0", "1", 200}, {"1000", "1", 200}, {strconv.Itoa(math.MaxInt32), "1", 200},
			{"9223372036854775806", "9223372036854775807", 200}, {"9223372036854775807", "1", 200},
			{"9223372036854775808", "1", 400}, {"-1", "1", 400}, {"-9223372036854775808", "1", 400}, {"1.5", "1", 400},
			{"0", "0", 400}, {"0", "-9223372036854775808", 400}, {"", "1", 400}, {"0", "", 400},
		} {
			query := address.Query()
			query.Set("start", test.start)
			query.Set("max", test.max)
			status, answer, header := exchange(t, s, http.MethodGet, address.EscapedPath()+"?"+query.Encode(), "")
			assert.Equal(t, test.status, status, "%s %s: %v", path, query, answer)
			if test.start != "0" {
				assert.Empty(t, header.Get("Link"), "%s %s", path, query)
			}
		}
	}
}

// FuzzPaging reads a page of a list and those that follow it. The pages have no more items than max allows, and they end.
func FuzzPaging(f *testing.F) {
	s, paths := pagedLists(f)
	for i := range paths {
		f.Add(uint8(i), "0", "2")
		f.Add(uint8(i), "9223372036854775807", "9223372036854775807")
		f.Add(uint8(i), "-1", "0")
	}
	f.Fuzz(func(t *testing.T, list uint8, start, most string) {
		address, err := url.Parse("/v1" + paths[int(list)%len(paths)])
		require.NoError(t, err)
		query := address.Query()
		query.Set("start", start)
		query.Set("max", most)
		address.RawQuery = query.Encode()
		for link, pages := address.String(), 0; link != ""; pages++ {
			require.Less(t, pages, 20, "%s: the pages do not end", address)
			link = readPage(t, s, link, most)
		}
		s.ForgetCalls()
	})
}

// readPage reads a page and returns the link to the next one.
func readPage(t *testing.T, s *webextest.Server, link, most string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, link, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+s.Token)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		require.Equal(t, http.StatusBadRequest, w.Code, "%s: %s", link, w.Body)
		return ""
	}
	var lists map[string][]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &lists))
	for _, items := range lists {
		limit, err := strconv.ParseUint(most, 10, 63)
		require.NoError(t, err)
		assert.LessOrEqual(t, uint64(len(items)), limit, link)
	}
	return next(t, w.Header())
}
