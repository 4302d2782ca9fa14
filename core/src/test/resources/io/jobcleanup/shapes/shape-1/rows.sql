select 'user', name, cast(credits as text) from users
union all
select 'job', name || ', ' || status, regexp_replace(coalesce(error, ''), '\d+s', 'Ns') from generations
order by 1, 2
