-- So that a later version knows what was applied: the table in which Flyway keeps it, as Flyway itself makes it.
create table job_cleanup.service_history (
  installed_rank int not null constraint service_history_pk primary key,
  version varchar(50),
  description varchar(200) not null,
  type varchar(20) not null,
  script varchar(1000) not null,
  checksum int,
  installed_by varchar(100) not null,
  installed_on timestamp not null default now(),
  execution_time int not null,
  success boolean not null
);
create index service_history_s_idx on job_cleanup.service_history (success);
insert into job_cleanup.service_history
  (installed_rank, version, description, type, script, installed_by, execution_time, success)
values (1, '1', 'made by hand', 'BASELINE', 'made by hand', current_user, 0, true);
