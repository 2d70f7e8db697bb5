package webextest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

const jobKind = "us/JOB_ID"

// progress is how far a job has come, from 0 to 1.
func (o *organization) progress(job Job) float64 {
	if job.Duration <= 0 {
		return 1
	}
	return max(0, min(1, float64(o.config.clock().Sub(job.Started))/float64(job.Duration)))
}

// start is the part of a job in which it is only about to begin.
const start = 0.1

// status is how a job stands by its progress.
func (j Job) status(progress float64) (server.JobStatus, server.JobExitCode) {
	switch {
	case progress < start:
		return server.JobStatusStarting, server.JobExitCodeUnknown
	case progress < 1:
		return server.JobStatusStarted, server.JobExitCodeUnknown
	case j.Aborted:
		return server.JobStatusFailed, server.JobExitCodeFailed
	case len(j.Failed) > 0:
		return server.JobStatusCompleted, server.JobExitCodeCompletedWithErrors
	}
	return server.JobStatusCompleted, server.JobExitCodeCompleted
}

// jobView is a job as the service shows it.
func (o *organization) jobView(j Job) server.DeviceSettingsJob {
	progress := o.progress(j)
	status, exit := j.status(progress)
	updated := j.Started.Add(time.Duration(progress * float64(j.Duration))).Truncate(time.Millisecond)
	execution := server.JobExecution{
		ID: j.InstanceID, CreatedTime: new(timestamp(j.Started)), StartTime: new(timestamp(j.Started)),
		LastUpdated:   new(timestamp(updated)),
		StatusMessage: &status, ExitCode: &exit,
		TimeElapsed: new(fmt.Sprintf("PT%.3fS", updated.Sub(j.Started).Seconds())), StepExecutionStatuses: []server.JobStep{},
	}
	if progress == 1 {
		execution.EndTime = new(timestamp(updated))
	}
	const percent = 100
	view := server.DeviceSettingsJob{
		ID: j.ID, InstanceID: j.InstanceID, TrackingID: j.TrackingID,
		Name: new("calldevicesettings"), JobType: new("calldevicesettings"),
		SourceUserID: o.administrator(), SourceCustomerID: o.ID, TargetCustomerID: o.ID,
		JobExecutionStatus:    []server.JobExecution{execution},
		LatestExecutionStatus: status, LatestExecutionExitCode: &exit, LocationID: &j.LocationID,
		Target: new(server.JobTargetCustomer), PercentageComplete: new(int(progress * percent)), DeviceCount: &j.DeviceCount,
	}
	if e, ok := o.entities[key(j.LocationID)]; ok && e.kind == locationKind {
		view.Target, view.LocationName = new(server.JobTargetLocation), &e.location.Name
		view.LocationCustomizationsEnabled = &j.LocationCustomizationsEnabled
	}
	return view
}

// administrator returns the id of the person who starts jobs: the first person of the organization.
func (o *organization) administrator() string {
	if len(o.People) == 0 {
		return o.ID
	}
	return o.vary(o.People[0].ID)
}

// ListDeviceSettingsJobs answers a page of the jobs, newest first.
func (o *organization) ListDeviceSettingsJobs(
	w http.ResponseWriter, r *http.Request, params server.ListDeviceSettingsJobsParams,
) {
	start, size, ok := o.span(w, params.Start, params.Max)
	if !ok {
		return
	}
	newest := slices.Clone(o.Jobs)
	slices.Reverse(newest)
	page := []server.DeviceSettingsJob{}
	for _, job := range pageOf(newest, start, size) {
		page = append(page, o.jobView(job))
	}
	sendPage(w, r, page, start, size, func(page []server.DeviceSettingsJob) any {
		return server.DeviceSettingsJobList{Items: page}
	})
}

// StartDeviceSettingsJob begins a job, if none is running.
func (o *organization) StartDeviceSettingsJob(w http.ResponseWriter, r *http.Request) {
	request, ok := receive[server.StartDeviceSettingsJobRequest](w, r)
	if !ok {
		return
	}
	location := value(request.LocationID)
	if e, known := o.entities[key(location)]; location != "" && (!known || e.kind != locationKind) {
		unknown(w, "location", location)
		return
	}
	if enabled := request.LocationCustomizationsEnabled; request.Customizations == nil &&
		(location == "" || enabled == nil || *enabled) {
		refuse(w, http.StatusBadRequest, 25008, "Missing mandatory field: customizations")
		return
	}
	if slices.ContainsFunc(o.Jobs, func(j Job) bool { return o.progress(j) < 1 }) {
		refuse(w, http.StatusConflict, 0, "A device settings job is running")
		return
	}
	job := Job{
		ID: o.newID(jobKind), InstanceID: int64(len(o.Jobs) + 1), TrackingID: "WEBEXTEST_JOB_" + strconv.Itoa(len(o.Jobs)+1),
		Started: o.now(), Duration: o.config.jobDuration, LocationID: location,
		LocationCustomizationsEnabled: value(request.LocationCustomizationsEnabled), Failed: []string{},
	}
	o.concerned(&job)
	o.Jobs = append(o.Jobs, job)
	answer(w, o.jobView(job))
}

// concerned notes the devices that a job is for, and those that will refuse it.
func (o *organization) concerned(job *Job) {
	for position := 0; ; position++ {
		slot, more := o.slot(position)
		if !more {
			return
		}
		device := o.deviceAt(slot)
		if job.LocationID != "" && key(device.LocationID) != key(job.LocationID) {
			continue
		}
		job.DeviceCount++
		if len(device.ErrorCodes) > 0 {
			job.Failed = append(job.Failed, device.ID)
		}
	}
}

// GetDeviceSettingsJob answers how far a job has come.
func (o *organization) GetDeviceSettingsJob(w http.ResponseWriter, _ *http.Request, jobID string) {
	if job, ok := o.job(w, jobID); ok {
		answer(w, o.jobView(job))
	}
}

// ListDeviceSettingsJobErrors answers a page of what went wrong in a job that has ended.
func (o *organization) ListDeviceSettingsJobErrors(
	w http.ResponseWriter, r *http.Request, jobID string, params server.ListDeviceSettingsJobErrorsParams,
) {
	job, ok := o.job(w, jobID)
	if !ok {
		return
	}
	start, size, ok := o.span(w, params.Start, params.Max)
	if !ok {
		return
	}
	page := []server.DeviceSettingsJobErrorItem{}
	if o.progress(job) == 1 {
		for i, device := range pageOf(job.Failed, start, size) {
			page = append(page, jobError(job, start+i+1, device))
		}
	}
	sendPage(w, r, page, start, size, func(page []server.DeviceSettingsJobErrorItem) any {
		return server.DeviceSettingsJobErrorList{Items: page}
	})
}

func jobError(job Job, number int, device string) server.DeviceSettingsJobErrorItem {
	return server.DeviceSettingsJobErrorItem{
		ItemNumber: &number, Item: &device, TrackingID: &job.TrackingID, ErrorType: new("ERROR"),
		Error: &server.JobError{Key: new("500"), Message: []server.JobErrorMessage{{
			Description: new("The device refuses its settings"), Code: nullable.NewNullNullable[string](),
			Location: nullable.NewNullNullable[string](), LocationID: given(job.LocationID),
		}}},
	}
}

func (o *organization) job(w http.ResponseWriter, id string) (Job, bool) {
	i := slices.IndexFunc(o.Jobs, func(j Job) bool { return key(j.ID) == key(id) })
	if i < 0 {
		unknown(w, "job", id)
		return Job{}, false
	}
	return o.Jobs[i], true
}
