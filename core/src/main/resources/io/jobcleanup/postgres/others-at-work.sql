-- Tells the time, our own session, and whether other sessions of this database have done anything of late. What a role may
-- not see of others counts as work.
-- :since  text, a moment with zone: what happened earlier doesn't count; null for the last second
-- :ours   text[], process ids of sessions that are ours too
select clock_timestamp() as now,
       pg_backend_pid() as session,
       exists (
         select
         from pg_stat_activity other
         where other.datname = current_database()
           and other.usesysid is not null
           and coalesce(other.backend_type, 'client backend') = 'client backend'
           and other.application_name is distinct from 'job-cleanup'
           and other.pid <> pg_backend_pid()
           and other.pid <> all (cast(:ours as int[]))
           and coalesce(other.state_change
                 >= coalesce(cast(:since as timestamptz), clock_timestamp() - interval '1 second'), true)
       ) as others
