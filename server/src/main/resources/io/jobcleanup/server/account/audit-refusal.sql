-- Records a refusal, unless the same was recorded within the last minute. Index: audit_entry_at.
insert into job_cleanup.audit_entry (actor, origin, act, target, reason)
select cast(:actor as text), :origin, 'refused', :target, :reason
where not exists (
  select from job_cleanup.audit_entry
  where act = 'refused' and at > clock_timestamp() - interval '1 minute'
    and actor is not distinct from cast(:actor as text) and origin = :origin and reason = :reason)
