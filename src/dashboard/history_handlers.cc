#include "dashboard/handlers.h"
#include "dashboard/history_store.h"

namespace everdial {
namespace {

constexpr int64_t kMostDays = 36'500;

/// A number of days; null or missing is for ever.
std::optional<int64_t> read_days(BodyReader& body, const char* field) {
  const nlohmann::json* given = body.member(field);
  if (!given || given->is_null()) return std::nullopt;
  return body.integer(field, 1, kMostDays);
}

}  // namespace

Answer get_job_summary(const Call& call) { return history_store::job_summary(call.db(), call.number("job_id")); }

Answer get_job_agents(const Call& call) { return history_store::job_agents(call.db(), call.number("job_id")); }

Answer get_trend(const Call& call) {
  QueryReader query(call.query);
  const std::string by = query.text("by").value_or("hour");
  if (by != "hour" && by != "day") query.fail("by", "must be one of hour, day");
  const int64_t buckets = query.integer_or("buckets", 1, 1000, 168);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return history_store::trend(call.db(), call.number("campaign_id"), by == "day", buckets);
}

Answer list_nuisance_alarms(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 2, true);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return history_store::nuisance_alarms(call.db(), page);
}

Answer get_retention(const Call& call) { return history_store::retention(call.db()); }

Answer update_retention(const Call& call) {
  BodyReader body(call.body);
  const history_store::Retention retention{read_days(body, "attempts_days"), read_days(body, "contacts_days"),
                                           read_days(body, "uploads_days"), read_days(body, "exports_days"),
                                           read_days(body, "orders_days")};
  if (auto wrong = body.finish()) return std::move(*wrong);
  return history_store::update_retention(call.db(), retention);
}

Answer list_purges(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return history_store::purges(call.db(), page);
}

Answer begin_purge(const Call& call) { return created(history_store::begin_purge(call.db(), call.caller.name)); }

}  // namespace everdial
