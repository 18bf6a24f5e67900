-- What the master of a zone's agents keeps beside its agents' rows; owner: src/agent_manager.

-- Dialed, cancelled by an agent, or expired: offered no more.
alter table callback add column state text not null default 'open' check (state in ('open', 'dialed', 'cancelled', 'expired'));
drop index callback_due;
create index callback_due on callback (due_at) where state = 'open';

-- What the pacing of a job has learned, as src/agent_manager/pacing_memory.cc writes it.
create table job_pacing (
  job_id        bigint primary key references job (id) on delete cascade,
  memory        jsonb not null
);
