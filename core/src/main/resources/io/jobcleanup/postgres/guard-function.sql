-- Makes the function of our trigger. It has its maker's privileges, so that the host's roles need none on our tables; keys
-- are written as texts in the settings that our own sessions have.
create or replace function <function>() returns trigger
language plpgsql security definer
set search_path to pg_catalog, pg_temp set timezone to 'UTC' set datestyle to 'ISO' set extra_float_digits to '3'
as <body>
