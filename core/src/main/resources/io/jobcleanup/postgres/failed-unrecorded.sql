-- Failed jobs that neither our refunds nor our history know. Those with our text first.
-- :limit bigint
-- Rows: all of the job table that failed
select <key>, <ours> as ours
from <jobs> job
where <failed> and <where>
  and not exists (select from job_cleanup.refund r where r.job_table = <job_table> and r.job_key = <job_key>)
  and not exists (select from job_cleanup.run_job r where r.job_table = <job_table> and r.job_key = <job_key>)
order by ours desc
limit :limit
