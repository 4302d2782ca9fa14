update members set bills_here = true where user_id = (select id from users where email = 'left@example.org');
