insert into users (email) select 'more ' || p from generate_series(0, 11) p;
insert into credit_pools
select u.id, p.pool, 100000, case p.pool when 'free' then 1000000 end, '2026-01-01'
from users u cross join (values ('free'), ('paid')) as p(pool) where u.email like 'more %';
insert into renders (user_id, scene, state, claimed_at, created_at, updated_at)
select u.id, 'more ' || n, 'rendering', timezone('UTC', now() - interval '1 hour' + n * interval '1 ms'), '2026-01-01', '2026-01-01'
from generate_series(0, :copies - 1) n join users u on u.email = 'more ' || n % 12;
insert into render_charges (render_id, user_id, pool, credits, created_at)
select r.id, r.user_id, p.pool, p.credits, '2026-01-01'
from renders r cross join (values ('free', 2), ('paid', 3)) as p(pool, credits) where r.scene like 'more %';
update credit_pools p set credits = credits - (
  select coalesce(sum(c.credits), 0) from render_charges c where c.user_id = p.user_id and c.pool = p.pool)
where p.user_id in (select id from users where email like 'more %');
