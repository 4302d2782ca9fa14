-- The accounts of one balance whose ledger rows don't plainly explain it, the others left out. Rows of the ledger have no order
-- that can be trusted: what each began with and what it left behind are compared as two heaps, by sums of hashes.
-- :balance_table, :ledger_table text
-- Rows: all of the balance table and of the ledger
select account.payer, account.balance, account.entries, account.moved, account.chained, account.remembered, account.difference
from (
  select coalesce(held.payer, told.payer) as payer, held.balance, coalesce(told.entries, 0) as entries,
         coalesce(told.moved, 0) as moved, <chained> as chained, <remembered> as remembered, <difference> as difference
  from (select <balance_key> as payer, <balance> as balance from <balances> balance where <balance_filter>) held
  full join (
    select <ledger_key> as payer, count(*) as entries, cast(sum(<moved>) as numeric) as moved, <hashes> as heaps,
           <known> as known
    from <ledger> entry where <ledger_filter> group by 1) told on told.payer = held.payer
  <baseline>) account
where account.balance is null or account.chained is false
   or account.balance <> account.moved or account.difference <> 0
order by account.payer collate "C"
