-- The sums of a ledger, payer by payer.
-- Rows: all of the ledger
left join (select ledger.<payer> as payer, sum(ledger.<amount>) as total from <ledger> ledger group by ledger.<payer>) sums
  on cast(sums.payer as text) = cast(balance.<balance_payer> as text)
