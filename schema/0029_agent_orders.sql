-- What supervisors ask of agents from outside a desktop. Written by src/dashboard; carried out once by the master of the agent's zone
-- (src/agent_manager), whose transaction has the outcome together with what came of it.

create table agent_order (
  id          bigint generated always as identity primary key,
  request     bigint not null,                            -- those of one number were asked together
  agent_id    bigint not null references agent (id) on delete cascade,
  wanted      jsonb not null,                             -- model/agent.h, AgentOrder
  asked_by    text not null,                              -- the account's name, kept when the account goes
  asked_at    timestamptz not null default clock_timestamp(),
  until       timestamptz not null,                       -- then it expires: it is not to surprise anybody long after
  state       text not null default 'pending' check (state in ('pending', 'done', 'refused', 'expired')),
  detail      text,                                       -- why it was refused
  ended_at    timestamptz
);
create sequence agent_order_request;
create index agent_order_waiting on agent_order (agent_id, id) where state = 'pending';
create index agent_order_of_agent on agent_order (agent_id, id);
create index agent_order_asked_together on agent_order (request, id);
