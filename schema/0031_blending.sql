-- Inbound queues of an outside contact center: agents of a zone are moved to them and back by how long they are (src/agent_manager, blending).

create table inbound_queue (
  id                bigint generated always as identity primary key,
  zone              text not null,
  name              text not null,
  settings          jsonb not null,                       -- model/inbound_queue.h, InboundSettings; set by people
  -- As the outside contact center told last; src/dashboard writes it.
  length            double precision,                     -- callers who wait
  expected_wait_s   double precision,
  service_level     double precision,                     -- percent
  told_at           timestamptz,                          -- when it was so
  -- When an agent was moved to it or back last; the master of the zone's agents writes it together with the move.
  stepped_at        timestamptz,
  unique (zone, name)
);
