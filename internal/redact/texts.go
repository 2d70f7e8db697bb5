package redact

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Texts are secrets to be hidden in other texts.
type Texts struct {
	anywhere *strings.Replacer
	words    map[string]bool
}

const (
	// Short is the length in bytes below which a secret of letters and digits may be a part of another word by chance: it is
	// hidden only where it is a whole word.
	Short = 8
	// tooShort is the length below which a secret with other characters is not hidden: a dot would hide every dot.
	tooShort = 3
)

var word = regexp.MustCompile(`\w+`)

// NewTexts returns secrets to be hidden. Hiding many takes no longer than hiding one.
func NewTexts(secrets ...string) Texts {
	// The longest come first, so that a secret that is a part of another one does not leave the rest of it.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	t := Texts{words: map[string]bool{}}
	var pairs []string
	for _, secret := range secrets {
		switch {
		case secret == "":
		case len(secret) < Short && word.FindString(secret) == secret:
			t.words[secret] = true
		case len(secret) >= tooShort:
			for _, form := range forms(secret) {
				pairs = append(pairs, form, Mark)
			}
		}
	}
	if len(pairs) > 0 {
		t.anywhere = strings.NewReplacer(pairs...)
	}
	return t
}

// forms returns the forms in which a secret comes back when a server repeats a part of the request: as it is, or as JSON. Package
// net/http quotes either of them in its errors, addresses escape them, and the host of an address is in lower case.
func forms(secret string) []string {
	quoted, _ := jsontext.AppendQuote(nil, secret) // The error is about invalid UTF-8, which is replaced.
	var forms []string
	for _, text := range []string{secret, string(quoted[1 : len(quoted)-1])} {
		inGo := strconv.Quote(text)
		forms = append(forms, text, inGo[1:len(inGo)-1], url.QueryEscape(text), url.PathEscape(text), strings.ToLower(text))
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// Hide returns text with [Mark] in place of the secrets.
func (t Texts) Hide(text string) string {
	if t.anywhere != nil {
		text = t.anywhere.Replace(text)
	}
	if len(t.words) == 0 {
		return text
	}
	return word.ReplaceAllStringFunc(text, func(word string) string {
		if t.words[word] {
			return Mark
		}
		return word
	})
}
