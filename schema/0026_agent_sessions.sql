-- Desktops of agents: who may begin a session, and the sessions that go on at any server. Owners: src/dashboard (passwords, tickets), src/agent_sdk.

alter table agent
  add column password_hash text,                          -- argon2id, in its own encoded form; null: cannot log in
  add column supervisor    boolean not null default false; -- may move, force and monitor other agents of the zone

-- Given for a name and a password, used up by begin_session.
create table agent_ticket (
  ticket_hash   bytea primary key,                        -- SHA-256
  agent_id      bigint not null references agent (id) on delete cascade,
  expires_at    timestamptz not null
);

create table agent_session (
  id            bigint generated always as identity primary key,
  token_hash    bytea not null unique,                    -- SHA-256
  agent_id      bigint not null references agent (id) on delete cascade,
  carrier       text not null,                            -- the one connection that carries it: incarnation/number
  seen_at       timestamptz not null default clock_timestamp(), -- carried; by the database's clock
  created_at    timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- Where desktops reach a living agent_sdk.
create table agent_listener (
  incarnation   uuid primary key references ha_session (incarnation) on delete cascade,
  url           text not null
);

-- What was promised to a contact; the middle of "job-contact-number" names it.
create index callback_of_contact on callback (split_part(attempt, '-', 2)) where state = 'open';
