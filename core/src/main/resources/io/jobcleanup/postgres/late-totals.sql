-- How many late completions were found, how many were prevented, and what had been given back for the former.
-- Index: refund_job
select count(*) filter (where not late.prevented) as completed, count(*) filter (where late.prevented) as prevented,
       coalesce(sum(given.paid) filter (where not late.prevented), 0) as tokens
from job_cleanup.late_completion late
cross join lateral (<given_back>) given
