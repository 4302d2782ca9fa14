-- Runs that are older than they are to be kept, the oldest first, for statements that forget them. The last good one stays, as its
-- age tells whether runs happen. One that isn't over may be under way for long; after a month its process is dead.
-- Those that another run is forgetting just now are left to it.
-- :keep_ms bigint, how long they are kept
-- :limit   int
-- Index: run_started_at and run_completed_at
old as materialized (
  select id, started_at
  from job_cleanup.run
  where started_at < clock_timestamp() - :keep_ms * interval '1 millisecond'
    and (state <> 'RUNNING' or started_at < clock_timestamp() - interval '30 days')
    and id is distinct from (select good.id from job_cleanup.run good where good.state = 'COMPLETED'
                             order by good.completed_at desc limit 1)
  order by started_at
  limit :limit
  for update skip locked)
