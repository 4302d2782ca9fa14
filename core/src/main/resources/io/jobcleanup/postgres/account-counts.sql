-- How many balances and ledger rows an audit compares.
-- Rows: all of both tables
select (select count(*) from <balances> balance where <balance_filter>) as accounts,
       (select count(*) from <ledger> entry where <ledger_filter>) as entries
