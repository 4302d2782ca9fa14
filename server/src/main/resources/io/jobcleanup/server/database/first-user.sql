-- A user with 100 tokens and a completed job that cost 10, for the specification's manual test. The books add up.

insert into public.users (id, name, email, "createdAt", "updatedAt")
values ('some-user-id', 'Some User', 'user@example.com', localtimestamp(3), localtimestamp(3));

insert into public.user_token_balances (id, "userId", balance, "createdAt", "updatedAt")
values ('some-balance-id', 'some-user-id', 100, localtimestamp(3), localtimestamp(3));

insert into public.image_enhancement_jobs (
  id, "userId", "imageUrl", tier, "enhancementType", "tokensCost", status, "resultUrl",
  "processingStartedAt", "processingCompletedAt", "createdAt", "updatedAt")
values (
  'some-job-id', 'some-user-id', 'https://example.com/some-image.jpg', 'TIER_4K', 'STANDARD', 10, 'COMPLETED',
  'https://example.com/some-image-4k.jpg',
  localtimestamp(3), localtimestamp(3), localtimestamp(3), localtimestamp(3));

insert into public.token_transactions (
  id, "userId", amount, type, source, "sourceId", "balanceAfter", metadata, "createdAt")
values
  ('some-purchase-id', 'some-user-id', 110, 'EARN_PURCHASE', 'purchase', null, 110, null,
   localtimestamp(3) - interval '1 second'),
  ('some-charge-id', 'some-user-id', -10, 'SPEND_ENHANCEMENT', 'image_enhancement', 'some-job-id', 100, null,
   localtimestamp(3));
