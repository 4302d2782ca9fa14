-- One batch as one statement: the reads, locks and writes of ours, by hand, for these very tables.
-- Parameters: cut, batch size, run. Gives the number of jobs settled.
with claimed as materialized (
  select job.id, job."userId", job."tokensCost", coalesce(job."processingStartedAt", job."updatedAt") as since
  from image_enhancement_jobs job
  where job.status = 'PROCESSING' and <range>
    and not exists (select from job_cleanup.refusal refusal
                    where refusal.job_table = 'public.image_enhancement_jobs' and refusal.job_key = job.id)
  order by <order>, job.id
  limit ?
  for no key update of job skip locked
), users_held as materialized (
  select u.id from users u where u.id in (select "userId" from claimed) for key share of u skip locked
), balances_held as materialized (
  select b."userId", b.balance
  from user_token_balances b
  where b."userId" in (select "userId" from claimed)
  for no key update of b skip locked
), lines as materialized (
  select job.id, job."userId", job.since, job."tokensCost", charge.id as charge, b.balance,
         coalesce(-charge.amount, job."tokensCost") as amount,
         case when charge.id is null then 'public.image_enhancement_jobs/' || job.id
              else 'public.token_transactions/' || charge.id end as refund_key,
         (select coalesce(sum(t.amount), 0) from token_transactions t
          where t."sourceId" = job.id and t.type = 'REFUND') as by_host,
         (select coalesce(sum(r.amount), 0) from job_cleanup.refund r
          where r.job_table = 'public.image_enhancement_jobs' and r.job_key = job.id) as by_us
  from claimed job
  join users_held u on u.id = job."userId"
  join balances_held b on b."userId" = job."userId"
  left join token_transactions charge on charge."sourceId" = job.id and charge.amount < 0
), due as materialized (
  select lines.*, cast(greatest(0, least(amount,
           sum(amount) over (partition by id order by charge) - greatest(by_host, by_us))) as int) as tokens
  from lines
  where not exists (select from job_cleanup.refund r where r.refund_key = lines.refund_key)
), chain as materialized (
  select due.*, uuidv7() as ledger_id, clock_timestamp() at time zone 'UTC' as now,
         cast(floor(extract(epoch from clock_timestamp() at time zone 'UTC' - since)) as bigint) as seconds,
         balance + sum(tokens) over (partition by "userId" order by since, id, charge) as balance_after
  from due
  order by since, id, charge
), failed as (
  update image_enhancement_jobs job
  set status = 'FAILED',
      "errorMessage" = 'Job timed out after ' || chain.seconds || 's. Automatically cleaned up and tokens refunded.',
      "processingCompletedAt" = chain.now, "updatedAt" = chain.now
  from chain
  where job.id = chain.id and job.status = 'PROCESSING'
  returning job.id
), moved as (
  update user_token_balances b
  set balance = b.balance + given.tokens, "updatedAt" = given.now
  from (select "userId", sum(tokens) as tokens, max(now) as now from chain group by "userId") given
  where b."userId" = given."userId"
  returning b.balance
), written as (
  insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter", metadata, "createdAt")
  select cast(ledger_id as text), "userId", tokens, 'REFUND', 'enhancement_failed', id, balance_after,
         jsonb_build_object('reason', 'timeout', 'runId', cast(? as text), 'timeoutMs', 300000), now
  from chain
  returning id
), recorded as (
  insert into job_cleanup.refund
    (refund_key, source, job_table, job_key, charge_table, charge_key, payer, amount, state, run_id, seconds, timeout_ms,
     failed_at, paid_run_id, paid_at, ledger_table, ledger_key, last_tried_at)
  select refund_key, 'images', 'public.image_enhancement_jobs', id, 'public.token_transactions', charge, "userId", tokens,
         'PAID', cast(? as uuid), seconds, 300000, now at time zone 'UTC', cast(? as uuid), now at time zone 'UTC',
         'public.token_transactions', cast(ledger_id as text), now at time zone 'UTC'
  from chain
  on conflict (refund_key) do nothing
  returning refund_key
), history as (
  insert into job_cleanup.run_job
    (run_id, job_table, job_key, source, payer, outcome, tokens_refunded, cost, duration_ms, settled_at)
  select cast(? as uuid), 'public.image_enhancement_jobs', id, 'images', "userId", 'Refunded', tokens, "tokensCost",
         seconds * 1000, clock_timestamp()
  from chain
  returning job_key
)
select (select count(*) from failed) as failed, (select count(*) from moved) as moved,
       (select count(*) from written) as written, (select count(*) from recorded) as recorded,
       (select count(*) from history) as history
