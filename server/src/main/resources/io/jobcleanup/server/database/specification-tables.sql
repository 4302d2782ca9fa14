-- The specification's tables as Prisma makes them: enums, camelCase columns, timestamp(3) holding UTC.
-- For databases that are ours from the start, run once, in a transaction.

create type public."EnhancementTier" as enum ('FREE', 'TIER_1K', 'TIER_2K', 'TIER_4K');
create type public."EnhancementType" as enum ('STANDARD', 'BLEND', 'PIPELINE', 'AUTO_CROP');
create type public."JobStatus" as enum ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'REFUNDED', 'CANCELLED');
create type public."TokenTransactionType" as enum
  ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS', 'SPEND_ENHANCEMENT', 'REFUND');

create table public.users (
  id text not null,
  name text,
  email text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint users_pkey primary key (id)
);
create unique index users_email_key on public.users (email);

create table public.image_enhancement_jobs (
  id text not null,
  "userId" text not null,
  "imageUrl" text not null,
  tier public."EnhancementTier" not null,
  "enhancementType" public."EnhancementType" not null default 'STANDARD',
  "tokensCost" integer not null,
  status public."JobStatus" not null default 'PENDING',
  "resultUrl" text,
  "errorMessage" text,
  "retryCount" integer not null default 0,
  "processingStartedAt" timestamp(3),
  "processingCompletedAt" timestamp(3),
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint image_enhancement_jobs_pkey primary key (id),
  constraint "image_enhancement_jobs_userId_fkey" foreign key ("userId")
    references public.users (id) on delete cascade on update cascade
);
create index "image_enhancement_jobs_userId_createdAt_idx" on public.image_enhancement_jobs ("userId", "createdAt");
-- Prisma's schema language has no partial indexes; these are the ones that doctor offers.
create index image_enhancement_jobs_stuck on public.image_enhancement_jobs ("processingStartedAt")
  where status = 'PROCESSING';

create table public.user_token_balances (
  id text not null,
  "userId" text not null,
  balance integer not null default 0,
  "lastRegeneration" timestamp(3) not null default current_timestamp,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint user_token_balances_pkey primary key (id),
  constraint "user_token_balances_userId_fkey" foreign key ("userId")
    references public.users (id) on delete cascade on update cascade
);
create unique index "user_token_balances_userId_key" on public.user_token_balances ("userId");

create table public.token_transactions (
  id text not null,
  "userId" text not null,
  amount integer not null,
  type public."TokenTransactionType" not null,
  source text,
  "sourceId" text,
  "balanceAfter" integer not null,
  metadata jsonb,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint token_transactions_pkey primary key (id),
  constraint "token_transactions_userId_fkey" foreign key ("userId")
    references public.users (id) on delete cascade on update cascade
);
create index "token_transactions_userId_createdAt_idx" on public.token_transactions ("userId", "createdAt");
create index "token_transactions_sourceId_idx" on public.token_transactions ("sourceId");
