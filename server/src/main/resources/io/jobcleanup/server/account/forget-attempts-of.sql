-- Forgets the wrong sign-ins of an account. Index: sign_in_attempt_account.
delete from job_cleanup.sign_in_attempt where account_digest = :account
