-- Three users who have bought 100 tokens each.
insert into users (id, name, email, "updatedAt")
select 'user-' || lower(name), name, lower(name) || '@example.com', now()
from unnest(array['Ada', 'Ben', 'Cleo']) as name;

insert into user_token_balances (id, "userId", balance, "updatedAt")
select 'balance-' || id, id, 100, now() from users;

insert into token_transactions (id, "userId", amount, type, source, "balanceAfter")
select 'purchase-' || id, id, 100, 'EARN_PURCHASE', 'purchase', 100 from users;
