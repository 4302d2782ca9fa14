select 'book', title, status, updated_at > now() - interval '1 minute' from books
union all
select 'wallet', a.name, concat_ws(', ', w.balance, 'spent ' || w.spent, 'version raised'), w.version > 7 - 7 * (w.author_id - 1)
from wallets w join authors a on a.id = w.author_id
union all
select 'job', concat_ws(' ', g.id, b.title || ',', g.status, g.fencing_token, g.lease_owner, g.error_code),
       regexp_replace(coalesce(g.error_message, ''), '\d+s.*', 'Ns') || ' ' || coalesce(length(g.error_message), 0),
       g.updated_at > now() - interval '30 seconds'
from generations g join books b on b.id = g.book_id
union all
select 'entry', a.name || ': ' || e.entry_key || ': ' || e.amount, '', e.balance_after - e.balance_before = e.amount
from wallet_entries e join authors a on a.id = e.author_id
order by 1, 2
