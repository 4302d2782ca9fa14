-- For how many seconds no password is judged, by the try that has to grow old first; null where one may be now. Busy where those
-- that are being judged would reach a limit. Indexes: sign_in_attempt_account, sign_in_attempt_address.
with attempt as (
  select account_digest = :account as of_account, address = :address as of_address, tried_at,
         state = 'WRONG' or tried_at <= clock_timestamp() - :judged * interval '1 second' as wrong
  from job_cleanup.sign_in_attempt
  where (account_digest = :account or address = :address)
    and tried_at > clock_timestamp() - :window * interval '1 second')
select cast(ceil(extract(epoch from greatest(
         (select tried_at from attempt where wrong and of_account order by tried_at desc offset :perAccount - 1 limit 1),
         (select tried_at from attempt where wrong and of_address order by tried_at desc offset :perAddress - 1 limit 1))
         + :window * interval '1 second' - clock_timestamp())) as bigint) as refused_for,
       (select count(*) from attempt where of_account) >= :perAccount
         or (select count(*) from attempt where of_address) >= :perAddress as busy
