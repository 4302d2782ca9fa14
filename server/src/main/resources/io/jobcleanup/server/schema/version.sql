-- Which of the service's migrations were applied; the table itself may not be there.
select coalesce(max(cast(version as int)), 0) from job_cleanup.service_history where success and version is not null
