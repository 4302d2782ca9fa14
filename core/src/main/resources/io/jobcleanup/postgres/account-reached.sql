-- Those of some payers whose balance some ledger row left behind.
-- :payers, :balances text[]
-- Index: one on the ledger's payer; else all of the ledger
select distinct wanted.payer
from unnest(cast(:payers as text[]), cast(:balances as text[])) as wanted(payer, balance)
join <ledger> entry on <matching>
where <after> = cast(wanted.balance as numeric)
