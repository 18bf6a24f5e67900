-- Rings for those who wait for a lease (src/ha/lease_bell_pg): it is free, or meant for somebody else now. Renewals do not touch ha_lease.
create function ha_ring() returns trigger language plpgsql as $$
begin
  notify ha_lease;
  return null;
end $$;

create trigger ha_lease_rings after update of incarnation, desired on ha_lease for each row
  when (new.incarnation is null and old.incarnation is not null or new.desired is distinct from old.desired and new.desired is not null)
  execute function ha_ring();
