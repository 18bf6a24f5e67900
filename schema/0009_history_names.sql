-- Whose lives the history of leases tells of, kept when their sessions are gone. Owner: src/ha.

alter table ha_history
  add column from_server text,
  add column from_component text,
  add column to_server text,
  add column to_component text;

-- By a trigger, since a row comes from more than one place (ha_acquire, ha_release, a lease given back), and none must forget it.
create function ha_history_names() returns trigger language plpgsql as $$
begin
  select server, component into new.to_server, new.to_component from ha_session where incarnation = new.to_incarnation;
  select server, component into new.from_server, new.from_component from ha_session where incarnation = new.from_incarnation;
  if not found and new.from_incarnation is not null then
    -- Its session went first; its name was written when it acquired.
    select to_server, to_component into new.from_server, new.from_component from ha_history
     where res_id = new.res_id and to_incarnation = new.from_incarnation order by id desc limit 1;
  end if;
  return new;
end $$;
create trigger ha_history_names before insert on ha_history for each row execute function ha_history_names();

update ha_history h set from_server = s.server, from_component = s.component from ha_session s where s.incarnation = h.from_incarnation;
update ha_history h set to_server = s.server, to_component = s.component from ha_session s where s.incarnation = h.to_incarnation;
