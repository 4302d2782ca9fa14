-- Keeps a token's digest, unless there is a token of that name; without seconds it never expires.
insert into job_cleanup.api_token (name, role, token_digest, expires_at)
values (:name, :role, :digest, clock_timestamp() + cast(:seconds as bigint) * interval '1 second')
on conflict (name) do nothing
returning created_at
