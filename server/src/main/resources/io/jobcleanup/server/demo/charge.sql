-- Takes the tokens for one job from its user and queues it, in one statement, as a product would.
with asked (payer, tokens, job, picture, tier) as (
  values (cast(? as text), cast(? as int), cast(? as text), cast(? as text), cast(? as "EnhancementTier"))
), paid as (
  update user_token_balances b set balance = b.balance - asked.tokens, "updatedAt" = now()
  from asked where b."userId" = asked.payer and b.balance >= asked.tokens
  returning b.balance
), charged as (
  insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter")
  select 'charge-' || job, payer, -tokens, 'SPEND_ENHANCEMENT', 'image_enhancement', job, paid.balance
  from asked, paid
)
insert into image_enhancement_jobs (id, "userId", "imageUrl", tier, "tokensCost", "updatedAt")
select job, payer, picture, tier, tokens, now() from asked, paid
