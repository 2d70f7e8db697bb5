package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	apache = `Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance
with the License. You may obtain a copy of the License at http://www.apache.org/licenses/LICENSE-2.0
`
	isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF
CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`
	gpl = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public
License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.
`
	own = "Do with this software what you like, but let us know of it.\n"
)

// ended is what NOTICE must end with if all packages need one module, whose files these are.
func ended(t *testing.T, files map[string]string) (string, error) {
	t.Helper()
	directory := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600))
	}
	return ending(func([]string) (map[string]string, error) {
		return map[string]string{"example.com/module": directory}, nil
	})
}

func TestModules(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		// says is a part of NOTICE, refused one of the error.
		says, refused string
	}{
		"one license":          {files: map[string]string{"LICENSE": apache}, says: "\nexample.com/module: Apache-2.0\n"},
		"two in one file":      {files: map[string]string{"COPYING.txt": isc + apache}, says: ": Apache-2.0 AND ISC\n"},
		"two in two files":     {files: map[string]string{"LICENSE-ISC": isc, "COPYING": apache}, says: ": Apache-2.0 AND ISC\n"},
		"the same in two":      {files: map[string]string{"LICENSE.md": isc, "COPYING": isc}, says: ": ISC\n"},
		"a notice":             {files: map[string]string{"LICENSE": apache, "NOTICE": "Ours.\n\n"}, says: "module:\n\nOurs.\n"},
		"no license":           {files: map[string]string{"license.go": apache}, refused: "there is no license file"},
		"unknown":              {files: map[string]string{"LICENSE": own}, refused: "only 0% of a license file"},
		"one of two unknown":   {files: map[string]string{"LICENSE": apache, "COPYING": own}, refused: "only 0%"},
		"mostly unknown":       {files: map[string]string{"LICENSE": apache + own + own}, refused: "% of a license file"},
		"forbidden":            {files: map[string]string{"LICENSE": gpl}, refused: "GPL-3.0-or-later is not among"},
		"one of two forbidden": {files: map[string]string{"LICENSE": isc + gpl}, refused: "GPL-3.0-or-later is not among"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ended(t, test.files)
			if test.refused != "" {
				require.ErrorContains(t, err, "example.com/module: ")
				require.ErrorContains(t, err, test.refused)
				return
			}
			require.NoError(t, err)
			assert.Contains(t, got, test.says)
			assert.Equal(t, 1, strings.Count(got, "\nexample.com/module: "), "a module stands in one list")
		})
	}
}

func TestModulesThatCannotBeListed(t *testing.T) {
	_, err := ending(func([]string) (map[string]string, error) { return nil, errors.New("no such package") })
	require.ErrorContains(t, err, "no such package")
}

func TestNotice(t *testing.T) {
	const head = "Ours\nCopyright 2026 us\n"
	want, err := ended(t, map[string]string{"LICENSE": apache, "NOTICE": "Theirs."})
	require.NoError(t, err)
	const line = "example.com/module: Apache-2.0\n"
	for name, test := range map[string]struct{ notice, refused string }{
		"true":             {head + want, ""},
		"a line missing":   {head + strings.Replace(want, line, "", 1), "NOTICE lacks these lines:\n" + line + "NOTICE has"},
		"a line too many":  {head + strings.Replace(want, line, line+"example.com/old: MIT\n", 1), "too many:\nexample.com/old: MIT\n"},
		"another license":  {head + strings.Replace(want, "2.0", "1.1", 1), "too many:\nexample.com/module: Apache-1.1\n"},
		"a notice missing": {head + strings.Replace(want, "Theirs.\n", "", 1), "NOTICE lacks these lines:\nTheirs.\n"},
		"a line twice":     {head + strings.Replace(want, line, line+line, 1), "must end with:\n" + want},
		"nothing there":    {head, "NOTICE lacks these lines:\n" + want},
	} {
		t.Run(name, func(t *testing.T) {
			err := compare(test.notice, want)
			if test.refused == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.refused)
			}
		})
	}
}

// The real command, run where it knows of modules.
func TestModulesOfThisProgram(t *testing.T) {
	found, err := modules([]string{"."})
	require.NoError(t, err)
	require.Contains(t, found, "github.com/google/licensecheck")
	assert.DirExists(t, found["github.com/google/licensecheck"])
	assert.NotContains(t, found, "github.com/webex-calling/webex-calling-go/tools")
	_, err = modules([]string{"./nowhere"})
	require.Error(t, err)
}
