-- JPA: a version counter on each entity, an enum's names as text, Instants, a cost by type, ledger ids from a sequence.
create sequence ledger_entry_seq increment by 50;
create table wallet (id bigint primary key, owner varchar(64) not null unique, tokens bigint not null, version bigint not null);
create table render_job (
  id bigint primary key,
  owner varchar(64) not null,
  job_type varchar(32) not null,
  status varchar(32) not null,
  error varchar(255),
  started_at timestamptz(6),
  last_modified timestamptz(6) not null,
  version bigint not null);
create table ledger_entry (
  id bigint primary key,
  owner varchar(64) not null,
  tokens bigint not null,
  balance_after bigint not null,
  reason varchar(32) not null,
  job_id bigint,
  created_at timestamptz(6) not null);

insert into wallet values (1, 'ada', 10, 3), (2, 'bob', 0, 0);
insert into render_job values
  (1, 'ada', 'SMALL', 'IN_PROGRESS', null, now() - interval '2 hours', now() - interval '2 hours', 4),
  (2, 'ada', 'LARGE', 'IN_PROGRESS', null, now() - interval '1 hour', now(), 0),
  (3, 'bob', 'PREVIEW', 'IN_PROGRESS', null, now() - interval '3 hours', now(), 9),
  (4, 'bob', 'LARGE', 'IN_PROGRESS', null, now() - interval '1 minute', now(), 1),
  (5, 'bob', 'LARGE', 'CREATED', null, null, now() - interval '9 hours', 1),
  (6, 'bob', 'LARGE', 'SUCCEEDED', null, now() - interval '9 hours', now() - interval '9 hours', 2),
  (7, 'nobody', 'SMALL', 'IN_PROGRESS', null, now() - interval '4 hours', now(), 0);
