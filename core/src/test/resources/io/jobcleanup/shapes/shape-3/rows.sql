select 'profile', username, cast(credits as text), cast(updated_at > now() - interval '1 minute' as text) from profiles
union all
select 'job', prompt || ', ' || status, regexp_replace(coalesce(error_message, ''), '\d+s', 'Ns'),
       cast(updated_at > now() - interval '30 seconds' as text)
from generations
union all
-- Each row's balance follows upon that of another row of the same user.
select 'transaction', coalesce(g.prompt, p.username) || ': ' || t.type || ' ' || t.amount, regexp_replace(t.description, '\d+ s$', 'N s'),
       cast(t.type = 'purchase' or exists (select from credit_transactions b
         where b.user_id = t.user_id and b.id <> t.id and b.balance_after = t.balance_after - t.amount) as text)
from credit_transactions t join profiles p on p.id = t.user_id left join generations g on g.id = t.generation_id
union all
select 'users whose credits are not the sum of the ledger', cast(count(*) as text), '', ''
from profiles p where credits <> (select sum(amount) from credit_transactions t where t.user_id = p.id)
order by 1, 2
