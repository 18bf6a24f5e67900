#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/check.h"
#include "dashboard/page.h"
#include "dashboard/problem.h"
#include "dashboard/request_reader.h"
#include "dashboard/router.h"

// What src/dashboard parses of a request itself, fed with anything: the first byte chooses the parser. Whatever comes out can be stored in
// the database and written as JSON.
// With clang: -fsanitize=fuzzer and this file alone; else with run_mutations.cc.

namespace {

using namespace everdial;

void read_target(std::string_view input) {
  const auto target = parse_target(input);
  if (!target) return;
  for (const auto& step : target->path) EVERDIAL_CHECK(is_storable_text(step));
  for (const auto& [name, value] : target->query) EVERDIAL_CHECK(is_storable_text(name) && is_storable_text(value));
  Router router;
  router.add(Method::get, "/jobs/{job_id}/attempts", 0);
  router.add(Method::get, "/jobs/{job_id}/{what}", 1);
  const auto match = router.find("GET", target->path);
  EVERDIAL_CHECK(!match || target->path.size() == 3);
  QueryReader query(target->query);
  const PageRequest page = read_page(query, 2);
  EVERDIAL_CHECK(page.limit >= 1 && page.limit <= 500 && (page.after.empty() || page.after.size() == 2));
  query.phone("phone");
  if (const auto wrong = query.finish()) EVERDIAL_CHECK(nlohmann::json::accept(*to_response(*wrong, "id").body));
}

void read_body(std::string_view input) {
  const auto body = nlohmann::json::parse(input, nullptr, false);
  if (body.is_discarded()) return;
  BodyReader reader(body);
  const std::string name = reader.text("name", {.least = 1, .most = 10});
  EVERDIAL_CHECK(is_storable_text(name) && name.size() <= 40);
  const int64_t size = reader.integer("size", 1, 100);
  EVERDIAL_CHECK(size >= 1 && size <= 100);
  const double rate = reader.number_or("rate", 0, 5, 1);
  EVERDIAL_CHECK(rate > 0 && rate <= 5);
  for (const auto& phone : reader.phones("phones", 100)) EVERDIAL_CHECK(is_phone(phone));
  if (const auto wrong = reader.finish()) EVERDIAL_CHECK(nlohmann::json::accept(*to_response(*wrong, "id").body));
}

void read_cursor(std::string_view input) {
  if (const auto key = from_cursor(input)) EVERDIAL_CHECK(from_cursor(to_cursor(*key)) == key);
  if (const auto bytes = from_base64url(input)) EVERDIAL_CHECK(base64url(*bytes) == input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      read_target(input);
      break;
    case 1:
      read_body(input);
      break;
    case 2:
      read_cursor(input);
      break;
    default:
      parse_cookies(input);
  }
  return 0;
}
