-- As Laravel makes them: a morph for what a credit entry is about, unsigned amounts, nullable time stamps without zone.
create table users (id bigint generated always as identity primary key, name varchar(255) not null, email varchar(255) not null unique,
  password varchar(255) not null, remember_token varchar(100), credits int not null default 0, created_at timestamp(0), updated_at timestamp(0));
create table plans (id bigint generated always as identity primary key, name text, credits int not null, price numeric(8,2));
create table ai_images (id bigint generated always as identity primary key, uuid uuid not null unique, user_id bigint not null references users,
  prompt text not null, status varchar(255) not null default 'pending', credits_used int not null default 0, error text, path text,
  started_at timestamp(0), completed_at timestamp(0), created_at timestamp(0), updated_at timestamp(0));
create table credit_histories (id bigint generated always as identity primary key, user_id bigint not null references users,
  type varchar(20) not null, amount int not null, balance_after int not null, description varchar(255),
  historable_type varchar(255), historable_id bigint, created_at timestamp(0), updated_at timestamp(0));
create table failed_jobs (id bigint generated always as identity primary key, uuid text, connection text, queue text, payload text, exception text, failed_at timestamp(0) default now());
create table personal_access_tokens (id bigint generated always as identity primary key, tokenable_type text, tokenable_id bigint, token varchar(64), abilities text, last_used_at timestamp(0));
insert into users (name, email, password, credits, created_at, updated_at) select 'n' || i, 'secret' || i || '@mail.test', 'hash' || i, 100, now(), now() from generate_series(1, 20) i;
insert into ai_images (uuid, user_id, prompt, status, credits_used, error, started_at, completed_at, created_at, updated_at)
select gen_random_uuid(), 1 + i % 20, 'a private prompt ' || i, (array['completed','completed','completed','failed','processing','pending'])[1 + i % 6], 2,
  case when i % 6 = 3 then 'boom' end, timezone('UTC', now() - i * interval '1 hour'), case when i % 6 < 3 then timezone('UTC', now() - i * interval '1 hour' + interval '40 seconds') end,
  timezone('UTC', now() - i * interval '1 hour'), timezone('UTC', now() - i * interval '1 hour') from generate_series(0, 299) i;
insert into credit_histories (user_id, type, amount, balance_after, description, historable_type, historable_id, created_at, updated_at)
select user_id, 'debit', 2, 98, 'Image generated', 'App\Models\AiImage', id, created_at, created_at from ai_images where status <> 'pending';
insert into credit_histories (user_id, type, amount, balance_after, description, historable_type, historable_id, created_at, updated_at)
select user_id, 'refund', 2, 100, 'Refund', 'App\Models\AiImage', id, created_at, created_at from ai_images where status = 'failed';
insert into credit_histories (user_id, type, amount, balance_after, description, created_at, updated_at) select id, 'purchase', 100, 100, 'Pack', now(), now() from users;
