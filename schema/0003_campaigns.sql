-- Campaigns, jobs and attempts. Owners: src/campaign_director (campaign, job), src/campaign_manager (job_contact, attempt, outbox).

create table campaign (
  id               bigint generated always as identity primary key,
  name             text not null unique,
  list_id          bigint not null references contact_list (id),
  strategy         jsonb not null,
  calls_per_second double precision not null default 10 check (calls_per_second > 0),
  max_calls        integer not null default 100 check (max_calls > 0),
  created_at       timestamptz not null default clock_timestamp()
);

create table job (
  id             bigint generated always as identity primary key,
  campaign_id    bigint not null references campaign (id),
  zone           text not null default 'default',
  state          text not null default 'queued'
                 check (state in ('queued', 'filtering', 'running', 'pausing', 'paused', 'stopping', 'stopped', 'completed')),
  requested      text check (requested in ('pause', 'resume', 'stop')),  -- a person's wish, until the director has applied it
  filter_cursor  bigint not null default 0,     -- contacts up to this id are in job_contact
  contacts       bigint not null default 0,     -- put into job_contact so far
  drained        boolean not null default false, -- set by the owner: nothing in flight and, when running, nothing left to dial
  created_at     timestamptz not null default clock_timestamp(),
  started_at     timestamptz,
  finished_at    timestamptz
);
create index job_unfinished on job (id) where state not in ('stopped', 'completed');

-- The queue: narrow, claimed by keyset (due_at, contact_id) by the job's one owner.
create table job_contact (
  job_id      bigint not null,
  contact_id  bigint not null,
  state       text not null default 'ready' check (state in ('ready', 'in_flight', 'done')),
  due_at      timestamptz not null default '1970-01-01Z',
  attempts    integer not null default 0,       -- numbers used, aborted ones included
  counted     integer not null default 0,       -- attempts that count against the strategy
  code        text,                             -- of the last attempt, or why it was not dialed
  codes       text[] not null default '{}',     -- of the counted attempts, oldest first: retries are per code
  primary key (job_id, contact_id)
) with (fillfactor = 70);
create index job_contact_due on job_contact (job_id, due_at, contact_id) where state = 'ready';
create index job_contact_in_flight on job_contact (job_id, contact_id) where state = 'in_flight';

-- Every MPP that may hold call records, by its lasting name (server/mpp/instance). It adds itself before it serves; a barrier asks all.
create table mpp (
  name        text primary key,
  first_seen  timestamptz not null default clock_timestamp()
);

-- Written ahead: no INVITE without a committed row here in state 'intent'.
create table attempt (
  job_id       bigint not null,
  contact_id   bigint not null,
  number       integer not null,
  phone        text not null,
  state        text not null default 'intent' check (state in ('intent', 'done', 'aborted', 'unknown')),
  code         text,
  intent_at    timestamptz not null default clock_timestamp(),
  intent_epoch bigint not null,
  intent_by    uuid not null,
  done_at      timestamptz,
  done_epoch   bigint,
  done_by      uuid,
  mpp          text,
  trunk        text,
  sip_status   integer,
  placed_at    timestamptz,
  ringing_at   timestamptz,
  answered_at  timestamptz,
  ended_at     timestamptz,
  analysis     text,
  digits       text,
  recording    text,
  primary key (job_id, contact_id, number)
) with (fillfactor = 70);
create index attempt_unsettled on attempt (job_id) where state = 'intent';

-- Results by code, kept up in the same transaction as the results, so that a live page never counts attempts.
create table job_result (
  job_id  bigint not null,
  code    text not null,
  count   bigint not null default 0,
  primary key (job_id, code)
);
create table job_contact_result (
  job_id  bigint not null,
  code    text not null,
  count   bigint not null default 0,
  primary key (job_id, code)
);

-- Events for the brokers; read only below pg_snapshot_xmin, so that a late commit is not skipped.
create table outbox (
  id     bigint generated always as identity primary key,
  xid    xid8 not null default pg_current_xact_id(),
  topic  text not null,
  key    text not null,
  event  jsonb not null,
  at     timestamptz not null default clock_timestamp()
);
