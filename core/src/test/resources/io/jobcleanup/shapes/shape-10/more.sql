insert into authors select 1000 + p, 'more ' || p from generate_series(0, 11) p;
insert into wallets select id, 100000, 0 from authors where name like 'more %';
insert into books (author_id, title, status, generation_id, updated_at)
select 1000 + n % 12, 'more ' || n, 'generating', 1000 + n, '2026-01-01' from generate_series(0, :copies - 1) n;
insert into generations (id, book_id, author_id, status, lease_owner, lease_expires_at, fencing_token, created_at, updated_at)
select b.generation_id, b.id, b.author_id, 'writing', 'worker', now() - interval '1 hour' + b.generation_id * interval '1 ms', 1, now(), now()
from books b where b.title like 'more %';
alter sequence generations_id_seq restart with 1000000;
insert into wallet_entries
select gen_random_uuid(), author_id, 'generation:' || id || ':charge', -3,
       100000 - 3 * (row_number() over each - 1), 100000 - 3 * row_number() over each, now()
from generations where id >= 1000 window each as (partition by author_id order by id);
update wallets w set balance = 100000 + s.sum, spent = -s.sum
from (select author_id, sum(amount) from wallet_entries group by 1) s where s.author_id = w.author_id and w.author_id >= 1000;
