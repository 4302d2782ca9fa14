-- Tells the server how much of a transaction's time is left, for the statement that comes next and for the pause after it.
-- :statement_ms  text, milliseconds left
-- :lock_ms       text, milliseconds to wait for one lock: shorter, so that a lock and a slow trigger can be told apart
select set_config('statement_timeout', :statement_ms, true),
       set_config('idle_in_transaction_session_timeout', :statement_ms, true),
       set_config('lock_timeout', :lock_ms, true)
