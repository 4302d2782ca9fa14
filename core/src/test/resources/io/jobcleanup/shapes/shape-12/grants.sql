-- What the owner grants the role that cleans up. It is under row-level security, and says who it is in each transaction;
-- the function runs with its rights, so it needs those that the function takes.
create role :cleaner login password 'secret';
grant create on database :database to :cleaner;       -- to make our own schema
grant select, update (status, failure, updated_at) on enhancements to :cleaner;
grant select, update (credits) on accounts to :cleaner;
grant select, insert on credit_log to :cleaner;
