#include <cstdint>
#include <string>

#include "base/check.h"
#include "list_manager/import_machine.h"

// An uploaded file that may hold anything. However it is cut, and wherever it is taken up again, the same comes out; each row is either
// accepted, a repeat or rejected. The first two bytes choose the cuts. With clang: -fsanitize=fuzzer; else with run_mutations.cc.

namespace {

using namespace everdial;

struct Outcome {
  std::vector<std::string> phones, attributes;
  int64_t repeats = 0, rejects = 0;
  Import import;
  std::string error;
  bool operator==(const Outcome& other) const {
    return phones == other.phones && attributes == other.attributes && repeats == other.repeats && rejects == other.rejects &&
           error == other.error && import.checkpoint == other.import.checkpoint && import.layout == other.import.layout;
  }
};

constexpr ImportLimits limits{.rows_per_save = 4, .bytes_per_save = 200, .csv = {.field = 64, .columns = 8, .rows = 50, .sample = 40}};

/// Imports `file` in pieces of `piece` bytes; begins anew from what was saved after each `saves` saves.
Outcome import_file(const std::string& file, size_t piece, int saves) {
  Outcome outcome;
  outcome.import.size_bytes = static_cast<int64_t>(file.size());
  for (;;) {
    ImportMachine machine{outcome.import, limits};
    auto at = static_cast<size_t>(outcome.import.checkpoint.byte);
    int left = saves;
    while (left > 0) {
      const std::string bytes = file.substr(at, piece);
      at += bytes.size();
      for (const ImportEffect& effect : machine.step(bytes.empty() ? ImportInput{FileEnded{}} : ImportInput{BytesRead{bytes}}, Instant{})) {
        if (left == 0) break;
        if (const auto* finish = std::get_if<FinishImport>(&effect)) {
          outcome.error = finish->error;
          return outcome;
        }
        const auto* rows = std::get_if<SaveRows>(&effect);
        if (!rows) continue;
        --left;
        const size_t accepted = rows->accepted.rows.size();
        EVERDIAL_CHECK(rows->from == outcome.import.checkpoint && rows->to.byte >= rows->from.byte);
        EVERDIAL_CHECK(rows->accepted.phones.size() == accepted && rows->accepted.attributes.size() == accepted);
        EVERDIAL_CHECK(static_cast<int64_t>(accepted + rows->rejects.size()) + rows->repeats == rows->to.row - rows->from.row);
        outcome.import.checkpoint = rows->to;
        outcome.import.layout = rows->layout;
        outcome.phones.insert(outcome.phones.end(), rows->accepted.phones.begin(), rows->accepted.phones.end());
        outcome.attributes.insert(outcome.attributes.end(), rows->accepted.attributes.begin(), rows->accepted.attributes.end());
        outcome.repeats += rows->repeats;
        outcome.rejects += static_cast<int64_t>(rows->rejects.size());
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string file(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = import_file(file, file.size() + 1, 1'000'000);
  const Outcome cut = import_file(file, 1 + data[0] % 50, 1 + data[1] % 4);
  EVERDIAL_CHECK(cut == whole);
  for (const std::string& attributes : whole.attributes) EVERDIAL_CHECK(is_utf8(attributes) && attributes.find('\n') == std::string::npos);
  return 0;
}
