package redact

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Texts are texts that are taken out of others.
type Texts struct {
	parts *strings.Replacer
	words map[string]bool
}

// Short is the length below which a text may be a part of another by chance: it is hidden only where it stands as a word.
const Short = 8

var word = regexp.MustCompile(`\w+`)

// NewTexts gives the texts as something to look for. Looking for many costs no more than for one.
func NewTexts(texts ...string) Texts {
	// The longest come first, lest what is left of one is not known any more.
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	t := Texts{words: map[string]bool{}}
	var pairs []string
	for _, text := range texts {
		switch {
		case len(text) < Short && !word.MatchString(text): // A blank or a dot would take all of them out.
		case len(text) < Short && word.FindString(text) == text:
			t.words[strings.ToLower(text)] = true
		default:
			for _, form := range forms(text) {
				pairs = append(pairs, form, Mark)
			}
		}
	}
	if len(pairs) > 0 {
		t.parts = strings.NewReplacer(pairs...)
	}
	return t
}

// forms are how a text may come back: as it is, quoted by JSON or Go, that quoted once more, in an address or its host, on a
// page, and with its spaces folded.
func forms(text string) []string {
	var forms []string
	for _, form := range []string{text, inJSON(text), inPlainJSON(text)} {
		forms = append(forms, form, inJSON(form), inPlainJSON(form), inGo(form),
			strings.ToLower(form), strings.ToUpper(form), strings.Join(strings.Fields(form), " "),
			url.QueryEscape(form), url.PathEscape(form), html.EscapeString(form))
	}
	slices.Sort(forms)
	forms = slices.Compact(forms)
	return slices.DeleteFunc(forms, func(form string) bool { return form == "" })
}

func inGo(text string) string { return inside(strconv.Quote(text)) }

// inJSON is how package json writes a text: < and others are escaped.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // Every text can be written.
	}
	return inside(string(quoted))
}

// inPlainJSON is how most others write it.
func inPlainJSON(text string) string {
	quoted, _ := jsontext.AppendQuote(nil, text) // The error is that of invalid UTF-8, which was replaced.
	return inside(string(quoted))
}

func inside(quoted string) string { return quoted[1 : len(quoted)-1] }

// Hide is text without the texts.
func (t Texts) Hide(text string) string {
	if t.parts != nil {
		text = t.parts.Replace(text)
	}
	if len(t.words) == 0 {
		return text
	}
	return word.ReplaceAllStringFunc(text, func(word string) string {
		if t.words[strings.ToLower(word)] {
			return Mark
		}
		return word
	})
}
