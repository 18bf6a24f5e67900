-- Contact lists, their imports, and the do-not-call list. Owner: src/list_manager.

create table contact_list (
  id             bigint generated always as identity primary key,
  name           text not null unique,
  zone           text not null default 'default',
  default_region text not null default 'US',      -- for numbers without a country code, ISO 3166
  time_zone      text not null default 'UTC',     -- for numbers whose prefix tells no zone
  created_at     timestamptz not null default clock_timestamp()
);

create table contact (
  id           bigint generated always as identity primary key,
  list_id      bigint not null references contact_list (id),
  phone        text not null,                     -- E.164 with '+'
  time_zone    text not null,                     -- IANA
  ref          text,                              -- the customer's own id of the contact, when the file has one
  attributes   jsonb not null default '{}',
  import_id    bigint not null,
  import_row   bigint not null,                   -- 1 is the first row after the header
  unique (list_id, phone)
);
create index contact_of_list on contact (list_id, id);

create table contact_import (
  id             bigint generated always as identity primary key,
  list_id        bigint not null references contact_list (id),
  file_name      text not null,
  state          text not null default 'uploading' check (state in ('uploading', 'queued', 'running', 'completed', 'failed', 'cancelled')),
  size_bytes     bigint not null default 0,
  read_bytes     bigint not null default 0,       -- checkpoint: everything before this byte is committed
  next_row       bigint not null default 1,       -- checkpoint: the row that starts there
  layout         jsonb,                           -- what was detected: separator, quote, columns; fixed at the first chunk
  accepted       bigint not null default 0,
  duplicates     bigint not null default 0,
  rejected       bigint not null default 0,
  error          text,
  created_at     timestamptz not null default clock_timestamp(),
  finished_at    timestamptz
);

-- The uploaded file itself, so that any server can go on with it; deleted some time after the import has ended.
create table contact_import_chunk (
  import_id   bigint not null references contact_import (id) on delete cascade,
  first_byte  bigint not null,
  data        bytea not null,
  primary key (import_id, first_byte)
);

create table contact_import_reject (
  import_id   bigint not null references contact_import (id) on delete cascade,
  row_number  bigint not null,
  column_name text not null,
  value       text not null,                      -- at most 200 characters of it
  reason      text not null,
  primary key (import_id, row_number, column_name)
);

create table dnc (
  phone     text primary key,
  source    text not null,                        -- 'import', 'opt_out', 'console'
  attempt   text,                                 -- which attempt, for an opt-out
  added_at  timestamptz not null default clock_timestamp()
);
