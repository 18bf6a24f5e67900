-- When a job ends before its list is exhausted, and how far its owner may dial until the director looks again. Owner: src/campaign_director.

alter table campaign add column finish jsonb not null default '{}';   -- model/campaign.h, Finish

alter table job
  add column finish_reason  text check (finish_reason in ('exhausted', 'goal', 'time', 'stopped')),
  -- The dialing allowance. Of use with finish criteria only; without, these stay as they are.
  add column claimed        bigint not null default 0,   -- contacts claimed so far, kept up by the owner in the claim's own transaction
  add column allowed_claims bigint,                      -- most of them, with a goal
  add column allowed_ms     bigint,                      -- dial for so long from now on, with an end by time
  add column allowance_seq  bigint not null default 0;   -- counts grants: an owner trusts a time only when it saw this move

update job set finish_reason = case state when 'stopped' then 'stopped' else 'exhausted' end where state in ('stopped', 'completed');
