-- The newest value of a time column, against now: seconds ahead of now where it is read as UTC, and the greatest number.
-- <column>: SQL over row r, <numeric>: whether it is a number; <rows>: the table or a sample of it; reads it once
select case when <numeric> then null else extract(epoch from max(<timestamp>) - timezone('UTC', now())) end as ahead,
       case when <numeric> then max(<number>) end as greatest
from <rows> r
