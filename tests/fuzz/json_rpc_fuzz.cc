#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "agent_sdk/session_machine.h"
#include "base/check.h"

// What desktops send, fed with anything: to the reader of messages, and to the machine of a connection that has its session. Whatever is
// said to the desktop is JSON.
// With clang: -fsanitize=fuzzer and this file alone; else with run_mutations.cc.

namespace {

using namespace everdial;

void check(const std::vector<desk::Effect>& effects) {
  for (const desk::Effect& effect : effects) {
    if (const auto* say = std::get_if<desk::Say>(&effect)) EVERDIAL_CHECK(nlohmann::json::accept(say->text));
    if (const auto* ask = std::get_if<desk::AskRecord>(&effect)) EVERDIAL_CHECK(nlohmann::json::parse(ask->params).is_object());
    if (const auto* send = std::get_if<desk::SendCommand>(&effect))
      EVERDIAL_CHECK(!send->command.id.empty() && send->command.id.size() <= desk::kLongestId);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Instant now = from_micros(1'000'000'000);
  desk::SessionMachine fresh({}, now);
  check(fresh.step(desk::TextCame{text}, now));
  desk::SessionMachine machine({}, now);
  check(machine.step(desk::TextCame{R"({"jsonrpc":"2.0","id":"h","method":"begin_session","params":{"ticket":"t"}})"}, now));
  desk::SessionRow row{.id = "1", .agent = AgentId{1}, .login = "ann", .name = "Ann", .zone = "default", .supervisor = true};
  check(machine.step(desk::SessionFound{std::move(row), "token", "as1", {}, {}}, now));
  check(machine.step(desk::TextCame{text}, now));
  return 0;
}
