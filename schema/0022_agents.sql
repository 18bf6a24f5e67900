-- Agents of a zone and what they do. Owner: src/agent_manager, but for what an administrator sets: name, zone and skills of an agent, campaign.agents.

alter table campaign add column agents jsonb;             -- model/agent_campaign.h, AgentSettings; null: a campaign without agents

create table agent (
  id            bigint generated always as identity primary key,
  login         text not null unique,
  name          text not null default '',
  zone          text not null default 'default',
  skills        jsonb not null default '{}',              -- name to level, 1 to 10
  created_at    timestamptz not null default clock_timestamp()
);
create index agent_of_zone on agent (zone, id);

-- What the master of the zone knows of an agent; its row comes with the first log-on. Changed under the fence of agent_manager/zone/NAME alone.
create table agent_state (
  agent_id      bigint primary key references agent (id) on delete cascade,
  agent_state   text not null default 'logged_out'
                check (agent_state in ('logged_out', 'not_ready', 'ready', 'busy', 'pending_not_ready', 'work_not_ready')),
  nail_state    text not null default 'not_nailed' check (nail_state in ('not_nailed', 'pending', 'nailed')),
  call_state    text not null default 'idle'
                check (call_state in ('idle', 'preview', 'dialing', 'pending_call', 'talking', 'held', 'consult', 'conference_owner',
                                      'conference_passive', 'callback', 'wrapup')),
  job_state     text not null default 'detached'
                check (job_state in ('detached', 'pending_attach', 'attached', 'end', 'pending_movement', 'pending_inbound', 'inbound',
                                     'pending_manual_inbound', 'manual_inbound')),
  job_id        bigint,
  attempt       text,                                     -- job-contact-number
  since         timestamptz not null,                     -- of agent_state
  record        jsonb not null                            -- all else, as src/agent_manager/agent_record.cc writes it
) with (fillfactor = 50);

-- A call that a person has answered, until it has ended.
create table live_call (
  attempt       text primary key,
  zone          text not null,
  phone         text not null,
  live_at       timestamptz not null,
  nuisance_at   timestamptz not null,                     -- then it is too late for an agent
  nuisance      boolean not null default false
);
create index live_call_of_zone on live_call (zone);

-- What agents have made of contacts; an attempt that was handed on has one of each agent.
create table disposition (
  id            bigint generated always as identity primary key,
  attempt       text not null,
  agent_id      bigint not null,
  code          text not null,
  note          text not null default '',
  at            timestamptz not null default clock_timestamp()
);
create index disposition_of_attempt on disposition (attempt);

create table contact_note (
  id            bigint generated always as identity primary key,
  contact_id    bigint not null,
  attempt       text not null,
  agent_id      bigint not null,
  note          text not null,
  at            timestamptz not null default clock_timestamp()
);
create index contact_note_of_contact on contact_note (contact_id, id);

-- What an agent has changed of a contact; it stands beside what was imported.
create table contact_change (
  contact_id    bigint not null,
  name          text not null,
  value         text not null,
  agent_id      bigint not null,
  at            timestamptz not null default clock_timestamp(),
  primary key (contact_id, name)
);

create table callback (
  id            bigint generated always as identity primary key,
  attempt       text not null,                            -- in which it was promised
  agent_id      bigint not null,
  kind          text not null check (kind in ('agent', 'strict_agent', 'campaign', 'standard')),
  phone         text not null,
  due_at        timestamptz not null,
  until         timestamptz not null,
  note          text not null default '',
  created_at    timestamptz not null default clock_timestamp()
);
create index callback_due on callback (due_at);

-- Each agent's time by day (UTC) and state. 'total_ha_time' is how long the agent could do nothing, for its manager was taken over.
create table agent_time (
  agent_id      bigint not null,
  day           date not null,
  state         text not null check (state in ('not_ready', 'ready', 'busy', 'pending_not_ready', 'work_not_ready', 'total_ha_time')),
  ms            bigint not null default 0,
  primary key (agent_id, day, state)
);
