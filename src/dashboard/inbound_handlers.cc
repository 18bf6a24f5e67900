#include <set>

#include "dashboard/handlers.h"
#include "dashboard/inbound_store.h"

namespace everdial {
namespace {

using nlohmann::json;

constexpr size_t kMostQueues = 1000;  ///< that are told of at once

InboundSettings read_settings(BodyReader& body) {
  InboundSettings settings;
  if (const json* given = body.member("settings")) body.take(inbound_settings_from_json(given->dump()), "settings", settings);
  else body.fail("settings", "is missing");
  return settings;
}

inbound_store::Told read_told(BodyReader& one, std::set<std::string>& names) {
  inbound_store::Told told{one.text("queue", kZoneName), one.optional_number_from("length", 0, 1'000'000),
                           one.optional_number_from("expected_wait_s", 0, 86'400), one.optional_number_from("service_level", 0, 100),
                           std::nullopt};
  if (!one.member("length") && !one.member("expected_wait_s") && !one.member("service_level"))
    one.fail("length", "or expected_wait_s or service_level must be there");
  if (const auto at = one.optional_text("at", {})) {
    told.at = parse_iso8601(*at);
    if (!told.at) one.fail("at", "must be a time as 2026-03-01T12:00:00Z");
  }
  if (!names.insert(told.queue).second) one.fail("queue", "stands in the list before");
  return told;
}

}  // namespace

Answer list_inbound_queues(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  const auto zone = query.text("zone");
  if (auto wrong = query.finish()) return std::move(*wrong);
  return inbound_store::queues(call.db(), zone, page);
}

Answer create_inbound_queue(const Call& call) {
  BodyReader body(call.body);
  const inbound_store::NewQueue queue{body.text("zone", kZoneName), body.text("name", kZoneName), read_settings(body)};
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto made = inbound_store::create_queue(call.db(), queue);
  if (made.ok()) return created(made);
  if (made.error().kind == ErrorKind::invalid) return pointed(made.error(), ErrorKind::invalid, "/zone");
  return pointed(made.error(), ErrorKind::conflict, "/name");
}

Answer get_inbound_queue(const Call& call) { return inbound_store::queue(call.db(), call.number("queue_id")); }

Answer update_inbound_queue(const Call& call) {
  BodyReader body(call.body);
  const InboundSettings settings = read_settings(body);
  if (auto wrong = body.finish()) return std::move(*wrong);
  return inbound_store::update_queue(call.db(), call.number("queue_id"), settings);
}

Answer delete_inbound_queue(const Call& call) { return inbound_store::delete_queue(call.db(), call.number("queue_id")); }

Answer tell_inbound_figures(const Call& call) {
  BodyReader body(call.body);
  const std::string zone = body.text("zone", kZoneName);
  std::vector<inbound_store::Told> told;
  std::set<std::string> names;
  if (!body.member("queues")) body.fail("queues", "is missing");
  body.objects("queues", kMostQueues, [&](BodyReader& one) { told.push_back(read_told(one, names)); });
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto unknown = inbound_store::without_queue(call.db(), zone, told);
  if (!unknown.ok()) return unknown.error();
  if (!unknown->empty()) {
    std::vector<FieldError> errors;
    for (const size_t i : *unknown)
      errors.push_back({"/queues/" + std::to_string(i) + "/queue", "There is no inbound queue of this name in the zone."});
    return invalid_problem(std::move(errors));
  }
  return inbound_store::tell(call.db(), zone, told);
}

}  // namespace everdial
