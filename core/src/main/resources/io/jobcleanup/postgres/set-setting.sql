-- Makes a setting that holds until the transaction ends.
-- :name, :value  text; a null value takes what the session began with
select set_config(:name, cast(:value as text), true)
