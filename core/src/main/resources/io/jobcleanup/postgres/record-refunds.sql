-- Records refunds, paid or owed. The primary key keeps a charge from being given back twice: a row that is there already is
-- changed only where it is owed, and what comes back tells which rows went through.
-- :refund_key, … text[], one element per refund
insert into job_cleanup.refund
  (refund_key, source, job_table, job_key, attempt, charge_table, charge_key, payer, amount, state, cause, run_id, seconds,
   timeout_ms, failed_at, paid_run_id, paid_at, ledger_table, ledger_key, balance_after, last_tried_at,
   next_try_at)
select line.refund_key, :source, :job_table, line.job_key, line.attempt, :charge_table, line.charge_key, line.payer,
       cast(line.amount as numeric), line.state, line.cause, cast(:run as uuid), cast(line.seconds as bigint),
       cast(line.timeout_ms as bigint), cast(line.now as timestamptz),
       case when line.state = 'PAID' then cast(:run as uuid) end,
       case when line.state = 'PAID' then cast(line.now as timestamptz) end,
       line.ledger_table, line.ledger_key, cast(line.balance_after as numeric),
       cast(line.now as timestamptz),
       case when line.state = 'OWED' then cast(line.now as timestamptz) end
from <line>
on conflict (refund_key) do update
set state = excluded.state, amount = excluded.amount, cause = excluded.cause, payer = excluded.payer,
    paid_run_id = excluded.paid_run_id, paid_at = excluded.paid_at, ledger_table = excluded.ledger_table,
    ledger_key = excluded.ledger_key, balance_after = excluded.balance_after, last_tried_at = excluded.last_tried_at,
    next_try_at = excluded.next_try_at
where job_cleanup.refund.state = 'OWED'
returning refund_key
