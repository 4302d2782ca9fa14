select u.name as payer,
       b.balance,
       (select sum(t.amount) from token_transactions t where t."userId" = u.id) as ledger,
       (select coalesce(sum(j."tokensCost"), 0) from image_enhancement_jobs j
        where j."userId" = u.id and j.status = 'COMPLETED') as "paid for results",
       (select coalesce(sum(t.amount), 0) from token_transactions t
        where t."userId" = u.id and t.type = 'REFUND') as "given back"
from users u join user_token_balances b on b."userId" = u.id
order by u.name
