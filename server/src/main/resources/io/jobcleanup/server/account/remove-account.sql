-- Removes an account; its sessions go with it.
delete from job_cleanup.admin where id = :id
