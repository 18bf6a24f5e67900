#include "dashboard/access_store.h"
#include "dashboard/row_json.h"

namespace everdial::access_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

json account_json(const Rows& rows, size_t row) {
  return {{"id", rows.integer(row, 0)},
          {"name", rows.text(row, 1)},
          {"role", rows.text(row, 2)},
          {"created_at", to_iso8601(rows.instant(row, 3))}};
}

json token_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)}, {"name", rows.text(row, 1)}, {"created_at", to_iso8601(rows.instant(row, 2))}};
  put_instant(out, "revoked_at", rows, row, 3);
  return out;
}

Result<std::optional<Caller>> caller_of(const Result<Rows>& rows, const std::string& token_hash) {
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return std::optional<Caller>{};
  const auto role = parse_enum<Role>(rows->text(0, 2));
  if (!role) return Error{ErrorKind::internal, "account " + rows->string(0, 0) + " has the unknown role " + rows->string(0, 2)};
  Caller caller{rows->integer(0, 0), rows->string(0, 1), *role, rows->instant(0, 3), token_hash, std::nullopt, std::nullopt};
  caller.csrf = rows->optional_string(0, 4);
  caller.expires_at = rows->optional_instant(0, 5);
  return std::optional(std::move(caller));
}

std::string lifetime() { return std::to_string(kSessionLifetime.count()) + " hours"; }

/// ErrorKind::conflict unless an administrator other than this account is left. Holds all administrators' rows until the commit.
Status keep_an_administrator(Connection& db, int64_t account) {
  auto rows = db.query("select id from account where role = 'administrator' order by id for update");
  if (!rows.ok()) return rows.error();
  bool is_one = false;
  for (size_t r = 0; r < rows->size(); ++r) is_one = is_one || rows->integer(r, 0) == account;
  if (is_one && rows->size() == 1) return Error{ErrorKind::conflict, "This is the last administrator; make another one first."};
  return success();
}

}  // namespace

Result<std::optional<Caller>> find_session(Connection& db, const std::string& token_hash) {
  auto caller = caller_of(
      db.query("select a.id, a.name, a.role, a.created_at, s.csrf, s.expires_at from login_session s join account a on a.id = s.account_id "
               "where s.token_hash = $1::bytea and s.expires_at > clock_timestamp()",
               Params{}.add_bytes(token_hash)),
      token_hash);
  if (!caller.ok() || !*caller) return caller;
  // Prolonged at most once in some minutes, so that reading stays reading.
  if (auto moved = db.query(
          "update login_session set expires_at = clock_timestamp() + $2::interval "
          "where token_hash = $1::bytea and expires_at < clock_timestamp() + $2::interval - interval '10 minutes' returning expires_at",
          Params{}.add_bytes(token_hash).add(lifetime()));
      moved.ok() && !moved->empty())
    (*caller)->expires_at = moved->instant(0, 0);
  return caller;
}

Result<std::optional<Caller>> find_token(Connection& db, const std::string& token_hash) {
  return caller_of(
      db.query("select a.id, a.name, a.role, a.created_at, null, null::timestamptz from api_token t join account a on a.id = t.account_id "
               "where t.token_hash = $1::bytea and t.revoked_at is null",
               Params{}.add_bytes(token_hash)),
      token_hash);
}

Result<std::optional<PasswordRow>> find_password(Connection& db, const std::string& name) {
  auto rows = db.query("select id, password_hash from account where name = $1", Params{}.add(name));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return std::optional<PasswordRow>{};
  return std::optional(PasswordRow{rows->integer(0, 0), rows->string(0, 1)});
}

Result<std::optional<PasswordRow>> find_agent_password(Connection& db, const std::string& login) {
  auto rows = db.query("select id, password_hash from agent where login = $1 and password_hash is not null", Params{}.add(login));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return std::optional<PasswordRow>{};
  return std::optional(PasswordRow{rows->integer(0, 0), rows->string(0, 1)});
}

Status open_ticket(Connection& db, int64_t agent, const std::string& ticket_hash) {
  return done(
      db.query("insert into agent_ticket (ticket_hash, agent_id, expires_at) values ($1::bytea, $2, clock_timestamp() + $3::interval)",
               Params{}.add_bytes(ticket_hash).add(agent).add(std::to_string(kTicketLifetime.count()) + " seconds")));
}

Result<std::vector<std::string>> agent_servers(Connection& db, int64_t agent) {
  // One that has not been seen of late may live: it is tried last. Each agent has an order of its own, so that they spread.
  auto rows = db.query(
      "select l.url from agent_listener l join ha_session s using (incarnation) where not s.draining "
      "order by s.last_seen < clock_timestamp() - interval '3 seconds', md5(l.incarnation::text || $1::text)",
      Params{}.add(std::to_string(agent)));
  if (!rows.ok()) return rows.error();
  std::vector<std::string> out;
  for (size_t r = 0; r < rows->size(); ++r) out.push_back(rows->string(r, 0));
  return out;
}

Status open_session(Connection& db, int64_t account, const std::string& token_hash, const std::string& csrf) {
  return done(db.query(
      "insert into login_session (token_hash, account_id, csrf, expires_at) values ($1::bytea, $2, $3, clock_timestamp() + $4::interval)",
      Params{}.add_bytes(token_hash).add(account).add(csrf).add(lifetime())));
}

Status close_session(Connection& db, const std::string& token_hash) {
  return done(db.query("delete from login_session where token_hash = $1::bytea", Params{}.add_bytes(token_hash)));
}

Result<Page> accounts(Connection& db, const PageRequest& page) {
  auto rows = db.query("select id, name, role, created_at from account where id > $1 order by id limit $2",
                       Params{}.add(above(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, account_json, id_key);
}

Result<json> create_account(Connection& db, const std::string& name, const std::string& password_hash, Role role) {
  auto rows = db.query(
      "insert into account (name, password_hash, role) values ($1, $2, $3) on conflict (name) do nothing returning id, name, role, "
      "created_at",
      Params{}.add(name).add(password_hash).add(to_string(role)));
  if (rows.ok() && rows->empty()) return Error{ErrorKind::conflict, "There is an account of this name already."};
  return one_of(rows, account_json, "");
}

Result<json> update_account(Connection& db, int64_t account, const AccountChange& change, const std::string& except_token_hash) {
  if (change.role && *change.role != Role::administrator)
    if (Status kept = keep_an_administrator(db, account); !kept.ok()) return kept.error();
  auto changed = one_of(
      db.query("update account set password_hash = coalesce($2, password_hash), role = coalesce($3, role) where id = $1 "
               "returning id, name, role, created_at",
               Params{}.add(account).add(change.password_hash).add(change.role ? std::optional(to_string(*change.role)) : std::nullopt)),
      account_json, "There is no such account.");
  if (!changed.ok() || !change.password_hash) return changed;
  auto closed = db.query("delete from login_session where account_id = $1 and token_hash <> $2::bytea",
                         Params{}.add(account).add_bytes(except_token_hash));
  if (!closed.ok()) return closed.error();
  return changed;
}

Status delete_account(Connection& db, int64_t account) {
  if (Status kept = keep_an_administrator(db, account); !kept.ok()) return kept;
  auto rows = db.query("delete from account where id = $1", Params{}.add(account));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::not_found, "There is no such account."};
  return done(rows);
}

Result<Page> tokens(Connection& db, int64_t account, const PageRequest& page) {
  auto rows = db.query("select id, name, created_at, revoked_at from api_token where account_id = $1 and id > $2 order by id limit $3",
                       Params{}.add(account).add(above(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, token_json, id_key);
}

Result<json> create_token(Connection& db, int64_t account, const std::string& name, const std::string& token_hash) {
  return one_of(
      db.query("insert into api_token (account_id, name, token_hash) values ($1, $2, $3::bytea) returning id, name, created_at, revoked_at",
               Params{}.add(account).add(name).add_bytes(token_hash)),
      token_json, "");
}

Status revoke_token(Connection& db, int64_t account, int64_t token) {
  auto rows = db.query("update api_token set revoked_at = coalesce(revoked_at, clock_timestamp()) where id = $1 and account_id = $2",
                       Params{}.add(token).add(account));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::not_found, "You have no such token."};
  return done(rows);
}

Result<KeyUse> use_key(Connection& db, int64_t account, const std::string& key, const std::string& request_hash) {
  auto made = db.query("insert into idempotency_key (account_id, key, request_hash) values ($1, $2, $3::bytea) on conflict do nothing",
                       Params{}.add(account).add(key).add_bytes(request_hash));
  if (!made.ok()) return made.error();
  if (made->affected() == 1) return KeyUse{FirstUse{}};
  auto rows = db.query("select request_hash, status, response from idempotency_key where account_id = $1 and key = $2",
                       Params{}.add(account).add(key));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::overloaded, "The idempotency key was cleaned up a moment ago; repeat the request."};
  if (rows->bytes(0, 0) != request_hash) return KeyUse{UsedForAnother{}};
  return KeyUse{AnsweredBefore{static_cast<int>(rows->integer(0, 1)), rows->optional_string(0, 2).value_or("")}};
}

Status save_answer(Connection& db, int64_t account, const std::string& key, int status, const std::string& response) {
  return done(db.query("update idempotency_key set status = $3, response = $4::jsonb where account_id = $1 and key = $2",
                       Params{}.add(account).add(key).add(status).add(response.empty() ? std::nullopt : std::optional(response))));
}

Status clean_up(Connection& db) {
  if (auto rows = db.query("delete from login_session where expires_at < clock_timestamp()"); !rows.ok()) return rows.error();
  return done(db.query("delete from idempotency_key where created_at < clock_timestamp() - interval '24 hours'"));
}

}  // namespace everdial::access_store
