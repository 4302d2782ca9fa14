-- Takes on the recording of the baseline, once for ever.
update job_cleanup.installation set baseline_at = clock_timestamp() where baseline_at is null
