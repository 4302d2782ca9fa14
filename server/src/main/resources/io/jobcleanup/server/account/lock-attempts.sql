-- One try at a time for an account and for an address, until the transaction ends; in this order, so that none wait for each other.
select pg_advisory_xact_lock(hashtextextended('job_cleanup: account ' || encode(:account, 'hex'), 0)),
       pg_advisory_xact_lock(hashtextextended('job_cleanup: address ' || :address, 0))
