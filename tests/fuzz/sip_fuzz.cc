#include <cstdint>
#include <string>

#include "base/check.h"
#include "sip/dialog_snapshot.h"
#include "sip/sdp.h"

// What src/sip parses itself, fed with anything: the first byte chooses the parser. What is accepted must come back as it was.
// With clang: -fsanitize=fuzzer and this file alone; else with run_mutations.cc.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace everdial::sip;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    const auto snapshot = decode_snapshot(input);
    if (snapshot.ok()) EVERDIAL_CHECK(encode(*snapshot) == input);
    return 0;
  }
  const auto description = parse_sdp(input);
  if (!description.ok()) return 0;
  const auto again = parse_sdp(to_text(*description));
  EVERDIAL_CHECK(again.ok() && *again == *description);
  const auto answer = make_answer(*description, {.address = "10.0.0.1", .port = 4000});
  if (answer.ok()) EVERDIAL_CHECK(answer->media.size() == description->media.size() && agree(*answer).ok());
  return 0;
}
