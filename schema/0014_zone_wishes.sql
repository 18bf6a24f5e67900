-- What an administrator wants of zones and has not applied yet, and what the common director thinks of servers.

alter table zone
  add column saved_home    text,                         -- kept, but not acted upon before it is applied; then it is ha_lease.preferred
  add column saved_weight  double precision check (saved_weight > 0),
  add column going_home    boolean not null default false;   -- applied: goes home now, although its home has not settled

alter table server
  add column settled  boolean not null default true,     -- has lived long enough for zones to come home to it
  add column flaps    boolean not null default false;    -- begins anew too often: is given no zone while there is another
