-- How long things are kept, and what was removed. Owner: src/list_manager, but for the settings, which people write.

create table retention (
  only_one       boolean primary key default true check (only_one),
  attempts_days  integer check (attempts_days >= 1),            -- of ended jobs, with their queues; null: for ever. Summaries stay
  contacts_days  integer check (contacts_days >= 1),            -- of lists that no job has used for so long; null: for ever
  uploads_days   integer default 1 check (uploads_days >= 1),   -- bytes of imported files; counts and rejects stay
  exports_days   integer default 30 check (exports_days >= 1)
);
insert into retention default values;

create table purge (
  id             bigint generated always as identity primary key,
  state          text not null default 'queued' check (state in ('queued', 'running', 'completed')),
  begun_by       text not null,                                 -- 'schedule', or the account's name
  attempts_days  integer,                                       -- the settings of that time
  contacts_days  integer,
  uploads_days   integer,
  exports_days   integer,
  phase          text not null default 'attempts' check (phase in ('attempts', 'contacts', 'uploads', 'exports')),   -- checkpoint
  -- What was removed, counted with the removal.
  attempts       bigint not null default 0,
  queue_rows     bigint not null default 0,
  contacts       bigint not null default 0,
  uploads        bigint not null default 0,
  exports        bigint not null default 0,
  created_at     timestamptz not null default clock_timestamp(),
  finished_at    timestamptz
);
create index purge_waiting on purge (id) where state in ('queued', 'running');

alter table job add column purged boolean not null default false;            -- its attempts and queue are removed
alter table contact_list add column purged bigint not null default 0;        -- contacts removed
