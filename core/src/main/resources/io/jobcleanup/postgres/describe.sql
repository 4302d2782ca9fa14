-- Has the database read expressions and tell their types. No row is looked at. They stand in a condition too, where nothing
-- is let through that isn't one value of one row, such as an aggregate.
select <types>
from (select 1 as one) as always
left join (select <expressions> from <from> where <values>) as tried on true
