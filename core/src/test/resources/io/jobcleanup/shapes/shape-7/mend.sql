insert into "user" (id, username) values (9, 'back again');
