-- How long a session of this server waits before it looks for a deadlock, in milliseconds.
select cast(setting as bigint) from pg_settings where name = 'deadlock_timeout'
