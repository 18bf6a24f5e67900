-- What people ask of one component on one server. Written by src/dashboard, carried out once by that server's own process (src/server).

alter table server add column stopped text[] not null default '{}';   -- components that stay stopped, over restarts too, until started again

create table component_order (
  id         bigint generated always as identity primary key,
  server     text not null,
  component  text not null,
  action     text not null check (action in ('start', 'stop', 'kill', 'restart')),
  asked_by   text not null,                              -- the account's name, kept when the account goes
  asked_at   timestamptz not null default clock_timestamp(),
  taken_at   timestamptz                                 -- by the server: it does nothing twice
);
create index component_order_waiting on component_order (server) where taken_at is null;
