package api

import (
	"errors"
	"iter"

	"github.com/oapi-codegen/nullable"
)

// ErrMore tells that a list has more items than [AtMost] allowed to collect.
var ErrMore = errors.New("webex: there are more items than were asked for")

// CollectOption changes what [Collect] does.
type CollectOption func(*collectConfig)

type collectConfig struct {
	bounded bool
	most    int
	skip    bool
	report  func(*ItemError)
}

// AtMost makes [Collect] stop after count items. If there are more, the error is [ErrMore] beside the items.
func AtMost(count int) CollectOption {
	return func(c *collectConfig) { c.bounded, c.most = true, count }
}

// SkipBadItems makes [Collect] continue after items that cannot be decoded, and calls report with each, unless it is nil.
func SkipBadItems(report func(*ItemError)) CollectOption {
	return func(c *collectConfig) { c.skip, c.report = true, report }
}

// Collect reads a list to its end. It stops at the first error, also at an [*ItemError] unless [SkipBadItems] is given, and
// returns the items before beside it.
func Collect[T any](items iter.Seq2[T, error], options ...CollectOption) ([]T, error) {
	var config collectConfig
	for _, option := range options {
		if option != nil {
			option(&config)
		}
	}
	var all []T
	for item, err := range items {
		if bad, ok := errors.AsType[*ItemError](err); ok && config.skip {
			if config.report != nil {
				config.report(bad)
			}
			continue
		}
		if err != nil {
			return all, err
		}
		if config.bounded && len(all) >= config.most {
			return all, ErrMore
		}
		all = append(all, item)
	}
	return all, nil
}

// Null is a setting that is sent as null, which some device settings have as a value.
func Null[T any]() nullable.Nullable[T] { return nullable.NewNullNullable[T]() }

// Value is a setting that could also be [Null].
func Value[T any](value T) nullable.Nullable[T] { return nullable.NewNullableWithValue(value) }
