package wrappers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/redact"
	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// AccessCodeListService reads and deletes access codes, which all kinds of entity can do. Formerly, and still in some
// clients, they are called authorizationCodes.
type AccessCodeListService struct{ entity entity }

// List answers the codes of the entity: its own (level CUSTOM) and those inherited from its location (level LOCATION). The
// codes of a location have no level.
func (s *AccessCodeListService) List(ctx context.Context) (gen.AccessCodes, error) {
	e := s.entity
	read, err := getFeature(ctx, e, e.kind.accessCodes.get, accessCodeResponse.isOne)
	return gen.AccessCodes{UseCustomAccessCodes: read.UseCustomAccessCodes, AccessCodes: read.AccessCodes.value}, err
}

// accessCodeResponse takes the shapes of all kinds of entity: a list, or the single code of a location.
type accessCodeResponse struct {
	UseCustomAccessCodes *bool                             `json:"useCustomAccessCodes"`
	AccessCodes          member[wire.List[gen.AccessCode]] `json:"accessCodes"`
}

// isOne reports whether the response holds access codes. Null is no codes; an object that has no code is not a single one.
func (r accessCodeResponse) isOne() bool {
	codes := r.AccessCodes.value
	return (r.AccessCodes.found || r.UseCustomAccessCodes != nil) && (len(codes) != 1 || codes[0].Code != "")
}

// Delete deletes some codes, named by their digits. To delete all there is [AccessCodeListService.DeleteAll].
func (s *AccessCodeListService) Delete(ctx context.Context, codes ...string) error {
	if err := checkDeletion(codes); err != nil {
		return err
	}
	return s.entity.update(ctx, s.entity.kind.accessCodes.update, gen.AccessCodesUpdate{DeleteCodes: codes})
}

// DeleteAll deletes every own code of the entity.
func (s *AccessCodeListService) DeleteAll(ctx context.Context) error {
	return s.entity.act(ctx, s.entity.kind.accessCodeList.deleteAll)
}

// AccessCodeService manages the access codes of a person, workspace or virtual line. The service accepts 1,000 of them.
type AccessCodeService struct{ AccessCodeListService }

// Create creates one code; the service takes no more in a call.
func (s *AccessCodeService) Create(ctx context.Context, code gen.AccessCodeDefinition) error {
	if err := checkCodes([]gen.AccessCodeDefinition{code}); err != nil {
		return err
	}
	return s.entity.update(ctx, s.entity.kind.accessCodeList.create, code)
}

// UseCustom puts the own codes in force beside the inherited ones, or takes them out of force.
func (s *AccessCodeService) UseCustom(ctx context.Context, on bool) error {
	return s.entity.update(ctx, s.entity.kind.accessCodes.update, gen.AccessCodesUpdate{UseCustomAccessCodes: &on})
}

// LocationAccessCodeService manages the access codes of a location.
type LocationAccessCodeService struct{ AccessCodeListService }

// Create creates codes, several in one call.
func (s *LocationAccessCodeService) Create(ctx context.Context, codes ...gen.AccessCodeDefinition) error {
	if err := checkCodes(codes); err != nil {
		return err
	}
	return s.entity.update(ctx, s.entity.kind.accessCodeList.create, gen.LocationAccessCodes{AccessCodes: codes})
}

// OrganizationAccessCodeService manages the access codes that hold for the whole organization. They lie below
// /telephony/config/outgoingPermission.
type OrganizationAccessCodeService struct{ caller *caller }

// ListOrganizationAccessCodesParams are the filters of a list of the organization's codes. What is empty is not sent.
type ListOrganizationAccessCodesParams struct {
	// Codes asks for these codes only.
	Codes []string
	// Descriptions asks for codes with one of these descriptions only.
	Descriptions []string
	// Max is the number of codes to ask for in a page. All pages are read, whatever it is.
	Max int
	// Start is the number of codes to pass over.
	Start int
}

// LogValue is the filters without the codes, for package slog.
func (p ListOrganizationAccessCodesParams) LogValue() slog.Value {
	type plain ListOrganizationAccessCodesParams
	p.Codes = redact.Field(p.Codes)
	return slog.AnyValue(plain(p))
}

// Format prints the filters without the codes.
func (p ListOrganizationAccessCodesParams) Format(state fmt.State, verb rune) {
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), p.LogValue().Any())
}

// List gives the codes that meet params, page by page. The service is known to answer 100,000 in all.
//
// Scope: spark-admin:telephony_config_read.
func (s *OrganizationAccessCodeService) List(
	ctx context.Context, params ListOrganizationAccessCodesParams,
) iter.Seq2[gen.AccessCode, error] {
	if params.Max < 0 || params.Start < 0 {
		return failed[gen.AccessCode](
			fmt.Errorf("webex: params: Max %d and Start %d must not be negative", params.Max, params.Start))
	}
	params.Codes, params.Descriptions = slices.Clone(params.Codes), slices.Clone(params.Descriptions)
	return pages[gen.AccessCode]{
		caller: s.caller,
		first: func(start int) (*http.Response, error) {
			return s.caller.client.ListOrganizationAccessCodes(ctx, &gen.ListOrganizationAccessCodesParams{
				Code: ifAny(params.Codes), Description: ifAny(params.Descriptions), Max: ifSet(params.Max), Start: ifSet(start),
			})
		},
		shape: itemList,
		size:  params.Max,
		start: params.Start,
		key:   func(code gen.AccessCode) string { return code.Code },
	}.all(ctx)
}

// Create creates codes, 10,000 at most in a call.
//
// Scope: spark-admin:telephony_config_write.
func (s *OrganizationAccessCodeService) Create(ctx context.Context, codes ...gen.AccessCodeDefinition) error {
	if len(codes) > mostCodes {
		return fmt.Errorf("webex: codes are %d; the service takes no more than %d in a call", len(codes), mostCodes)
	}
	if err := checkCodes(codes); err != nil {
		return err
	}
	request := gen.CreateOrganizationAccessCodesRequest{AccessCodes: codes}
	return finish(post(ctx, s.caller, request, (*gen.Client).CreateOrganizationAccessCodesWithBody))
}

// Delete deletes codes, named by their digits, 10,000 at most in a call. There is no call that deletes all.
//
// Scope: spark-admin:telephony_config_write.
func (s *OrganizationAccessCodeService) Delete(ctx context.Context, codes ...string) error {
	if len(codes) > mostCodes {
		return fmt.Errorf("webex: codes are %d; the service takes no more than %d in a call", len(codes), mostCodes)
	}
	if err := checkDeletion(codes); err != nil {
		return err
	}
	request := gen.DeleteAccessCodesRequest{DeleteCodes: codes}
	return finish(post(ctx, s.caller, request, (*gen.Client).DeleteOrganizationAccessCodesWithBody))
}

// mostCodes is the number of codes that the service takes in a call for the organization (error 25085 beyond).
const mostCodes = 10_000

func checkCodes(codes []gen.AccessCodeDefinition) error {
	if len(codes) == 0 {
		return errors.New("webex: codes are empty: there is nothing to create")
	}
	for i, code := range codes {
		if code.Code == "" || code.Description == "" {
			return fmt.Errorf("webex: codes[%d] needs a Code and a Description", i)
		}
	}
	return nil
}

func checkDeletion(codes []string) error {
	if len(codes) == 0 {
		return errors.New("webex: codes are empty: there is nothing to delete")
	}
	if slices.Contains(codes, "") {
		return errors.New("webex: codes have an empty one")
	}
	return nil
}
