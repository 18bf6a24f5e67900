-- What is begun at set times. Owner: src/campaign_director, but for what people write: all of a schedule but next_at while it is enabled.

create table schedule (
  id           bigint generated always as identity primary key,
  name         text not null unique,
  kind         text not null check (kind in ('start_job', 'export_contacts', 'export_attempts', 'purge')),
  campaign_id  bigint references campaign (id) on delete cascade,
  list_id      bigint references contact_list (id) on delete cascade,
  timetable    jsonb not null,                             -- model/schedule.h, Timetable
  misfire      text not null default 'run_once' check (misfire in ('run_once', 'skip')),
  grace_s      integer not null default 60 check (grace_s >= 0),   -- so late is still in time
  enabled      boolean not null default true,
  next_at      timestamptz,                                -- null: it is due no more
  created_at   timestamptz not null default clock_timestamp(),
  check ((kind in ('start_job', 'export_attempts')) = (campaign_id is not null) and (kind = 'export_contacts') = (list_id is not null))
);
create index schedule_due on schedule (next_at) where enabled;

-- Written with the move of next_at and with what it started, in one fenced transaction: a due time is dealt with once.
create table schedule_firing (
  schedule_id  bigint not null references schedule (id) on delete cascade,
  due_at       timestamptz not null,
  fired_at     timestamptz not null default clock_timestamp(),
  outcome      text not null check (outcome in ('started', 'skipped', 'refused')),
  missed       integer not null default 0,                 -- due times before this one that nobody was there for
  started_id   bigint,                                     -- of the job, export or purge
  detail       text,
  primary key (schedule_id, due_at)
);
