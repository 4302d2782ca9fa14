-- Whether there is an admin.
select exists (select from job_cleanup.admin where role = 'ADMIN')
