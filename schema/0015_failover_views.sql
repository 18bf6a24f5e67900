-- What people are shown of failovers, of how ready the servers are for one, and drills.

-- Each change beside the one before it. Owner of ha_history: src/ha.
create index ha_history_in_order on ha_history (res_id, id);

-- What each server says of itself, every few seconds. Owner: src/server.
create table server_report (
  server           text primary key,
  incarnation      uuid not null,
  version          text not null,
  clock_offset_ms  double precision not null,     -- how far the database's clock is ahead of the server's
  database_ms      double precision not null,     -- how long the database took to answer
  peers            jsonb not null,                -- of each other server: name, heard, silence_ms, database_age_ms, version
  deaths           jsonb not null,                -- component: how often it has died within the last ten minutes
  at               timestamptz not null default clock_timestamp()
);

-- Components killed on purpose and held down for a while, to see the others take over. Owner: src/dashboard; src/server reads it.
create table drill (
  id          bigint generated always as identity primary key,
  server      text not null,
  components  text[] not null,
  most_calls  bigint not null,                    -- more in the air would have been too many
  calls       bigint not null,                    -- in the air when it began, that it could touch
  asked_by    text not null,
  begun_at    timestamptz not null default clock_timestamp(),
  ends_at     timestamptz not null,               -- by itself, or when it was aborted
  aborted_by  text
);
create index drill_of_server on drill (server, ends_at);
