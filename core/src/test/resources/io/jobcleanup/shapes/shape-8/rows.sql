select 'entry', cast(job_id as text), concat_ws(' ', owner, tokens, reason, balance_after between 11 and 20) from ledger_entry
union all
select 'job', concat_ws(' ', owner, id, status, version), regexp_replace(coalesce(error, ''), '\d+s', 'Ns') from render_job
union all
select 'wallet', owner, concat_ws(' ', tokens, version > 3) from wallet
order by 1, 2
