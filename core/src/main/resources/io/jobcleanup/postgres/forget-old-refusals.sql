-- Forgets refusals that no run came back to for a week: the job isn't stuck any more.
delete from job_cleanup.refusal where next_try_at < now() - interval '7 days'
