-- Records an act.
insert into job_cleanup.audit_entry (actor, origin, act, target, before, after)
values (cast(:actor as text), :origin, :act, :target, cast(:before as jsonb), cast(:after as jsonb))
