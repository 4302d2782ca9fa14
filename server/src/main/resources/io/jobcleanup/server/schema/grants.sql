-- What the same role needs besides, to serve.
grant select on job_cleanup.service_history to "job_cleanup_app";
grant select, insert on job_cleanup.audit_entry to "job_cleanup_app";
grant select, insert, update, delete on job_cleanup.admin, job_cleanup.session, job_cleanup.api_token, job_cleanup.sign_in_attempt, job_cleanup.scheduled_task to "job_cleanup_app";
