-- Imports of files that lie in a folder of the servers, and schedules that begin them. Owner: src/list_manager; of schedule: as before.

alter table contact_import
  drop constraint contact_import_state_check,
  add constraint contact_import_state_check
    check (state in ('uploading', 'collecting', 'queued', 'running', 'completed', 'failed', 'cancelled')),
  add column source text not null default 'upload' check (source in ('upload', 'folder')),
  -- Of a folder's file: its time of modification when the first piece was read, in ns since 1970, and how much of it is in the chunks.
  add column modified_ns bigint,
  add column collected_bytes bigint not null default 0;
create index contact_import_collecting on contact_import (id) where state = 'collecting';
-- Is the last one of the same file finished?
create index contact_import_of_folder on contact_import (list_id, file_name)
  where source = 'folder' and state in ('collecting', 'queued', 'running');

alter table schedule
  add column file_name text,
  add column options jsonb not null default '{}',          -- of an import, as contact_import.options
  drop constraint schedule_kind_check,
  drop constraint schedule_check,
  add constraint schedule_kind_check check (kind in ('start_job', 'export_contacts', 'export_attempts', 'purge', 'import')),
  add constraint schedule_has_what_it_needs check (
    (kind in ('start_job', 'export_attempts')) = (campaign_id is not null) and (kind in ('export_contacts', 'import')) = (list_id is not null)
    and (kind = 'import') = (file_name is not null));
