-- Contacts and attempts as CSV files. Owner: src/list_manager.

create table data_export (
  id             bigint generated always as identity primary key,
  kind           text not null check (kind in ('contacts', 'attempts')),
  list_id        bigint references contact_list (id),
  job_id         bigint references job (id),
  state          text not null default 'queued' check (state in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  as_of          timestamptz not null default clock_timestamp(),  -- attempts settled until then are in it
  -- Fixed by the first step, so that the file does not depend on when and how often it is broken off.
  columns        text[] not null default '{}',                    -- attributes of contacts
  last_contact   bigint,
  total_rows     bigint,                                          -- about, for progress
  -- Checkpoint: everything up to this contact and attempt is in the chunks.
  after_contact  bigint not null default 0,
  after_number   integer not null default 0,
  rows           bigint not null default 0,
  size_bytes     bigint not null default 0,
  error          text,
  created_at     timestamptz not null default clock_timestamp(),
  finished_at    timestamptz,
  check ((kind = 'contacts') = (list_id is not null) and (kind = 'attempts') = (job_id is not null))
);
create index data_export_waiting on data_export (id) where state in ('queued', 'running');

create table data_export_chunk (
  export_id   bigint not null references data_export (id) on delete cascade,
  first_byte  bigint not null,
  data        bytea not null,
  primary key (export_id, first_byte)
);
