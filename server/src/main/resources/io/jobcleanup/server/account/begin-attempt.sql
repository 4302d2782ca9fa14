-- A password is going to be judged.
insert into job_cleanup.sign_in_attempt (account_digest, address) values (:account, :address) returning id
