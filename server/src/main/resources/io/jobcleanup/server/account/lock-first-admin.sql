-- One instance at a time, until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('job_cleanup: first admin', 0))
