-- What the owner grants the role that cleans up. Like Supabase's own service_role it passes by row-level security: policies
-- are for people who are signed in.
create role :cleaner login password 'secret' bypassrls;
grant create on database :database to :cleaner;       -- to make our own schema
grant select, update (status, error_message) on generations to :cleaner;
grant select, update (credits) on profiles to :cleaner;
grant select, insert on credit_transactions to :cleaner;
