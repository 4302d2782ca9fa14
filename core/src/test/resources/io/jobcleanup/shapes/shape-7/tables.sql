-- Times as numbers: begun in seconds, finished in milliseconds, 0 for never; a text for progress; an unsigned ledger with a
-- number for its type; names that are reserved words; nowhere to write an error; no foreign keys.
create table "user" (
  id bigserial primary key,
  username varchar(191) not null unique,
  "group" varchar(64) not null default 'default',
  quota bigint not null default 0,
  used_quota bigint not null default 0);
create table task (
  id bigserial primary key,
  "user" bigint not null,
  "group" varchar(64) not null,
  action varchar(40) not null,
  status varchar(20) not null,
  progress varchar(20) not null default '0%',
  quota bigint not null,
  submit_time bigint not null,
  start_time bigint not null default 0,
  finish_time bigint not null default 0,
  "order" int not null default 0);
create table log (
  id bigserial primary key,
  "user" bigint not null,
  "group" varchar(64) not null,
  type smallint not null,
  quota bigint not null,
  "desc" varchar(60) not null,
  task bigint,
  "when" bigint not null);
create index on log (task);

insert into "user" (id, username, "group", quota, used_quota) values
  (1, 'ada', 'vip', 1000, 5000), (2, 'bob', 'default', 0, 300), (3, 'eve', 'default', 70, 800);
alter sequence user_id_seq restart with 10;
insert into task (id, "user", "group", action, status, progress, quota, submit_time, start_time, finish_time)
select t.id, t.payer, t.class, t.action, t.status, t.progress, t.quota, extract(epoch from now() - t.submitted),
       coalesce(extract(epoch from now() - t.started), 0), coalesce(extract(epoch from now() - t.finished) * 1000, 0)
from (values
  (1, 1, 'vip', 'stuck, charged', 'IN_PROGRESS', '40%', 500, interval '3 hours', interval '2 hours', null),
  (2, 1, 'vip', 'stuck, charged too', 'IN_PROGRESS', '99%', 250, interval '3 hours', interval '1 hour', null),
  (3, 2, 'default', 'stuck, never started', 'SUBMITTED', '0%', 100, interval '4 hours', null, null),
  (4, 2, 'default', 'stuck, counter was reset', 'IN_PROGRESS', '0%', 900, interval '4 days', interval '4 days', null),
  (5, 3, 'default', 'stuck, given back by the host', 'IN_PROGRESS', '0%', 60, interval '4 hours', interval '3 hours', null),
  (6, 3, 'default', 'stuck, given back in part', 'IN_PROGRESS', '0%', 50, interval '4 hours', interval '3 hours', null),
  (7, 3, 'default', 'stuck, costs nothing', 'IN_PROGRESS', '0%', 0, interval '4 hours', interval '3 hours', null),
  (8, 9, 'default', 'stuck, user deleted', 'IN_PROGRESS', '0%', 30, interval '4 hours', interval '3 hours', null),
  (9, 3, 'default', 'working', 'IN_PROGRESS', '7%', 40, interval '4 hours', interval '1 minute', null),
  (10, 3, 'default', 'waiting for a worker', 'NOT_START', '0%', 40, interval '4 days', null, null),
  (11, 3, 'default', 'done', 'SUCCESS', '100%', 40, interval '4 hours', interval '3 hours', interval '3 hours'),
  (12, 3, 'default', 'failed before', 'FAILURE', '100%', 40, interval '4 hours', interval '3 hours', interval '3 hours'))
  as t(id, payer, class, action, status, progress, quota, submitted, started, finished);
alter sequence task_id_seq restart with 100;
-- 1 is a top-up, 2 a consumption, 6 a refund.
insert into log ("user", "group", type, quota, "desc", task, "when") values
  (1, 'vip', 1, 6000, 'top-up', null, 1767225600), (1, 'vip', 2, 500, 'task', 1, 1767225600), (1, 'vip', 2, 250, 'task', 2, 1767225600),
  (2, 'default', 2, 100, 'task', 3, 1767225600), (2, 'default', 2, 900, 'task', 4, 1767225600),
  (3, 'default', 2, 60, 'task', 5, 1767225600), (3, 'default', 6, 60, 'refund', 5, 1767225600),
  (3, 'default', 2, 50, 'task', 6, 1767225600), (3, 'default', 6, 20, 'refund', 6, 1767225600);
