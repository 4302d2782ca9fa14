-- Replaces the text of failed jobs where it still is the one that we wrote.
-- :k0, …, :message, :old_message text[], keys, new and old text
-- Index: the job table's unique key
update <jobs> job
set <assignments>
from <line>
where <matching> and <unchanged>
