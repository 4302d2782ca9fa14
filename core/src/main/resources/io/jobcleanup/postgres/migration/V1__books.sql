-- What Job Cleanup remembers. The host's tables are not touched.

create table job_cleanup.run (
  id uuid primary key,
  trigger text not null,
  actor text,
  dry_run boolean not null,
  timeout_ms bigint,                  -- null: each source's own
  batch_size int not null,
  drain boolean not null,
  state text not null default 'RUNNING' check (state in ('RUNNING', 'COMPLETED', 'FAILED')),
  started_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  total_found bigint not null default 0,
  cleaned_up bigint not null default 0,
  failed bigint not null default 0,
  tokens_refunded numeric not null default 0,
  owed_paid bigint not null default 0,
  owed_tokens_paid numeric not null default 0,
  error text
);
create index run_started_at on job_cleanup.run (started_at);
create index run_completed_at on job_cleanup.run (completed_at) where state = 'COMPLETED';
comment on table job_cleanup.run is 'One row per cleanup.';

create table job_cleanup.run_job (
  run_id uuid not null references job_cleanup.run on delete cascade,
  job_table text not null,
  job_key text not null,
  source text not null,
  payer text,
  outcome text not null,
  tokens_refunded numeric not null,
  cost numeric,
  duration_ms bigint not null,
  cause text,
  settled_at timestamptz not null,
  primary key (run_id, job_table, job_key)
);
create index run_job_job_key on job_cleanup.run_job (job_key);
comment on table job_cleanup.run_job is 'What a run did to a job.';

create table job_cleanup.refund (
  refund_key text primary key,        -- the same for the same charge for ever: no charge is given back twice
  source text not null,
  job_table text not null,
  job_key text not null,
  attempt text,
  charge_table text,
  charge_key text,
  payer text,
  amount numeric check (amount > 0),  -- null: in doubt
  state text not null check (state in ('PAID', 'OWED', 'WAIVED')),
  cause text,
  run_id uuid not null,               -- the run that failed the job
  seconds bigint not null,
  timeout_ms bigint,
  failed_at timestamptz not null,
  paid_run_id uuid,
  paid_at timestamptz,
  ledger_table text,
  ledger_key text,                    -- of the ledger row that records it
  tries int not null default 1,
  last_tried_at timestamptz not null,
  next_try_at timestamptz
);
create index refund_job on job_cleanup.refund (job_key, job_table);
create index refund_payer on job_cleanup.refund (payer);
create index refund_owed on job_cleanup.refund (last_tried_at) where state = 'OWED';
comment on table job_cleanup.refund is 'What was given back, or is owed. Never deleted: it keeps a charge from being given back twice.';

create table job_cleanup.refusal (
  job_table text not null,
  job_key text not null,
  source text not null,
  cause text not null,
  stuck_since timestamptz not null,
  tries int not null,
  last_tried_at timestamptz not null,
  next_try_at timestamptz not null,
  primary key (job_table, job_key)
);
create index refusal_next_try_at on job_cleanup.refusal (next_try_at);
comment on table job_cleanup.refusal is 'Jobs that the host would not let us fail, and when to try again.';

create table job_cleanup.baseline (
  balance_table text not null,
  payer text not null,
  balance numeric,
  ledger_table text,
  ledger_sum numeric,
  primary key (balance_table, payer)
);
comment on table job_cleanup.baseline is 'Balances, and what their ledgers added up to, when Job Cleanup was installed.';

create table job_cleanup.installation (
  installed_at timestamptz not null default clock_timestamp(),
  baseline_at timestamptz,
  asked_for_at timestamptz            -- the first run that somebody started; null: so far, a schedule only reports
);
insert into job_cleanup.installation default values;
comment on table job_cleanup.installation is 'When this schema was made, the baseline recorded, and a run first asked for.';
