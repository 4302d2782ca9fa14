-- What the server is, and its clock.
select current_setting('server_version') as version, clock_timestamp() as now
