-- Adds an account, unless there is one of that email.
insert into job_cleanup.admin (email, role, password_hash) values (:email, :role, :hash)
on conflict (email) do nothing
