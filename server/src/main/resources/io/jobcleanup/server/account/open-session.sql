-- Opens a session, if the account still has the password that was judged.
insert into job_cleanup.session (session_digest, admin_id)
select :digest, id from job_cleanup.admin where id = :account and password_hash = :hash for update
