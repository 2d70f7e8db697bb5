package webextest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// model is a product with what all its devices have in common.
type model struct {
	product, software string
	deviceType        server.DeviceType
	platform          server.DevicePlatform
}

const (
	phoneSoftware = "sip88xx.12-0-7MPP0001-125"
	roomSoftware  = "RoomOS 11.24.1.8 2a6c1a8e0f1"
)

var (
	deskPhones = []model{
		{"Cisco 8865", phoneSoftware, server.DeviceTypePhone, ""},
		{"Cisco 8845", phoneSoftware, server.DeviceTypePhone, ""},
		{"Cisco 9871", "PhoneOS.3.3.1.0301-76", server.DeviceTypePhone, ""},
		{"Cisco 7841", "sip78xx.12-0-7MPP0001-125", server.DeviceTypePhone, ""},
	}
	headset = model{"Cisco Headset 730", "1-14-0-172", server.DeviceTypeAccessory, ""}
	deskPro = model{"Cisco Desk Pro", roomSoftware, server.DeviceTypeRoomDesk, ""}
	// workspaceModels are what workspaces have in turn.
	workspaceModels = []model{
		{"Cisco 8832", "sip8832.12-0-7MPP0001-125", server.DeviceTypePhone, ""},
		{"Cisco Room Kit", roomSoftware, server.DeviceTypeRoomDesk, ""},
		deskPro,
		{"Cisco Room Navigator", roomSoftware, server.DeviceTypeAccessory, ""},
		{"Cisco Board Pro 55", roomSoftware, server.DeviceTypeRoomDesk, server.DevicePlatformMicrosoftTeamsRoom},
	}
	// rareStatuses are the connection statuses of every tenth device, in turn.
	rareStatuses = []server.DeviceConnectionStatus{
		server.DeviceConnectionStatusConnectedWithIssues, server.DeviceConnectionStatusOfflineExpired,
		server.DeviceConnectionStatusActivating, server.DeviceConnectionStatusPending,
		server.DeviceConnectionStatusUnknown, server.DeviceConnectionStatusOfflineDeepSleep,
	}
)

// makeUpDevice makes up a device from its number. Every eighth belongs to a workspace, the others to persons.
func (o *organization) makeUpDevice(number int) Device {
	owners, places := o.Devices.Owners, o.Devices.Places
	inWorkspace := len(places) > 0 && (number%8 == 7 || len(owners) == 0)
	m := modelOf(number, inWorkspace)
	device := Device{
		ID:               encodeID(deviceKind, o.ids.id(number).String()),
		Product:          m.product,
		Type:             string(m.deviceType),
		MAC:              fmt.Sprintf("02005E%06X", number),
		Serial:           fmt.Sprintf("FVH2740%04X", number),
		Software:         m.software,
		ConnectionStatus: string(madeUpStatus(number)),
		Tags:             madeUpTags(number),
		ErrorCodes:       madeUpErrors(number),
		Created:          birth.Add(time.Duration(number) * time.Hour),
		Platform:         string(m.platform),
	}
	if m.deviceType == server.DeviceTypeRoomDesk {
		device.UpgradeChannel = []string{"stable", "stable", "preview"}[number%3]
		device.PlannedMaintenance = []string{"", "", "", "on", "upcoming"}[number%5]
	}
	switch {
	case inWorkspace:
		device.WorkspaceID = places[number/8%len(places)]
	case len(owners) > 0:
		device.PersonID = owners[number%len(owners)]
	}
	return o.owned(device)
}

func modelOf(number int, inWorkspace bool) model {
	switch {
	case inWorkspace:
		return workspaceModels[number/8%len(workspaceModels)]
	case number%25 == 12:
		return headset
	case number%25 == 24:
		return deskPro
	}
	return deskPhones[number%len(deskPhones)]
}

// madeUpStatus connects eight of ten devices.
func madeUpStatus(number int) server.DeviceConnectionStatus {
	switch number % 10 {
	case 4:
		return server.DeviceConnectionStatusDisconnected
	case 9:
		return rareStatuses[number/10%len(rareStatuses)]
	}
	return server.DeviceConnectionStatusConnected
}

func madeUpTags(number int) []string {
	switch number % 12 {
	case 6:
		return []string{"third floor"}
	case 10:
		return []string{"third floor", "spare"}
	}
	return []string{}
}

// madeUpErrors returns error codes for devices that are connected with issues.
func madeUpErrors(number int) []string {
	if madeUpStatus(number) == server.DeviceConnectionStatusConnectedWithIssues {
		return []string{"sipprofileregistration"}
	}
	return []string{}
}

// idCipher encrypts numbers to ids and decrypts ids to numbers, so that made-up devices need no memory.
type idCipher struct{ block cipher.Block }

func newIDCipher(name string) idCipher {
	secret := sha256.Sum256([]byte(name))
	block, err := aes.NewCipher(secret[:aes.BlockSize])
	if err != nil {
		panic(err) // The length is right.
	}
	return idCipher{block}
}

func (c idCipher) id(number int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], uint64(number)) //nolint:gosec // It is not negative.
	c.block.Encrypt(id[:], id[:])
	return id
}

func (c idCipher) number(id string) (int, bool) {
	name, err := uuid.Parse(key(id))
	if err != nil {
		return 0, false
	}
	c.block.Decrypt(name[:], name[:])
	number := binary.BigEndian.Uint64(name[8:])
	return int(number), binary.BigEndian.Uint64(name[:8]) == 0 && number < 1<<31 //nolint:gosec // It is less.
}
