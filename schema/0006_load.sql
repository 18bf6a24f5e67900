-- How loaded each server is. Owner: src/load_monitor.

create table load_sample (
  server      text primary key,
  cpu         double precision not null,          -- share of all processors in use over the last 10 s, 0 to 1
  memory      double precision not null,          -- share of the memory that is not available, 0 to 1
  run_queue   double precision not null,          -- processes that run or want to, 1 minute average, by processor
  sampled_at  timestamptz not null default clock_timestamp()
);

create table load_level (
  server  text primary key,
  level   text not null check (level in ('unknown', 'low', 'normal', 'high')),
  silent  boolean not null,                       -- no sample for 30 s: an alarm
  reason  text not null,
  since   timestamptz not null default clock_timestamp()
);
