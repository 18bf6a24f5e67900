-- What people are to be told of. Raised and cleared in one place: by the common director. Owner: src/campaign_director.

create table alarm (
  id         bigint generated always as identity primary key,
  kind       text not null,
  subject    text not null,                              -- the server, component or resource that it is about
  text       text not null,
  raised_at  timestamptz not null default clock_timestamp(),
  cleared_at timestamptz
);
create unique index alarm_open on alarm (kind, subject) where cleared_at is null;

-- What is still to be told to the webhook: with back-off, and given up after a bounded number of tries.
create table alarm_delivery (
  id        bigint generated always as identity primary key,
  alarm_id  bigint not null references alarm (id) on delete cascade,
  event     text not null check (event in ('raised', 'cleared')),
  tries     integer not null default 0,
  next_at   timestamptz not null default clock_timestamp(),
  error     text                                         -- of the last try
);
create index alarm_delivery_due on alarm_delivery (next_at);
