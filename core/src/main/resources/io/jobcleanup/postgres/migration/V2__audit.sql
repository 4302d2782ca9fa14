-- What an audit needs to tell our doing from that of others, and what people decided about it.

alter table job_cleanup.refund
  add column balance_after numeric,   -- as the ledger row was written with it
  add column waived_at timestamptz,
  add column waived_by text;          -- null: the host had given it back itself
create index refund_newest on job_cleanup.refund (failed_at);

create table job_cleanup.late_completion (
  id bigint generated always as identity primary key,
  source text not null,
  job_table text not null,
  job_key text not null,
  run_id uuid not null,               -- the run that failed the job
  prevented boolean not null,         -- by our trigger: the job is still failed
  status text not null,               -- that the worker wrote, or wanted to write
  delivered jsonb,                    -- what the job's row held besides, or would have held
  found_at timestamptz not null default clock_timestamp(),
  unique (job_table, job_key, run_id, prevented)
);
comment on table job_cleanup.late_completion is 'Jobs that a worker completed after they had been failed and given back.';

create table job_cleanup.guard_release (
  job_table text not null,
  job_key text not null,
  run_id uuid not null,               -- the run that failed the job
  primary key (job_table, job_key, run_id)
);
comment on table job_cleanup.guard_release is 'Failed jobs that the host has put back to work since: our trigger leaves them alone.';

create table job_cleanup.accepted_finding (
  finding text primary key,           -- its id, which changes with rows and amounts
  description text not null,
  reason text not null,
  accepted_by text,
  accepted_at timestamptz not null default clock_timestamp()
);
comment on table job_cleanup.accepted_finding is 'What somebody looked at in the books and took responsibility for.';
