-- Deletes tries that count no more, but for those that another sign-in is deleting. Index: sign_in_attempt_tried_at.
delete from job_cleanup.sign_in_attempt where id in (
  select id from job_cleanup.sign_in_attempt
  where tried_at <= clock_timestamp() - :window * interval '1 second'
  for update skip locked)
