package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// page is an answer to one address of a list of devices.
type page struct {
	links []string
	ids   []string
}

// serve answers the pages by the query of the request, and fails the test for any other.
func serve(t *testing.T, pages map[string]page) *recorder {
	t.Helper()
	return record(t, func(w http.ResponseWriter, r *http.Request) {
		p, ok := pages[r.URL.RawQuery]
		if !ok {
			assert.Fail(t, "unexpected request", r.URL.String())
		}
		for _, link := range p.links {
			w.Header().Add("Link", strings.ReplaceAll(link, "HOST", "http://"+r.Host))
		}
		_, _ = io.WriteString(w, deviceList(p.ids))
	})
}

func deviceList(ids []string) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{"id":%q}`, id)
	}
	return `{"items":[` + strings.Join(items, ",") + `]}`
}

func numbered(from, to int) []string {
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprint("D", i))
	}
	return ids
}

func listIDs(ctx context.Context, client *api.Client, params api.ListDevicesParams) ([]string, error) {
	devices, err := api.Collect(client.Devices.List(ctx, params))
	var ids []string
	for _, device := range devices {
		ids = append(ids, device.ID)
	}
	return ids, err
}

func TestPagesAreFollowedAsTheServiceSays(t *testing.T) {
	for name, link := range map[string]string{
		"absolute":             `<HOST/v1/devices?start=2&opaque=a%2Fb>; rel="next"`,
		"unquoted":             `<HOST/v1/devices?start=2&opaque=a%2Fb>; rel=next`,
		"relative":             `<devices?start=2&opaque=a%2Fb>; rel="next"`,
		"relative to the host": `</v1/devices?start=2&opaque=a%2Fb>;rel="next"`,
		"only a query":         `<?start=2&opaque=a%2Fb>; rel="next"`,
		"single quotes":        `<?start=2&opaque=a%2Fb>; rel='next'`,
		"escaped quote":        `<?start=9>; title="5\" phone"; rel="prev", <?start=2&opaque=a%2Fb>; title="5\""; rel="next"`,
		"stray quote":          `<?start=2&opaque=a%2Fb>; title=it"s; rel=next`,
		"other case":           `<?start=2&opaque=a%2Fb> ; REL=Next`,
		"several relations":    `<?start=2&opaque=a%2Fb>; rel="last next"`,
		"other parameters":     `<?start=2&opaque=a%2Fb>; title="a, b; rel=prev"; rel="next"; x`,
		"among other links":    `<?start=9>; rel="prev", <?start=2&opaque=a%2Fb>; rel="next",<?start=8>; rel="last"`,
	} {
		t.Run(name, func(t *testing.T) {
			rec := serve(t, map[string]page{
				"type=phone":           {[]string{link}, []string{"D1", "D2"}},
				"start=2&opaque=a%2Fb": {nil, []string{"D3"}},
			})
			ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{Type: api.DeviceTypePhone})
			require.NoError(t, err)
			assert.Equal(t, numbered(1, 4), ids)
			assert.Equal(t, "Bearer "+token, rec.requests()[1].authorization)
		})
	}
}

func TestEveryLinkHeaderIsRead(t *testing.T) {
	rec := serve(t, map[string]page{
		"":        {[]string{`<?start=0>; rel="first"`, `<?start=1>; rel="next"`}, []string{"D1"}},
		"start=1": {[]string{`<?start=0>; rel="prev"`}, []string{"D2"}},
	})
	ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"D1", "D2"}, ids)
}

func TestEmptyPagesAreNotTheEnd(t *testing.T) {
	rec := serve(t, map[string]page{
		"":        {[]string{`<?start=1>; rel="next"`}, nil},
		"start=1": {[]string{`<?start=2>; rel="next"`}, []string{"D1"}},
		"start=2": {[]string{`<?start=3>; rel="next"`}, nil},
		"start=3": {nil, []string{"D2"}},
	})
	ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"D1", "D2"}, ids)
}

// Five empty pages are no reason to give up, nor are many with something between.
func TestManyEmptyPages(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		if start < 1500 {
			w.Header().Set("Link", fmt.Sprintf(`<?start=%d>; rel="next"`, start+1))
		}
		var ids []string
		if start == 750 || start == 1500 {
			ids = []string{fmt.Sprint("D", start)}
		}
		_, _ = io.WriteString(w, deviceList(ids))
	})
	ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"D750", "D1500"}, ids)
}

func TestASpaceInALinkIsEscaped(t *testing.T) {
	rec := serve(t, map[string]page{
		"": {[]string{`<?tag=a b>; rel="next"`}, nil}, "tag=a%20b": {nil, []string{"D1"}},
	})
	ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
	require.NoError(t, err)
	assert.Equal(t, []string{"D1"}, ids)
}

// The caller may go on with its parameters; what is empty is not sent.
func TestParamsAreCopied(t *testing.T) {
	rec := serve(t, map[string]page{"tag=a": {nil, nil}, "": {nil, nil}, "code=1": {nil, nil}})
	client := rec.client(t)
	tags := []string{"a"}
	list := client.Devices.List(t.Context(), api.ListDevicesParams{Tags: tags})
	tags[0] = ""
	_, err := api.Collect(list)
	require.NoError(t, err)
	_, err = listIDs(t.Context(), client, api.ListDevicesParams{Tags: []string{}})
	require.NoError(t, err)
	codes := []string{"1"}
	codeList := client.OrganizationAccessCodes.List(t.Context(), api.ListOrganizationAccessCodesParams{Codes: codes})
	codes[0] = "2"
	_, err = api.Collect(codeList)
	require.NoError(t, err)
}

// Whatever the service answers, a list comes to an end.
func TestEndlessLists(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		params api.ListDevicesParams
		want   string
		most   int
	}{
		"empty pages with ever new links": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Link", fmt.Sprintf(`<?start=%s1>; rel="next"`, r.URL.Query().Get("start")))
				_, _ = io.WriteString(w, `{"items":[]}`)
			},
			want: "pages without an item", most: 1100,
		},
		"links that differ in what is not sent": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Link", fmt.Sprintf(`<?start=1#%d>; rel="next"`, time.Now().UnixNano()))
				_, _ = io.WriteString(w, `{"items":[{"id":"D1"}]}`)
			},
			want: "repeats", most: 2,
		},
		"a link to what was redirected": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/devices" {
					http.Redirect(w, r, "/v2/devices", http.StatusTemporaryRedirect)
					return
				}
				w.Header().Set("Link", `</v1/devices>; rel="next"`)
				_, _ = io.WriteString(w, `{"items":[{"id":"D1"}]}`)
			},
			want: "repeats", most: 2,
		},
		"a part that comes in another order each time": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				start, _ := strconv.Atoi(r.URL.Query().Get("start"))
				_, _ = io.WriteString(w, deviceList([]string{fmt.Sprint("D", start%2)}))
			},
			params: api.ListDevicesParams{Max: 1}, most: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, test.answer)
			_, err := listIDs(t.Context(), rec.client(t), test.params)
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, api.ErrBadResponse)
				require.ErrorContains(t, err, test.want)
			}
			assert.LessOrEqual(t, len(rec.requests()), test.most)
		})
	}
}

// A link may lead to a path that no document knows; what is known of the call stays.
func TestALinkToAnUnknownPath(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/devices" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Link", `</v9/devices>; rel="next"`)
		_, _ = io.WriteString(w, `{"items":[]}`)
	})
	_, err := listIDs(t.Context(), rec.client(t).ForOrganization("O1"), api.ListDevicesParams{})
	var failed *api.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, api.Error{
		StatusCode: 404, Method: "GET", Path: "/v9/devices", Operation: "listDevices", OrganizationID: "O1",
	}, exported(failed))
	assert.Equal(t, "orgId=O1", rec.requests()[1].query, "without it the page would be that of the token's organization")
}

func TestARepeatedLinkIsAnError(t *testing.T) {
	rec := serve(t, map[string]page{
		"":        {[]string{`<?start=1>; rel="next"`}, []string{"D1"}},
		"start=1": {[]string{`<?start=2>; rel="next"`}, []string{"D2"}},
		"start=2": {[]string{`<?start=1>; rel="next"`}, []string{"D3"}},
	})
	ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
	require.ErrorIs(t, err, api.ErrBadResponse)
	require.ErrorContains(t, err, "repeats")
	assert.NotContains(t, err.Error(), "start=", "a query may hold what is private")
	assert.Equal(t, numbered(1, 4), ids, "what was read before is lost")
	assert.Len(t, rec.requests(), 3)
}

func TestABrokenLinkIsAnError(t *testing.T) {
	rec := serve(t, map[string]page{"": {[]string{`<http://[::1>; rel="next"`}, []string{"D1"}}})
	ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
	require.ErrorIs(t, err, api.ErrBadResponse)
	assert.Equal(t, []string{"D1"}, ids)
}

// A list was seen to stop at 100, or at the asked number, without a next link.
func TestAFullLastPageIsProbed(t *testing.T) {
	t.Run("nothing behind it", func(t *testing.T) {
		rec := serve(t, map[string]page{"": {nil, numbered(0, 100)}, "start=100": {}})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
		require.NoError(t, err)
		assert.Equal(t, numbered(0, 100), ids)
		assert.Len(t, rec.requests(), 2)
	})
	t.Run("more behind it", func(t *testing.T) {
		rec := serve(t, map[string]page{
			"type=phone":           {nil, numbered(0, 100)},
			"start=100&type=phone": {nil, numbered(99, 199)}, // One moved up meanwhile.
			"start=200&type=phone": {nil, numbered(199, 203)},
		})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{Type: api.DeviceTypePhone})
		require.NoError(t, err)
		assert.Equal(t, numbered(0, 203), ids)
	})
	t.Run("the asked number", func(t *testing.T) {
		rec := serve(t, map[string]page{
			"max=3&start=6": {nil, numbered(6, 9)},
			"max=3&start=9": {nil, numbered(9, 10)},
		})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{Max: 3, Start: 6})
		require.NoError(t, err)
		assert.Equal(t, numbered(6, 10), ids)
	})
	t.Run("start is ignored", func(t *testing.T) {
		rec := serve(t, map[string]page{"": {nil, numbered(0, 100)}, "start=100": {nil, numbered(0, 100)}})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
		require.NoError(t, err)
		assert.Equal(t, numbered(0, 100), ids)
		assert.Len(t, rec.requests(), 2)
	})
	t.Run("the guess is refused", func(t *testing.T) {
		for status, fails := range map[int]bool{400: false, 404: false, 503: true, 401: true} {
			rec := record(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery != "" {
					w.WriteHeader(status)
					return
				}
				_, _ = io.WriteString(w, deviceList(numbered(0, 100)))
			})
			ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
			assert.Len(t, ids, 100)
			assert.Equal(t, fails, err != nil, status)
		}
	})
	t.Run("the guess leads to links", func(t *testing.T) {
		rec := serve(t, map[string]page{
			"":          {nil, numbered(0, 100)},
			"start=100": {[]string{`<?start=200>; rel="next"`}, numbered(100, 200)},
			"start=200": {[]string{`<?start=201>; rel="next"`}, nil},
			"start=201": {nil, numbered(200, 203)},
		})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
		require.NoError(t, err)
		assert.Equal(t, numbered(0, 203), ids)
	})
	t.Run("the guess leads to an empty page with a link", func(t *testing.T) {
		rec := serve(t, map[string]page{
			"":          {nil, numbered(0, 100)},
			"start=100": {[]string{`<?start=101>; rel="next"`}, nil},
			"start=101": {nil, numbered(100, 103)},
		})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
		require.NoError(t, err)
		assert.Equal(t, numbered(0, 103), ids)
	})
	t.Run("not a full page", func(t *testing.T) {
		rec := serve(t, map[string]page{"": {nil, numbered(0, 99)}})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
		require.NoError(t, err)
		assert.Len(t, ids, 99)
	})
	t.Run("ids that are null", func(t *testing.T) {
		rec := record(t, func(w http.ResponseWriter, r *http.Request) {
			first := 0
			if r.URL.RawQuery == "start=100" {
				first = 100
			}
			var items []string
			for i := first; i < min(first+100, 150); i++ {
				name := []string{"mac", "deviceId", "callingDeviceId", "webexDeviceId", "serial"}[i%5]
				items = append(items, fmt.Sprintf(`{"id":null,%q:"%012X"}`, name, i))
			}
			_, _ = io.WriteString(w, `{"items":[`+strings.Join(items, ",")+`]}`)
		})
		ids, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
		require.NoError(t, err)
		assert.Len(t, ids, 150)
	})
}

// The lists of jobs are paged like the devices.
func TestJobListsAreProbedToo(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		var items []string
		for i := start; i < min(start+100, 150); i++ {
			items = append(items, fmt.Sprintf(`{"id":"J%d","trackingId":"T","error":{"key":"%d"}}`, i, i))
		}
		_, _ = io.WriteString(w, `{"items":[`+strings.Join(items, ",")+`]}`)
	})
	jobs, err := api.Collect(rec.client(t).DeviceSettingsJobs.List(t.Context()))
	require.NoError(t, err)
	assert.Len(t, jobs, 150)
	failures, err := api.Collect(rec.client(t).DeviceSettingsJobs.Errors(t.Context(), "J1"))
	require.NoError(t, err)
	assert.Len(t, failures, 150)
}

func TestLeavingTheLoopAsksForNoMore(t *testing.T) {
	rec := serve(t, map[string]page{"": {[]string{`<?start=2>; rel="next"`}, []string{"D1", "D2"}}})
	for device, err := range rec.client(t).Devices.List(t.Context(), api.ListDevicesParams{}) {
		require.NoError(t, err)
		assert.Equal(t, "D1", device.ID)
		break
	}
	assert.Len(t, rec.requests(), 1)
}

func TestAListCanBeReadAgain(t *testing.T) {
	rec := serve(t, map[string]page{
		"tag=a":   {[]string{`<?start=1>; rel="next"`}, []string{"D1"}},
		"start=1": {nil, []string{"D2"}},
	})
	list := rec.client(t).Devices.List(t.Context(), api.ListDevicesParams{Tags: []string{"a"}})
	for range 2 {
		devices, err := api.Collect(list)
		require.NoError(t, err)
		assert.Len(t, devices, 2)
	}
}

func TestTheContextStopsAList(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rec := serve(t, map[string]page{"": {[]string{`<?start=1>; rel="next"`}, []string{"D1"}}})
	var got error
	for _, err := range rec.client(t).Devices.List(ctx, api.ListDevicesParams{}) {
		cancel()
		got = err
	}
	require.ErrorIs(t, got, context.Canceled)
	assert.Len(t, rec.requests(), 1)
}

func TestAFailingPageEndsTheList(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			reply(http.StatusServiceUnavailable, `{"message":"down"}`)(w, r)
			return
		}
		w.Header().Set("Link", `<?start=1>; rel="next"`)
		_, _ = io.WriteString(w, deviceList([]string{"D1"}))
	})
	ids, err := listIDs(t.Context(), rec.client(t).ForOrganization("O1"), api.ListDevicesParams{})
	require.ErrorIs(t, err, api.ErrServer)
	assert.Empty(t, ids)

	ids, err = listIDs(t.Context(), rec.client(t), api.ListDevicesParams{})
	require.ErrorIs(t, err, api.ErrServer)
	assert.Equal(t, []string{"D1"}, ids)
	var failed *api.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "listDevices", failed.Operation)
}

func TestParamsAreChecked(t *testing.T) {
	rec := record(t, nil)
	for want, params := range map[string]api.ListDevicesParams{
		"Max -1": {Max: -1}, "Start -1": {Start: -1}, "Tags": {Tags: []string{""}},
	} {
		_, err := listIDs(t.Context(), rec.client(t), params)
		require.ErrorContains(t, err, want)
	}
	assert.Empty(t, rec.requests())
}
