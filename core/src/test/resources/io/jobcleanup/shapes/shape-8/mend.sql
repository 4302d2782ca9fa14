insert into wallet values (3, 'nobody', 0, 0);
