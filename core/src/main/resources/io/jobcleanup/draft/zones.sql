-- How far ahead of UTC some zones are now, and what the database is set to.
select z.name, extract(epoch from timezone(z.name, now()) - timezone('UTC', now())) as ahead,
       z.name = coalesce((select substr(s.setting, 10) from pg_catalog.pg_db_role_setting r
                          cross join unnest(r.setconfig) as s(setting)
                          join pg_catalog.pg_database d on d.oid = r.setdatabase
                          where d.datname = current_database() and r.setrole = 0 and s.setting ilike 'timezone=%' limit 1), '') as configured
from unnest(array['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Sao_Paulo',
                  'Europe/London', 'Europe/Berlin', 'Europe/Athens', 'Europe/Moscow', 'Asia/Dubai', 'Asia/Kolkata',
                  'Asia/Dhaka', 'Asia/Bangkok', 'Asia/Shanghai', 'Asia/Tokyo', 'Australia/Sydney', 'Pacific/Auckland']) as z(name)
