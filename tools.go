//go:build tools

package webexcalling

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
