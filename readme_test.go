package webexcalling_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// readmePrograms writes the Go programs of the README to files.
func readmePrograms(t *testing.T) []string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	programs := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	require.NotEmpty(t, programs)
	var files []string
	for i, program := range programs {
		file := filepath.Join(t.TempDir(), "program"+strconv.Itoa(i)+".go")
		require.NoError(t, os.WriteFile(file, program[1], 0o600))
		files = append(files, file)
	}
	return files
}

func TestReadmeProgramsCompile(t *testing.T) {
	for _, file := range readmePrograms(t) {
		output, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput()
		require.NoError(t, err, string(output))
	}
}

// The first program of the README blocks international calls and nothing else, for everybody who has a phone.
func TestReadmeProgramOpensNothing(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, readmePrograms(t)[0]).CombinedOutput()
	require.NoError(t, err, string(output))
	for name, options := range map[string][]webextest.Option{
		"the location's values are visible": nil,
		"stored entries are visible":        {webextest.WithStoredEntriesVisible()},
	} {
		t.Run(name, func(t *testing.T) {
			server := webextest.NewServer(t, options...)
			before, phones := inForce(server), phoneOwners(server)
			run := exec.CommandContext(t.Context(), program)
			run.Env = append(os.Environ(), api.EnvironmentToken+"="+server.Token, api.EnvironmentBaseURL+"="+server.URL)
			output, err := run.CombinedOutput()
			require.NoError(t, err, string(output))
			assert.NotEmpty(t, server.Writes())
			for key, permission := range inForce(server) {
				if key.callType == "INTERNATIONAL" && phones[key.personID] {
					assert.Equal(t, "BLOCK", permission.Action, key)
					continue
				}
				assert.Equal(t, before[key], permission, key)
			}
		})
	}
}

// phoneOwners returns the ids of the people who have a phone.
func phoneOwners(server *webextest.Server) map[string]bool {
	owners := map[string]bool{}
	for device := range server.Devices() {
		if device.Type == "phone" {
			owners[device.PersonID] = true
		}
	}
	return owners
}

// personCallType names one permission.
type personCallType struct{ personID, callType string }

// inForce returns what becomes of the calls of every person.
func inForce(server *webextest.Server) map[personCallType]webextest.CallPermission {
	all := map[personCallType]webextest.CallPermission{}
	for _, person := range server.People() {
		for _, entry := range person.Outgoing.CallingPermissions {
			all[personCallType{person.ID, entry.CallType}], _ = server.InForce(person.ID, entry.CallType)
		}
	}
	return all
}
