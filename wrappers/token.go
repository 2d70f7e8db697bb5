package wrappers

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/webex-calling/webex-calling-go/internal/redact"
)

// Token is an access token or a refresh token. However it is printed or encoded, it reads [redacted].
type Token struct {
	// A pointer, since package fmt prints the strings in unexported fields of other types without asking their methods.
	value *string
}

// NewToken returns the token with a value.
func NewToken(value string) Token { return Token{&value} }

// Value is the token itself; empty for the zero Token.
func (t Token) Value() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// String returns "[redacted]".
func (t Token) String() string { return redact.Mark }

// GoString returns "[redacted]".
func (t Token) GoString() string { return redact.Mark }

// Format prints "[redacted]" for every verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Mark) }

// MarshalText encodes as "[redacted]".
func (t Token) MarshalText() ([]byte, error) { return []byte(redact.Mark), nil }

// LogValue logs as "[redacted]".
func (t Token) LogValue() slog.Value { return slog.StringValue(redact.Mark) }
