-- The jobs failed in a batch, for further statements of the mapping.
-- :job, … text[], one element per job
settled as (select <columns> from <line>)
