-- Where the agents of a zone are managed. ha_lease.preferred of agent_manager/zone/NAME is the server they belong to; ha_lease.desired is set only
-- while they move, so that a manager that dies is followed by the first that can, whether a director lives or not.

alter table zone
  add column saved_manager  text,                             -- a server: kept, but not acted upon before it is applied; then it is ha_lease.preferred
  add column agents_moving  boolean not null default false;   -- applied: the agents go there now

-- The share of nuisance calls beyond which this alarm was raised: the campaign's own.
alter table nuisance_alarm add column most double precision not null default 0.03;
