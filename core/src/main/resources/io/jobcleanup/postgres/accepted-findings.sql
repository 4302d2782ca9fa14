-- What somebody took responsibility for.
select finding, reason, accepted_by from job_cleanup.accepted_finding
