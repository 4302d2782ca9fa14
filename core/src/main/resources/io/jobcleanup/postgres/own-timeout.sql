-- A job's timeout by the mapping's expression, as an interval. What is out of range is an error, told by the cast, so that
-- the job is refused with a cause instead of being failed at once or never.
(select case when own.timeout between interval '1 second' and interval '30 days' then own.timeout
             else cast('a timeout of ' || own.timeout || ', where 1 second to 30 days are allowed' as interval)
        end
 from (select coalesce(<timeout>, make_interval(secs => <standard> / 1000.0)) as timeout) own)
