-- Whether anybody but a schedule ever started a run.
select exists (select from job_cleanup.installation where asked_for_at is not null)
