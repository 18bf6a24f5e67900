-- What is not begun while every server is under high load (L-03). Written by src/load_monitor; whoever begins such things looks here
-- (load_restricted), and so does the status page.

create table load_restriction (
  name    text primary key check (name in ('imports', 'exports', 'job_starts')),
  reason  text not null,
  since   timestamptz not null default clock_timestamp()
);

-- Why it is restricted now; null: it is not. Without a sample of the last 15 minutes nothing is known, and nothing restricted (L-02).
create function load_restricted(p_name text) returns text language sql stable as $$
  select reason from load_restriction
   where name = p_name and exists (select 1 from load_sample where sampled_at > clock_timestamp() - interval '15 minutes')
$$;
