// Package webexcalling holds what makes this repository's generated code: run "go generate ./..." after a change of
// openapi/. Users import package api.
package webexcalling

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/client.codegen.yaml openapi/webex-calling.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/server.codegen.yaml openapi/webex-calling.yaml
//go:generate go run ./internal/aliasgen
//go:generate go run ./internal/simgen
