-- Makes the first admin, of an account that is there already where it has that email.
insert into job_cleanup.admin (email, role, password_hash) values (:email, 'ADMIN', :hash)
on conflict (email) do update set role = excluded.role, password_hash = excluded.password_hash
