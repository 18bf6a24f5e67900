-- The key by which servers know each other's heartbeats for genuine. Whoever can read it could write ha_lease as well, so it opens nothing
-- that is not open to him; and there is no key to hand out. Two random UUIDs: 244 random bits. Owner: src/ha.

create table ha_secret (
  only_one        boolean primary key default true check (only_one),
  heartbeat_key   text not null
);
insert into ha_secret (heartbeat_key) values (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
