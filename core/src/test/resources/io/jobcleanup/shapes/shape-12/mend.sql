update accounts set frozen = false;
insert into accounts values ('00000000-0000-0000-0000-00000000000c', 'eve@example.org', 0);
