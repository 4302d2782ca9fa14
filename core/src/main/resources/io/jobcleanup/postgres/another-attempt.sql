-- Whether a job that we failed is at another attempt now.
-- Index: refund_job
exists (select from job_cleanup.refund given
        where given.job_key = failed.job_key and given.job_table = failed.job_table and given.run_id = failed.run_id
          and given.attempt is distinct from <attempt>)
