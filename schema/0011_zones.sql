-- Zones on servers. Owner: src/campaign_director, but for what an administrator sets: server.capacity and parked, zone.weight, ha_lease.preferred.

alter table server
  add column capacity double precision not null default 1 check (capacity > 0),
  add column parked   boolean not null default false;   -- maintenance: takes no zones and no jobs, keeps what calls it has until they end

create table zone (
  name    text primary key,
  weight  double precision not null default 1 check (weight > 0)
);
