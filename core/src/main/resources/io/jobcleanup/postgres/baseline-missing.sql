-- Whether the baseline is still to be recorded, and our role may.
select exists (select from job_cleanup.installation where baseline_at is null)
       and has_table_privilege('job_cleanup.installation', 'update')
       and has_table_privilege('job_cleanup.baseline', 'insert')
