-- Has the database read expressions and tell their types. No row is looked at.
select <types>
from (select 1 as one) as always
left join (select <expressions> from <from> where false) as tried on true
