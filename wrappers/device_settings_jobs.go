package wrappers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/webex-calling/webex-calling-go/gen"
)

// DeviceSettingsJobService runs jobs that apply settings to the devices of the organization or of a location.
type DeviceSettingsJobService struct{ caller *caller }

// List gives the jobs of the organization, newest first, page by page.
//
// Scope: spark-admin:telephony_config_read.
func (s *DeviceSettingsJobService) List(ctx context.Context) iter.Seq2[gen.DeviceSettingsJob, error] {
	return pages[gen.DeviceSettingsJob]{
		caller: s.caller,
		first: func(start int) (*http.Response, error) {
			return s.caller.client.ListDeviceSettingsJobs(ctx, &gen.ListDeviceSettingsJobsParams{Start: ifSet(start)})
		},
		shape: itemList,
		key:   func(job gen.DeviceSettingsJob) string { return job.ID },
	}.all(ctx)
}

// Start begins a job. Only what is set in the request is changed. An organization runs one job at a time: while it does, the
// error is [ErrJobRunning].
//
// Scope: spark-admin:telephony_config_write.
func (s *DeviceSettingsJobService) Start(
	ctx context.Context, request gen.StartDeviceSettingsJobRequest,
) (gen.DeviceSettingsJob, error) {
	if err := checkJob(request); err != nil {
		return gen.DeviceSettingsJob{}, err
	}
	resp, err := post(ctx, s.caller, request, (*gen.Client).StartDeviceSettingsJobWithBody)
	return read(resp, err, isJob)
}

func isJob(job gen.DeviceSettingsJob) bool { return job.ID != "" }

func checkJob(request gen.StartDeviceSettingsJobRequest) error {
	enabled := request.LocationCustomizationsEnabled
	empty := request.Customizations == nil || *request.Customizations == gen.DeviceCustomizations{}
	switch {
	case request.LocationID != nil && *request.LocationID == "":
		return errors.New("webex: request: LocationID is empty; nil is the whole organization")
	case enabled != nil && request.LocationID == nil:
		return errors.New("webex: request: LocationCustomizationsEnabled has a meaning only with a LocationID")
	case enabled != nil && !*enabled && request.Customizations != nil:
		return errors.New("webex: request: Customizations have no meaning when LocationCustomizationsEnabled is false")
	case empty && (enabled == nil || *enabled):
		return errors.New("webex: request: Customizations are empty: there is nothing to apply")
	}
	return nil
}

// Get answers how far a job has come.
//
// Scope: spark-admin:telephony_config_read.
func (s *DeviceSettingsJobService) Get(ctx context.Context, jobID string) (gen.DeviceSettingsJob, error) {
	return get(ctx, s.caller, "jobID", jobID, (*gen.Client).GetDeviceSettingsJob, isJob)
}

// Errors gives what went wrong in a job, page by page.
//
// Scope: spark-admin:telephony_config_read.
func (s *DeviceSettingsJobService) Errors(ctx context.Context, jobID string) iter.Seq2[gen.DeviceSettingsJobErrorItem, error] {
	if err := checkID("jobID", jobID); err != nil {
		return failed[gen.DeviceSettingsJobErrorItem](err)
	}
	return pages[gen.DeviceSettingsJobErrorItem]{
		caller: s.caller,
		first: func(start int) (*http.Response, error) {
			params := gen.ListDeviceSettingsJobErrorsParams{Start: ifSet(start)}
			return s.caller.client.ListDeviceSettingsJobErrors(ctx, jobID, &params)
		},
		shape: itemList,
		key:   func(item gen.DeviceSettingsJobErrorItem) string { return fmt.Sprintf("%+v", item) },
	}.all(ctx)
}

const (
	// Wait polls often at first, then ever less.
	firstPoll = time.Second
	slowPoll  = 30 * time.Second
	// maxFailedPolls is the number of polls in a row that may fail on the server.
	maxFailedPolls = 3
)

// Wait polls a job until it has ended and returns its last state. progress, unless it is nil, is called with every state. A job
// that failed, was stopped or ended with errors is a [*JobError], which is [ErrJobFailed]; read its errors with
// [DeviceSettingsJobService.Errors]. Once a poll has succeeded, Wait continues after up to three polls in a row that fail with
// [ErrServer]. It ends early with the context.
//
// Scope: spark-admin:telephony_config_read.
func (s *DeviceSettingsJobService) Wait(
	ctx context.Context, jobID string, progress func(gen.DeviceSettingsJob),
) (gen.DeviceSettingsJob, error) {
	var job gen.DeviceSettingsJob
	failed := maxFailedPolls // If the first poll fails, so does Wait.
	for pause := firstPoll; ; pause = min(pause*3/2, slowPoll) {
		state, err := s.Get(ctx, jobID)
		if failed++; err != nil && (!errors.Is(err, ErrServer) || failed > maxFailedPolls || ctx.Err() != nil) {
			return job, err
		}
		if err == nil {
			job, failed = state, 0
			if progress != nil {
				progress(job)
			}
			if ended, err := outcome(job); ended {
				return job, err
			}
		}
		if err := sleep(ctx, pause); err != nil {
			return job, fmt.Errorf("webex: waiting for the job %s: %w", jobID, err)
		}
	}
}

// sleep passes time, or fails when the context ends before.
func sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

// outcome reports whether a job has ended, and how. Either the status or the exit code may show the end, and the other may be
// missing or unknown here.
func outcome(job gen.DeviceSettingsJob) (ended bool, err error) {
	status, exit := job.LatestExecutionStatus, job.LatestExecutionExitCode
	switch {
	case status == "" && exit == "":
		return true, fmt.Errorf("webex: the job %s: %w: the body has no status", job.ID, ErrBadResponse)
	case slices.Contains(failedStatuses, status), slices.Contains(failedExitCodes, exit):
		return true, &JobError{job}
	case slices.Contains(runningStatuses, status):
		return false, nil
	case exit == gen.JobExitCodeCompleted, status == gen.JobStatusCompleted && exit == "":
		return true, nil
	case status == gen.JobStatusCompleted:
		return true, &JobError{job}
	}
	return false, nil
}

// The statuses and exit codes are those of Spring Batch, by their names. The server was seen to return some of them.
var (
	runningStatuses = []gen.JobStatus{gen.JobStatusStarting, gen.JobStatusStarted, "STOPPING"}
	failedStatuses  = []gen.JobStatus{gen.JobStatusFailed, "STOPPED", "ABANDONED"}
	failedExitCodes = []gen.JobExitCode{gen.JobExitCodeFailed, gen.JobExitCodeStopped, gen.JobExitCodeCompletedWithErrors}
)

// JobError is a job that ended otherwise than well.
type JobError struct {
	// Job is its last state.
	Job gen.DeviceSettingsJob
}

// Error tells how the job ended.
func (e *JobError) Error() string {
	return fmt.Sprintf("webex: the job %s ended as %s %s", e.Job.ID, e.Job.LatestExecutionStatus, e.Job.LatestExecutionExitCode)
}

// Unwrap gives [ErrJobFailed].
func (e *JobError) Unwrap() error { return ErrJobFailed }
