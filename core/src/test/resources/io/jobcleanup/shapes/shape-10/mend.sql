insert into wallets values (3, 0, 8);
