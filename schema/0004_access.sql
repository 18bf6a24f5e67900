-- Who may do what over HTTP. Owner: src/dashboard.

create table account (
  id             bigint generated always as identity primary key,
  name           text not null unique,
  password_hash  text not null,                   -- argon2id, in its own encoded form
  role           text not null check (role in ('administrator', 'supervisor', 'viewer')),
  created_at     timestamptz not null default clock_timestamp()
);

create table login_session (
  token_hash  bytea primary key,                  -- SHA-256 of the cookie's value
  account_id  bigint not null references account (id) on delete cascade,
  csrf        text not null,
  expires_at  timestamptz not null
);

create table api_token (
  id          bigint generated always as identity primary key,
  account_id  bigint not null references account (id) on delete cascade,
  name        text not null,
  token_hash  bytea not null unique,
  created_at  timestamptz not null default clock_timestamp(),
  revoked_at  timestamptz
);

-- Answers of requests that changed something, so that a repeated one gets the first one's answer.
create table idempotency_key (
  account_id   bigint not null,
  key          text not null,
  request_hash bytea not null,                    -- of method, path and body: the same key with another request is refused
  status       integer,
  response     jsonb,
  created_at   timestamptz not null default clock_timestamp(),
  primary key (account_id, key)
);
