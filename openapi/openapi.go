// Package openapi holds the OpenAPI document of the administration of Webex Calling.
package openapi

import _ "embed" // for Document

// Document is the OpenAPI 3.0 document in YAML.
//
//go:embed webex-calling.yaml
var Document []byte
