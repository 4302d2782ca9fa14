-- Which of our migrations were applied; the table itself may not be there.
select max(cast(version as int)) as version from job_cleanup.schema_history where success and version is not null
