-- Records that somebody takes responsibility for a finding.
insert into job_cleanup.accepted_finding (finding, description, reason, accepted_by)
values (:finding, :description, :reason, :accepted_by)
on conflict (finding) do nothing
