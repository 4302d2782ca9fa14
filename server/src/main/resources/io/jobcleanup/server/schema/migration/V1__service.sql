-- What the service remembers besides the books: who may use it, what they did, and its schedule.

create table job_cleanup.admin (
  id uuid primary key default gen_random_uuid(),
  email text not null unique,         -- in lower case
  role text not null check (role in ('VIEWER', 'OPERATOR', 'ADMIN')),
  password_hash text not null,
  created_at timestamptz not null default clock_timestamp()
);
comment on table job_cleanup.admin is 'People who may sign in.';

create table job_cleanup.session (
  session_digest bytea primary key,   -- SHA-256 of what the cookie holds
  admin_id uuid not null references job_cleanup.admin on delete cascade,
  created_at timestamptz not null default clock_timestamp(),
  used_at timestamptz not null default clock_timestamp()
);
create index session_admin on job_cleanup.session (admin_id);
comment on table job_cleanup.session is 'One row for each signed-in browser.';

create table job_cleanup.api_token (
  name text primary key,
  role text not null check (role in ('VIEWER', 'OPERATOR', 'ADMIN')),
  token_digest bytea not null unique, -- SHA-256 of the token
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz              -- null: never
);
comment on table job_cleanup.api_token is 'Tokens that programs use in the place of a session. A revoked one is deleted.';

create table job_cleanup.sign_in_attempt (
  id bigint generated always as identity primary key,
  account_digest bytea not null,      -- SHA-256 of the email as typed, known or not
  address text not null,
  state text not null default 'JUDGED_NOW' check (state in ('JUDGED_NOW', 'WRONG')),
  tried_at timestamptz not null default clock_timestamp()
);
create index sign_in_attempt_account on job_cleanup.sign_in_attempt (account_digest, tried_at);
create index sign_in_attempt_address on job_cleanup.sign_in_attempt (address, tried_at);
create index sign_in_attempt_tried_at on job_cleanup.sign_in_attempt (tried_at);
comment on table job_cleanup.sign_in_attempt is 'Wrong passwords of the last 15 minutes, and those being judged.';

create table job_cleanup.audit_entry (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text,                         -- null: nobody known
  origin text not null,               -- the client's address, "command line" or "start"
  act text not null,
  target text,
  before jsonb,
  after jsonb,
  reason text
);
create index audit_entry_at on job_cleanup.audit_entry (at);
comment on table job_cleanup.audit_entry is 'Who did what, from where, and who was refused.';

-- As db-scheduler wants it.
create table job_cleanup.scheduled_task (
  task_name text not null,
  task_instance text not null,
  task_data bytea,
  execution_time timestamptz not null,
  picked boolean not null,
  picked_by text,
  last_success timestamptz,
  last_failure timestamptz,
  consecutive_failures int,
  last_heartbeat timestamptz,
  version bigint not null,
  priority smallint,
  primary key (task_name, task_instance)
);
create index scheduled_task_execution_time on job_cleanup.scheduled_task (execution_time);
create index scheduled_task_last_heartbeat on job_cleanup.scheduled_task (last_heartbeat);
comment on table job_cleanup.scheduled_task is 'What runs when, and on which instance.';
