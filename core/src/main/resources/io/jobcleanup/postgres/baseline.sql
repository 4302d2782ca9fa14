-- Records the balances of one source, as they are when our schema is made.
-- Rows: all of the balance table
insert into job_cleanup.baseline (balance_table, payer, balance, ledger_table, ledger_sum)
select <balance_table>, cast(balance.<payer> as text), cast(balance.<amount> as numeric), <ledger_table>, <ledger_sum>
from <balances> balance
<ledgers>
where balance.<payer> is not null
on conflict (balance_table, payer) do nothing
