#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent_sdk/session_store.h"
#include "model/agent_view.h"
#include "runtime/pg.h"
#include "runtime/secret.h"

namespace everdial::desk {
namespace {

using pg::Params;
using pg::Rows;

// The agent's own record is that of its zone's manager (src/agent_manager/agent_record.cc); a test holds the two together.
constexpr auto kRow =
    "select s.id, a.id, a.login, a.name, a.zone, a.supervisor, coalesce(t.record ->> 'session' = s.id::text, false), "
    "t.agent_state, t.nail_state, t.call_state, t.job_state, t.record ->> 'reason', t.job_id, c.name, t.attempt, "
    "t.record ->> 'contact_phone', (t.record ->> 'other')::bigint, t.record ->> 'until', "
    "c.agents::text, coalesce((t.record ->> 'extensions')::int, 0), "
    "coalesce((t.record ->> 'leaving')::boolean, false), coalesce((t.record ->> 'next_notice')::bigint, 1) - 1, t.record ->> 'notices' "
    "from agent_session s join agent a on a.id = s.agent_id left join agent_state t on t.agent_id = a.id "
    "left join job j on j.id = t.job_id left join campaign c on c.id = j.campaign_id where s.id = $1";

template <class E>
E state_of(const Rows& rows, int column) {
  return parse_enum<E>(rows.text(0, column)).value_or(E{});
}

Result<std::vector<AgentNotice>> notices_of(const std::string& text) {
  std::vector<AgentNotice> out;
  const auto all = nlohmann::json::parse(text, nullptr, false);
  if (!all.is_array()) return Error{ErrorKind::internal, "an agent's notices cannot be read"};
  for (const auto& one : all) {
    auto notice = agent_notice_from_json(one.dump());
    if (!notice.ok()) return notice.error();
    out.push_back(std::move(*notice));
  }
  return out;
}

Result<std::optional<SessionRow>> row_of(const Rows& rows) {
  if (rows.empty()) return std::optional<SessionRow>{};
  SessionRow out{rows.string(0, 0), AgentId{rows.integer(0, 1)}, rows.string(0, 2),
                 rows.string(0, 3), rows.string(0, 4),           rows.boolean(0, 5)};
  out.owner = rows.boolean(0, 6);
  if (!out.owner) return std::optional(std::move(out));
  Situation& s = out.situation;
  s.states = {state_of<AgentState>(rows, 7), state_of<NailState>(rows, 8), state_of<AgentCallState>(rows, 9),
              state_of<AgentJobState>(rows, 10)};
  s.reason = rows.optional_string(0, 11).value_or("");
  if (const auto job = rows.optional_integer(0, 12)) s.job = JobId{*job};
  s.campaign = rows.optional_string(0, 13).value_or("");
  if (const auto attempt = rows.optional_string(0, 14)) s.attempt = parse_attempt_id(*attempt);
  AgentSettings settings;
  if (const auto text = rows.optional_string(0, 18)) {
    auto read = agent_settings_from_json(*text);
    if (!read.ok()) return Error{ErrorKind::internal, "a campaign's settings for agents cannot be read: " + read.error().message};
    settings = std::move(*read);
  }
  out.scripts = {settings.script, settings.auxiliary_script};
  if (const auto phone = rows.optional_string(0, 15); phone && !phone->empty()) s.phone = phone_seen(settings, *phone);
  if (const auto other = rows.optional_integer(0, 16)) s.other = AgentId{*other};
  if (const auto until = rows.optional_string(0, 17)) s.until = parse_iso8601(*until);
  s.extensions_left = std::max(0, settings.wrapup_extensions - static_cast<int>(rows.integer(0, 19)));
  s.leaving = rows.boolean(0, 20);
  out.last = rows.integer(0, 21);
  if (const auto notices = rows.optional_string(0, 22)) {
    auto kept = notices_of(*notices);
    if (!kept.ok()) return kept.error();
    out.kept = std::move(*kept);
  }
  return std::optional(std::move(out));
}

class PgSessionStore final : public SessionStore {
 public:
  explicit PgSessionStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::optional<SessionRow>> begin(const std::string& ticket, const std::string& token, const std::string& carrier) override {
    return found(
        "with used as (delete from agent_ticket where ticket_hash = $1::bytea returning agent_id, expires_at) "
        "insert into agent_session (token_hash, agent_id, carrier) select $2::bytea, agent_id, $3 from used "
        "where expires_at > clock_timestamp() returning id",
        Params{}.add_bytes(sha256(ticket)).add_bytes(sha256(token)).add(carrier));
  }

  Result<std::optional<SessionRow>> resume(const std::string& token, const std::string& carrier) override {
    return found(
        "update agent_session set carrier = $2, seen_at = clock_timestamp() where token_hash = $1::bytea and "
        "seen_at > clock_timestamp() - $3::interval returning id",
        Params{}.add_bytes(sha256(token)).add(carrier).add(outlives()));
  }

  Result<std::optional<SessionRow>> look(const std::string& session) override {
    auto rows = pool_.query(kRow, Params{}.add(id_of(session)));
    if (!rows.ok()) return rows.error();
    return row_of(*rows);
  }

  Result<std::vector<Carried>> keep(const std::vector<Carried>& carried) override {
    std::vector<Carried> out;
    if (carried.empty()) return out;
    std::vector<int64_t> sessions;
    std::vector<std::string> carriers;
    for (const Carried& one : carried) {
      sessions.push_back(id_of(one.session));
      carriers.push_back(one.carrier);
    }
    auto rows = pool_.query(
        "update agent_session s set seen_at = clock_timestamp() from unnest($1::bigint[], $2::text[]) as t (id, carrier) "
        "where s.id = t.id and s.carrier = t.carrier returning s.id, s.carrier",
        Params{}.add(sessions).add(carriers));
    if (!rows.ok()) return rows.error();
    for (size_t r = 0; r < rows->size(); ++r) out.push_back({rows->string(r, 0), rows->string(r, 1)});
    return out;
  }

  Result<std::vector<Expired>> expired() override {
    // Tickets that nobody has used go on the way.
    if (auto cleared = pool_.query("delete from agent_ticket where expires_at <= clock_timestamp()"); !cleared.ok()) return cleared.error();
    auto rows = pool_.query(
        "select s.id, s.agent_id, a.zone from agent_session s join agent a on a.id = s.agent_id "
        "where s.seen_at <= clock_timestamp() - $1::interval order by s.id limit 1000",
        Params{}.add(outlives()));
    if (!rows.ok()) return rows.error();
    std::vector<Expired> out;
    for (size_t r = 0; r < rows->size(); ++r) out.push_back({rows->string(r, 0), AgentId{rows->integer(r, 1)}, rows->string(r, 2)});
    return out;
  }

  Status end(const std::string& session) override {
    return done(pool_.query("delete from agent_session where id = $1", Params{}.add(id_of(session))));
  }

  Status listen(const Incarnation& me, const std::string& url) override {
    return done(pool_.query(
        "insert into agent_listener (incarnation, url) values ($1::uuid, $2) on conflict (incarnation) do update set url = excluded.url",
        Params{}.add(me.value).add(url)));
  }

  Result<std::map<Incarnation, std::string>> listeners() override {
    auto rows = pool_.query("select incarnation, url from agent_listener");
    if (!rows.ok()) return rows.error();
    std::map<Incarnation, std::string> out;
    for (size_t r = 0; r < rows->size(); ++r) out.emplace(Incarnation{rows->string(r, 0)}, rows->string(r, 1));
    return out;
  }

 private:
  static int64_t id_of(const std::string& session) { return std::stoll(session); }
  static std::string outlives() { return std::to_string(kSessionOutlives.count()) + " minutes"; }
  static Status done(const Result<Rows>& rows) {
    if (!rows.ok()) return rows.error();
    return success();
  }

  /// The session whose id the statement gives.
  Result<std::optional<SessionRow>> found(const std::string& statement, const Params& params) {
    auto id = pool_.query(statement, params);
    if (!id.ok()) return id.error();
    if (id->empty()) return std::optional<SessionRow>{};
    return look(id->string(0, 0));
  }

  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<SessionStore> make_pg_session_store(pg::Pool& pool) { return std::make_unique<PgSessionStore>(pool); }

}  // namespace everdial::desk
