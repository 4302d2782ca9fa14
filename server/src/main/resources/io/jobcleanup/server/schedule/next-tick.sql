-- When the schedule's next tick is due, whether one is under way on some instance that is alive, and the database's time.
-- :task     text
-- :instance text
-- :dead_ms  bigint, an instance that was silent for longer is dead
-- Index: the primary key of job_cleanup.scheduled_task
select execution_time as next_at,
       picked and last_heartbeat > clock_timestamp() - :dead_ms * interval '1 millisecond' as under_way,
       clock_timestamp() as now
from job_cleanup.scheduled_task
where task_name = :task and task_instance = :instance
