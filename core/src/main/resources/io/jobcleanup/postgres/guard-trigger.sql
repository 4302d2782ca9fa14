-- Makes our trigger. Where the condition isn't met, nothing else is looked at.
create or replace trigger <trigger> before update on <jobs> for each row
when (<condition>)
execute function <function>()
