-- The specification's own tables, as Prisma makes them.
create type "JobStatus" as enum ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'REFUNDED', 'CANCELLED');
create type "EnhancementTier" as enum ('FREE', 'TIER_1K', 'TIER_2K', 'TIER_4K');
create type "EnhancementType" as enum ('STANDARD', 'BLEND', 'PIPELINE', 'AUTO_CROP');
create type "TokenTransactionType" as enum
  ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS', 'SPEND_ENHANCEMENT', 'REFUND');
create table users (id text primary key, email text not null unique, name text);
create table image_enhancement_jobs (
  id text primary key,
  "userId" text not null references users on delete cascade on update cascade,
  "imageId" text not null default 'image',
  tier "EnhancementTier" not null default 'TIER_1K',
  "enhancementType" "EnhancementType" not null default 'STANDARD',
  "tokensCost" integer not null default 0,
  status "JobStatus" not null default 'PENDING',
  "errorMessage" text,
  "retryCount" integer not null default 0,
  "processingStartedAt" timestamp(3),
  "processingCompletedAt" timestamp(3),
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null);
create table user_token_balances (
  id text primary key default gen_random_uuid(),
  "userId" text not null unique references users on delete cascade on update cascade,
  balance integer not null default 0,
  "lastRegeneration" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null);
create table token_transactions (
  id text primary key,
  "userId" text not null references users on delete cascade on update cascade,
  amount integer not null,
  type "TokenTransactionType" not null,
  source text,
  "sourceId" text,
  "balanceAfter" integer not null,
  metadata jsonb,
  "createdAt" timestamp(3) not null default current_timestamp);
create index on image_enhancement_jobs ("userId", "createdAt");
create index on token_transactions ("sourceId");
create index on token_transactions ("userId", "createdAt");
