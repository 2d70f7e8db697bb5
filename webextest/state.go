package webextest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// State is everything that a server holds. It is plain data: read it, compare two of them with [Diff], keep it in a file.
type State struct {
	// Organization is that of [Server.Token].
	Organization
	// Customers are the organizations that its partner administrators manage.
	Customers []Organization `json:"customers,omitempty"`
	// Tokens are the access tokens, [Server.Token] among them.
	Tokens map[string]Access `json:"tokens"`
	// RefreshTokens are the refresh tokens that can be exchanged for access tokens.
	RefreshTokens []RefreshToken `json:"refreshTokens,omitempty"`
}

// Organization is what one organization holds.
type Organization struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`
	Locations    []Location    `json:"locations"`
	People       []Person      `json:"people"`
	Workspaces   []Workspace   `json:"workspaces"`
	VirtualLines []VirtualLine `json:"virtualLines"`
	Licenses     []License     `json:"licenses"`
	// Sites are the meeting sites beside those of licenses, with their attendees.
	Sites []Site `json:"sites"`
	// AccessCodes are those of the whole organization.
	AccessCodes []AccessCode `json:"accessCodes"`
	// FeatureAccess is what holds for all persons who have none of their own.
	FeatureAccess   map[string]string `json:"featureAccess"`
	Devices         Devices           `json:"devices"`
	ActivationCodes []ActivationCode  `json:"activationCodes"`
	Jobs            []Job             `json:"jobs"`
}

// Location is a site of the organization. Its outgoing permissions hold for all there who have none of their own.
type Location struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// MainNumber is a phone number of the location.
	MainNumber string   `json:"mainNumber,omitempty"`
	Outgoing   Outgoing `json:"outgoing"`
}

// Person is somebody in the organization.
type Person struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Email       string `json:"email"`
	LocationID  string `json:"locationId"`
	PhoneNumber string `json:"phoneNumber,omitempty"`
	Extension   string `json:"extension,omitempty"`
	// FeatureAccess is the person's own; with none the person follows that of the organization.
	FeatureAccess map[string]string `json:"featureAccess,omitempty"`
	Outgoing      Outgoing          `json:"outgoing"`
}

// Workspace is a room or a desk that is not one person's.
type Workspace struct {
	ID          string   `json:"id"`
	DisplayName string   `json:"displayName"`
	LocationID  string   `json:"locationId"`
	Outgoing    Outgoing `json:"outgoing"`
}

// VirtualLine is a line without a person.
type VirtualLine struct {
	ID          string   `json:"id"`
	DisplayName string   `json:"displayName"`
	LocationID  string   `json:"locationId"`
	Outgoing    Outgoing `json:"outgoing"`
}

// Outgoing is who may call where. For a location the switches have no meaning.
type Outgoing struct {
	UseCustomEnabled         bool `json:"useCustomEnabled"`
	UseCustomPermissions     bool `json:"useCustomPermissions"`
	UseCustomTransferNumbers bool `json:"useCustomTransferNumbers"`
	UseCustomAccessCodes     bool `json:"useCustomAccessCodes"`
	UseCustomDigitPatterns   bool `json:"useCustomDigitPatterns"`

	CallingPermissions []CallPermission `json:"callingPermissions"`
	// TransferNumbers are three; "" is unset.
	TransferNumbers [3]string      `json:"transferNumbers"`
	AccessCodes     []AccessCode   `json:"accessCodes"`
	DigitPatterns   []DigitPattern `json:"digitPatterns"`
}

// CallPermission is what becomes of calls of one type.
type CallPermission struct {
	CallType        string `json:"callType"`
	Action          string `json:"action"`
	TransferEnabled bool   `json:"transferEnabled"`
	// Restricted types cannot be changed.
	Restricted bool `json:"restricted,omitempty"`
}

// AccessCode lets a caller call where it is asked for.
type AccessCode struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

// DigitPattern is what becomes of calls to numbers of a form.
type DigitPattern struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Pattern         string `json:"pattern"`
	Action          string `json:"action"`
	TransferEnabled bool   `json:"transferEnabled"`
}

// License is a product with the ids of those who hold it.
type License struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	TotalUnits int    `json:"totalUnits"`
	// SiteURL is the meeting site; empty for other licenses.
	SiteURL    string   `json:"siteUrl,omitempty"`
	People     []string `json:"people"`
	Workspaces []string `json:"workspaces"`
	// Pending are persons of other organizations who have not accepted it yet.
	Pending []string `json:"pending,omitempty"`
}

// Site is a meeting site with the ids of its attendees.
type Site struct {
	URL       string   `json:"url"`
	Attendees []string `json:"attendees"`
	// Pending are persons of other organizations who have not accepted it yet.
	Pending []string `json:"pending,omitempty"`
}

// Devices are the devices of an organization. Most are made up when they are asked for: only what differs is held.
type Devices struct {
	// MadeUp is the number of devices that are made up.
	MadeUp int `json:"madeUp"`
	// Owners are the ids of the persons that they belong to in turn.
	Owners []string `json:"owners"`
	// Places are the ids of the workspaces that every eighth of them belongs to in turn.
	Places []string `json:"places"`
	// Removed are the numbers of those that were deleted, in order.
	Removed []int `json:"removed,omitempty"`
	// Changed are those that differ from what was made up, by number.
	Changed map[int]Device `json:"changed,omitempty"`
	// Added are those that came later.
	Added []Device `json:"added,omitempty"`
}

// Device is a phone or a room device. Exactly one of PersonID and WorkspaceID is set.
type Device struct {
	ID               string    `json:"id"`
	DisplayName      string    `json:"displayName"`
	PersonID         string    `json:"personId,omitempty"`
	WorkspaceID      string    `json:"workspaceId,omitempty"`
	LocationID       string    `json:"locationId"`
	Product          string    `json:"product"`
	Type             string    `json:"type"`
	MAC              string    `json:"mac,omitempty"`
	Serial           string    `json:"serial,omitempty"`
	Software         string    `json:"software,omitempty"`
	ConnectionStatus string    `json:"connectionStatus"`
	Tags             []string  `json:"tags"`
	ErrorCodes       []string  `json:"errorCodes"`
	Created          time.Time `json:"created"`
	// Platform is "cisco" if it is empty.
	Platform string `json:"platform,omitempty"`
	// PlannedMaintenance is "off" if it is empty.
	PlannedMaintenance string `json:"plannedMaintenance,omitempty"`
	UpgradeChannel     string `json:"upgradeChannel,omitempty"`
	// Password is that of a third party's phone. No answer tells it.
	Password string `json:"password,omitempty"`
}

// ActivationCode registers a device for its owner when it is typed in, until it expires.
type ActivationCode struct {
	Code        string    `json:"code"`
	ExpiryTime  time.Time `json:"expiryTime"`
	PersonID    string    `json:"personId,omitempty"`
	WorkspaceID string    `json:"workspaceId,omitempty"`
	Model       string    `json:"model,omitempty"`
}

// Job applies settings to devices. How far it has come follows from the time.
type Job struct {
	ID         string    `json:"id"`
	InstanceID int64     `json:"instanceId"`
	TrackingID string    `json:"trackingId"`
	Started    time.Time `json:"started"`
	// Duration is how long the job takes, in JSON in nanoseconds.
	Duration time.Duration `json:"duration"`
	// LocationID is empty for a job of the whole organization.
	LocationID                    string `json:"locationId"`
	LocationCustomizationsEnabled bool   `json:"locationCustomizationsEnabled"`
	DeviceCount                   int    `json:"deviceCount"`
	// Failed are the ids of the devices that refuse the settings: those that had error codes when it began.
	Failed []string `json:"failed"`
	// Aborted jobs end with the status FAILED.
	Aborted bool `json:"aborted,omitempty"`
}

// copyOf returns a value that shares nothing with the original.
func copyOf[T any](value T) T { return decode[T](encode(value)) }

func encode(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // Plain data can be encoded.
	}
	return data
}

func decode[T any](data []byte) T {
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		panic(err) // It is the JSON of such a value.
	}
	return value
}

// Save writes the state to a file, as JSON. The file is the old one or the new one, never a part.
func (s State) Save(path string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("webextest: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // For its owner only: it holds tokens and codes.
	if err != nil {
		return fmt.Errorf("webextest: %w", err)
	}
	_, err = file.Write(append(data, '\n'))
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("webextest: %w", err)
	}
	return nil
}

// LoadState reads a state from a file that [State.Save] wrote. It rejects a file that does not match state.schema.json of this
// package, such as one with an unknown member; the error says where.
func LoadState(path string) (State, error) {
	var s State
	data, err := os.ReadFile(path) //nolint:gosec // The caller says which file.
	if err == nil {
		err = checkState(data)
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return State{}, fmt.Errorf("webextest: %s: %w", path, err)
	}
	return s, nil
}
