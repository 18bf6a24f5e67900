-- High availability: who lives, who is master of what, and how that came about. See src/ha/README.md.

create table server (
  name          text primary key,
  first_seen    timestamptz not null default clock_timestamp()
);

create table ha_session (
  incarnation   uuid primary key,
  server        text not null,
  component     text not null,
  instance      text not null default '',
  address       text not null default '',
  version       text not null default '',
  renew_seq     bigint not null default 0,
  draining      boolean not null default false,
  last_seen     timestamptz not null default clock_timestamp()   -- for people only: nothing is decided by it
);
create index ha_session_component on ha_session (component);

create table ha_lease (
  res_id        bigint generated always as identity primary key,
  resource      text not null unique,
  epoch         bigint not null default 0,
  incarnation   uuid,
  preferred     text,
  desired       uuid
);

create table ha_history (
  id               bigint generated always as identity primary key,
  res_id           bigint not null,
  epoch            bigint not null,
  from_incarnation uuid,
  to_incarnation   uuid,
  reason           text not null,
  evidence         jsonb not null default '{}',
  detect_ms        double precision,
  acquire_ms       double precision,
  barrier_ms       double precision,
  at               timestamptz not null default clock_timestamp()
);
create index ha_history_resource on ha_history (res_id, epoch);

-- The fence: the first statement of every transaction a master makes. VOLATILE, so that each read sees what is committed now;
-- any isolation level but READ COMMITTED would read an old epoch and let a stale writer pass.
create function ha_fence(p_res_id bigint, p_epoch bigint, p_incarnation uuid) returns void
language plpgsql volatile as $$
declare
  v_epoch bigint;
  v_holder uuid;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'ha_fence needs READ COMMITTED, not %', current_setting('transaction_isolation') using errcode = 'ED002';
  end if;
  perform pg_advisory_xact_lock_shared(hashtext('everdial.lease'), p_res_id::int);
  select epoch, incarnation into v_epoch, v_holder from ha_lease where res_id = p_res_id;
  if v_epoch is distinct from p_epoch or v_holder is distinct from p_incarnation then
    raise exception 'fenced: resource % is at epoch % of %, not at % of %', p_res_id, v_epoch, v_holder, p_epoch, p_incarnation
      using errcode = 'ED001';
  end if;
end $$;

-- Acquire: true when the caller is the holder now, at epoch p_seen_epoch + 1. The caller sets lock_timeout to 300 ms first.
create function ha_acquire(p_res_id bigint, p_seen_epoch bigint, p_old uuid, p_old_renew_seq bigint, p_me uuid,
                           p_reason text, p_evidence jsonb, p_detect_ms double precision) returns bigint
language plpgsql volatile as $$
declare
  v_epoch bigint;
  v_started timestamptz := clock_timestamp();
begin
  perform pg_advisory_xact_lock(hashtext('everdial.lease'), p_res_id::int);
  update ha_lease set epoch = epoch + 1, incarnation = p_me
   where res_id = p_res_id and epoch = p_seen_epoch and incarnation is not distinct from p_old
     and not exists (select 1 from ha_session where incarnation = p_old and renew_seq <> p_old_renew_seq)
     and exists (select 1 from ha_session where incarnation = p_me)
  returning epoch into v_epoch;
  if v_epoch is null then return null; end if;
  insert into ha_history (res_id, epoch, from_incarnation, to_incarnation, reason, evidence, detect_ms, acquire_ms)
  values (p_res_id, v_epoch, p_old, p_me, p_reason, p_evidence, p_detect_ms, extract(epoch from clock_timestamp() - v_started) * 1000);
  return v_epoch;
end $$;

-- Release what these incarnations hold, after draining or on their death; their sessions go too when p_forget.
create function ha_release(p_incarnations uuid[], p_reason text, p_forget boolean) returns bigint
language plpgsql volatile as $$
declare
  v_lease record;
  v_count bigint := 0;
begin
  for v_lease in select res_id, epoch, incarnation from ha_lease where incarnation = any(p_incarnations) order by res_id loop
    perform pg_advisory_xact_lock(hashtext('everdial.lease'), v_lease.res_id::int);
    update ha_lease set incarnation = null where res_id = v_lease.res_id and incarnation = v_lease.incarnation and epoch = v_lease.epoch;
    if found then
      insert into ha_history (res_id, epoch, from_incarnation, to_incarnation, reason)
      values (v_lease.res_id, v_lease.epoch, v_lease.incarnation, null, p_reason);
      v_count := v_count + 1;
    end if;
  end loop;
  if p_forget then
    delete from ha_session where incarnation = any(p_incarnations);
  end if;
  return v_count;
end $$;
