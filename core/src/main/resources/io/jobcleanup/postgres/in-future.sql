-- Jobs in a processing state that began in the future, by the database's clock.
-- Index: the partial one on the since column where the status is a processing one
select count(*) as count, max(<job_key>) as example, max(<since>) as latest
from <jobs> job
where <status> and <since> > now() + interval '1 second'
having count(*) > 0
