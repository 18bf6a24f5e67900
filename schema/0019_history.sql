-- What jobs came to, by the hour, caught up from the attempts. Owner: src/campaign_director.

-- The order in which results are taken up. Written once for each attempt, at the right edge.
create index attempt_done on attempt (done_at) where done_at is not null;

-- How far: each attempt done until then is in job_hour, none later. Moved with the counts, in one fenced transaction.
create table history_state (
  only_one  boolean primary key default true check (only_one),
  until     timestamptz not null default '-infinity',
  horizon   timestamptz not null default '-infinity'   -- no transaction can still bring a result that is older
);
insert into history_state default values;

create table job_hour (
  job_id    bigint not null,
  hour      timestamptz not null,        -- in which the calls ended
  code      text not null,
  attempts  bigint not null default 0,
  answered  bigint not null default 0,   -- by a person
  nuisance  bigint not null default 0,   -- of these: dropped, nobody and nothing was there for them
  ring_ms   bigint not null default 0,
  talk_ms   bigint not null default 0,
  primary key (job_id, hour, code)
);

-- A campaign's day with too many nuisance calls: raised with the counts that show it, however late, and kept.
create table nuisance_alarm (
  campaign_id  bigint not null references campaign (id) on delete cascade,
  day          date not null,            -- UTC
  answered     bigint not null,
  nuisance     bigint not null,
  raised_at    timestamptz not null default clock_timestamp(),
  primary key (campaign_id, day)
);
