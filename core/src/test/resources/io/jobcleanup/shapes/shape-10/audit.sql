with sums as (select author_id, sum(amount) from wallet_entries group by 1)
select 'balance', cast(w.author_id as text) from wallets w join sums s using (author_id)
where w.author_id >= 1000 and (w.balance, w.spent) <> (100000 + s.sum, -s.sum)
union all
select 'job', cast(g.id as text) from generations g
join wallet_entries c on c.entry_key = 'generation:' || g.id || ':charge'
left join wallet_entries r on r.entry_key = 'generation:' || g.id || ':refund'
where g.id >= 1000 and (r.amount is not distinct from -c.amount) <> (g.status = 'failed')
union all
select 'book', b.title from books b join generations g on g.id = b.generation_id
where g.id >= 1000 and b.status <> case g.status when 'succeeded' then 'ready' when 'failed' then 'failed' else 'generating' end
union all
select 'amount', entry_key from wallet_entries where balance_after - balance_before <> amount
union all
(select 'chain', author_id || ' ' || balance_before from wallet_entries where author_id >= 1000
 except all
 (select 'chain', author_id || ' ' || balance_after from wallet_entries union all select 'chain', author_id || ' 100000' from wallets))
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
