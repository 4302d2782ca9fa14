-- Whether a job that we failed has a charge that it didn't have then. A charge that isn't in our records may have been there
-- all the same, where the host had given it back: then the charges add up to what they did, and those we gave back are
-- still among them.
-- Index: one on the charge table's job column; refund_job; the primary key of job_cleanup.run_job
exists (select
        from (select count(*) filter (where given.refund_key is null) as unknown,
                     count(*) filter (where given.run_id = failed.run_id) as given_back,
                     coalesce(sum(<amount>), 0) as total
              from <charges> charge
              left join job_cleanup.refund given
                on given.job_key = failed.job_key and given.job_table = failed.job_table
                  and given.charge_table = <charge_table> and given.charge_key = <charge_key>
              where (<match>)) charged
        where charged.unknown > 0
          and not (
            charged.total <= coalesce((select settled.cost from job_cleanup.run_job settled
                                       where settled.run_id = failed.run_id and settled.job_table = failed.job_table
                                         and settled.job_key = failed.job_key), 0)
            and charged.given_back = (select count(*) from job_cleanup.refund given
                                      where given.job_key = failed.job_key and given.job_table = failed.job_table
                                        and given.run_id = failed.run_id)))
