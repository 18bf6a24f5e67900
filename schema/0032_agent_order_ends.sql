-- Orders of supervisors are withdrawn and purged.

-- Who does not want it any more. The master of the agent's zone ends it, so that it is done or withdrawn and never both.
alter table agent_order add column withdrawn_by text;
alter table agent_order drop constraint agent_order_state_check;
alter table agent_order add constraint agent_order_state_check
  check (state in ('pending', 'done', 'refused', 'expired', 'withdrawn'));

alter table retention add column orders_days integer default 30 check (orders_days >= 1);   -- what supervisors asked of agents, once it has ended
alter table purge add column orders_days integer;
alter table purge add column orders bigint not null default 0;
alter table purge drop constraint purge_phase_check;
-- A list manager of the former release that goes on in phase `orders` takes it for `exports`, which comes next.
alter table purge add constraint purge_phase_check check (phase in ('attempts', 'contacts', 'uploads', 'orders', 'exports'));
