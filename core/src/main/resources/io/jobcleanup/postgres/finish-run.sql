-- Records how a run ended.
update job_cleanup.run
set state = :state, completed_at = clock_timestamp(), total_found = :total_found, cleaned_up = :cleaned_up,
    failed = :failed, tokens_refunded = :tokens_refunded, owed_paid = :owed_paid, owed_tokens_paid = :owed_tokens_paid,
    error = :error
where id = cast(:id as uuid)
