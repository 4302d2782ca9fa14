insert into profiles (username, credits) select 'more ' || p, 100000 from generate_series(0, 11) p;
insert into credit_transactions (user_id, type, amount, balance_after, description, idempotency_key)
select id, 'purchase', credits, credits, 'More', 'purchase:' || username from profiles where username like 'more %';
insert into generations (user_id, prompt, status, credits_cost, updated_at)
select p.id, 'more ' || n, 'processing', 1 + n % 5, now() - interval '1 hour' + n * interval '1 ms'
from generate_series(0, :copies - 1) n join profiles p on p.username = 'more ' || n % 12;
insert into credit_transactions (user_id, generation_id, type, amount, balance_after, description, idempotency_key)
select user_id, id, 'usage', -credits_cost,
       100000 - sum(credits_cost) over (partition by user_id order by updated_at), 'More', 'usage:' || id
from generations where prompt like 'more %';
update profiles p set credits = (select sum(amount) from credit_transactions t where t.user_id = p.id) where username like 'more %';
