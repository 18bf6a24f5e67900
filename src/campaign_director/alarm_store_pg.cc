#include "base/overloaded.h"
#include "campaign_director/alarm_store.h"
#include "ha/fence_pg.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;

// Reports come every 5 s; an older one says nothing of now.
constexpr const char* kReports = "select server, clock_offset_ms from server_report where at > clock_timestamp() - interval '20 s'";
constexpr const char* kDeaths = R"(
select server, d.key, d.value::bigint from server_report cross join jsonb_each_text(deaths) d
 where at > clock_timestamp() - interval '20 s')";
constexpr const char* kDatabaseAges = R"(
select p->>'name', min((p->>'database_age_ms')::double precision) from server_report cross join jsonb_array_elements(peers) p
 where at > clock_timestamp() - interval '20 s' and (p->>'heard')::boolean group by 1)";
constexpr const char* kMasters =
    "select resource, incarnation from ha_lease where resource not like '%/%' or resource like 'zone_director/%' order by resource";
// By the samples themselves: when no load monitor is left, no master says so.
constexpr const char* kLoadSilent = "select server from load_sample where sampled_at < clock_timestamp() - interval '30 s'";
constexpr const char* kMppWanted = "select exists (select 1 from server where 'mpp' = any(components) and not 'mpp' = any(stopped))";
constexpr const char* kDue = R"(
select d.id, d.tries, jsonb_build_object('event', d.event, 'id', a.id, 'kind', a.kind, 'subject', a.subject, 'text', a.text,
                                         'raised_at', a.raised_at, 'cleared_at', a.cleared_at)::text
  from alarm_delivery d join alarm a on a.id = d.alarm_id where d.next_at <= clock_timestamp() order by d.id limit $1)";

class PgAlarmStore final : public AlarmStore {
 public:
  explicit PgAlarmStore(pg::Pool& pool) : pool_(pool) {}

  Result<AlarmFacts> facts() override {
    return pool_.transaction<AlarmFacts>([&](Connection& c) -> Result<AlarmFacts> {
      auto answers = c.pipeline({{kReports, {}},
                                 {kDeaths, {}},
                                 {kDatabaseAges, {}},
                                 {kMasters, {}},
                                 {kLoadSilent, {}},
                                 {kMppWanted, {}},
                                 {"select kind, subject from alarm where cleared_at is null", {}}});
      if (!answers.ok()) return answers.error();
      AlarmFacts out;
      const auto each = [&](size_t answer, auto read) {
        const Rows& rows = (*answers)[answer];
        for (size_t r = 0; r < rows.size(); ++r) read(rows, r);
      };
      each(0, [&](const Rows& rows, size_t r) { out.reports.push_back({ServerName{rows.string(r, 0)}, rows.real(r, 1)}); });
      each(1, [&](const Rows& rows, size_t r) {
        out.deaths.push_back({ServerName{rows.string(r, 0)}, rows.string(r, 1), rows.integer(r, 2)});
      });
      each(2, [&](const Rows& rows, size_t r) { out.database_ages.push_back({ServerName{rows.string(r, 0)}, rows.real(r, 1)}); });
      each(3, [&](const Rows& rows, size_t r) {
        const auto holder = rows.optional_string(r, 1);
        out.masters.push_back({Resource{rows.string(r, 0)}, holder ? std::optional(Incarnation{*holder}) : std::nullopt});
      });
      each(4, [&](const Rows& rows, size_t r) { out.load_silent.push_back(ServerName{rows.string(r, 0)}); });
      out.mpp_wanted = (*answers)[5].boolean(0, 0);
      each(6, [&](const Rows& rows, size_t r) {
        if (const auto kind = parse_enum<AlarmKind>(rows.text(r, 0))) out.open.push_back({*kind, rows.string(r, 1)});
      });
      return out;
    });
  }

  Status commit(const LeaseGrant& grant, const std::vector<AlarmEffect>& effects, bool deliver) override {
    std::vector<Connection::Statement> statements{fence(grant)};
    for (const AlarmEffect& effect : effects) {
      std::visit(Overloaded{
                     [&](const RaiseAlarm& e) {
                       statements.push_back({R"(
with raised as (insert into alarm (kind, subject, text) values ($1, $2, $3) on conflict do nothing returning id)
insert into alarm_delivery (alarm_id, event) select id, 'raised' from raised where $4)",
                                             Params{}.add(to_string(e.name.kind)).add(e.name.subject).add(e.text).add(deliver)});
                     },
                     [&](const ClearAlarm& e) {
                       statements.push_back({R"(
with cleared as (update alarm set cleared_at = clock_timestamp() where kind = $1 and subject = $2 and cleared_at is null returning id)
insert into alarm_delivery (alarm_id, event) select id, 'cleared' from cleared where $3)",
                                             Params{}.add(to_string(e.name.kind)).add(e.name.subject).add(deliver)});
                     },
                 },
                 effect);
    }
    statements.emplace_back().sql = "delete from alarm where cleared_at < clock_timestamp() - interval '90 days'";
    return run(statements);
  }

  Result<std::vector<Delivery>> due(int limit) override {
    auto rows = pool_.query(kDue, Params{}.add(limit));
    if (!rows.ok()) return rows.error();
    std::vector<Delivery> out;
    for (size_t r = 0; r < rows->size(); ++r)
      out.push_back({rows->integer(r, 0), static_cast<int>(rows->integer(r, 1)), rows->string(r, 2)});
    return out;
  }

  Status delivered(const LeaseGrant& grant, int64_t id) override {
    return run({fence(grant), {"delete from alarm_delivery where id = $1", Params{}.add(id)}});
  }

  Status not_delivered(const LeaseGrant& grant, int64_t id, const std::string& error, std::optional<Duration> wait) override {
    if (!wait) return delivered(grant, id);
    return run({fence(grant),
                {"update alarm_delivery set tries = tries + 1, error = $2, next_at = clock_timestamp() + $3 * interval '1 microsecond' "
                 "where id = $1",
                 Params{}.add(id).add(error.substr(0, 500)).add(static_cast<int64_t>(wait->count()))}});
  }

 private:
  Status run(const std::vector<Connection::Statement>& statements) {
    return pool_.transaction<std::monostate>([&](Connection& c) -> Status {
      auto rows = c.pipeline(statements);
      if (!rows.ok()) return rows.error();
      return success();
    });
  }

  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<AlarmStore> make_pg_alarm_store(pg::Pool& pool) { return std::make_unique<PgAlarmStore>(pool); }

}  // namespace everdial
