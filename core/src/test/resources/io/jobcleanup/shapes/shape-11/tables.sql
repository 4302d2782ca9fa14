-- Only a ledger: a team's balance is the sum of its rows. Its types are closed and have none for refunds, so an adjustment
-- is used; what a row is about stands in its JSON.
create type "EntryType" as enum ('GRANT', 'PURCHASE', 'USAGE', 'EXPIRY', 'ADJUSTMENT');
create type "PredictionStatus" as enum ('starting', 'processing', 'succeeded', 'errored', 'canceled');
create table "Team" (id text primary key, name text not null unique, unlimited boolean not null default false);
create table "Prediction" (
  id text primary key,
  "teamId" text not null references "Team",
  status "PredictionStatus" not null default 'starting',
  model text not null,
  error text,
  "errorCode" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "startedAt" timestamp(3),
  "completedAt" timestamp(3));
create table "CreditEntry" (
  id text primary key,
  "teamId" text not null references "Team",
  type "EntryType" not null,
  amount numeric(12, 2) not null check (amount <> 0),
  metadata jsonb not null,
  "createdAt" timestamp(3) not null);
create index on "CreditEntry" ((metadata ->> 'predictionId'));

insert into "Team" values ('t1', 'acme', false), ('t2', 'globex', false), ('t3', 'hooli', true);
insert into "Prediction" (id, "teamId", status, model, "createdAt", "startedAt", "completedAt")
select p.id, p.team, cast(p.status as "PredictionStatus"), 'flux', timezone('UTC', now() - interval '9 days'),
       timezone('UTC', now() - p.started), timezone('UTC', now() - p.completed)
from (values
  ('charged', 't1', 'processing', interval '1 hour', null),
  ('charged-twice', 't1', 'processing', interval '2 hours', null),
  ('never-started', 't1', 'starting', null, null),
  ('given-back', 't2', 'processing', interval '3 hours', null),
  ('given-back-in-part', 't2', 'processing', interval '3 hours', null),
  ('adjusted-otherwise', 't2', 'processing', interval '3 hours', null),
  ('unlimited', 't3', 'processing', interval '3 hours', null),
  ('not-charged', 't2', 'processing', interval '3 hours', null),
  ('working', 't2', 'processing', interval '1 minute', null),
  ('done', 't2', 'succeeded', interval '3 hours', interval '2 hours'),
  ('canceled', 't2', 'canceled', interval '3 hours', interval '2 hours')) as p(id, team, status, started, completed);
insert into "CreditEntry" (id, "teamId", type, amount, metadata, "createdAt")
select 'e' || e.n, e.team, cast(e.type as "EntryType"), e.amount, cast(e.metadata as jsonb), '2026-01-01'
from (values
  (1, 't1', 'PURCHASE', 100, '{"invoice": 7}'), (2, 't2', 'GRANT', 50, '{}'),
  (3, 't1', 'USAGE', -2.50, '{"predictionId": "charged"}'),
  (4, 't1', 'USAGE', -4, '{"predictionId": "charged-twice"}'), (5, 't1', 'USAGE', -0.75, '{"predictionId": "charged-twice", "extra": "upscale"}'),
  (6, 't1', 'USAGE', -1, '{"predictionId": "never-started"}'),
  (7, 't2', 'USAGE', -3, '{"predictionId": "given-back"}'),
  (8, 't2', 'ADJUSTMENT', 3, '{"predictionId": "given-back", "kind": "refund"}'),
  (9, 't2', 'USAGE', -5, '{"predictionId": "given-back-in-part"}'),
  (10, 't2', 'ADJUSTMENT', 2.25, '{"predictionId": "given-back-in-part", "kind": "refund"}'),
  (11, 't2', 'USAGE', -6, '{"predictionId": "adjusted-otherwise"}'),
  (12, 't2', 'ADJUSTMENT', -1, '{"predictionId": "adjusted-otherwise", "kind": "correction"}'),
  (13, 't3', 'USAGE', -9, '{"predictionId": "unlimited"}'),
  (14, 't2', 'USAGE', -1, '{"predictionId": "working"}'), (15, 't2', 'USAGE', -1, '{"predictionId": "done"}'),
  (16, 't2', 'EXPIRY', -10, '{}')) as e(n, team, type, amount, metadata);
