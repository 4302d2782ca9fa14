-- Makes a setting that holds until the transaction ends.
-- :name, :value  text
select set_config(:name, :value, true)
