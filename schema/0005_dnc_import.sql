-- Imports of do-not-call numbers beside those of contacts, and what a person fixes about a file. Owner: src/list_manager.

alter table contact_import
  add column file_kind text not null default 'contacts' check (file_kind in ('contacts', 'dnc')),
  add column options jsonb not null default '{}',     -- see src/list_manager/import_json.h
  alter column list_id drop not null,
  add constraint contact_import_has_its_list check ((file_kind = 'contacts') = (list_id is not null));
create index contact_import_waiting on contact_import (id) where state in ('queued', 'running');

-- Which import brought a number.
alter table dnc add column import_id bigint;

-- Read in slices: compressed, each slice would cost unpacking the whole chunk.
alter table contact_import_chunk alter column data set storage external;
