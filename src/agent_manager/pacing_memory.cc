#include <nlohmann/json.hpp>

#include "agent_manager/pacing_types.h"

namespace everdial {
namespace {

using Json = nlohmann::json;

constexpr double kMost = 1e12;  ///< no count of ours comes near it

double number(const Json& json) {
  const double value = json.get<double>();
  if (!(value >= -kMost && value <= kMost)) throw std::out_of_range("a number is out of range");
  return value;
}

template <size_t N>
void read(const Json& json, std::array<double, N>& numbers) {
  if (json.size() != N) throw std::out_of_range("a table has " + std::to_string(json.size()) + " entries instead of " + std::to_string(N));
  for (size_t i = 0; i < N; ++i) numbers[i] = std::max(0.0, number(json.at(i)));
}

Json work_json(const PacingMemory::Work& work) { return {{"seconds", work.seconds}, {"ended", work.ended}}; }
PacingMemory::Work read_work(const Json& json) {
  PacingMemory::Work work;
  read(json.at("seconds"), work.seconds);
  read(json.at("ended"), work.ended);
  return work;
}

}  // namespace

std::string to_json(const PacingMemory& memory) {
  Json days = Json::array();
  for (const auto& day : memory.days) days.push_back({day.day, day.live, day.abandoned});
  return Json{{"ringing", {{"rang", memory.ringing.rang}, {"answered", memory.ringing.answered}, {"cleared", memory.ringing.cleared}}},
              {"talking", work_json(memory.talking)},
              {"wrapup", work_json(memory.wrapup)},
              {"answers_seen", memory.answers_seen},
              {"answers_expected", memory.answers_expected},
              {"classified", memory.classified},
              {"persons", memory.persons},
              {"wrapups", memory.wrapups},
              {"returned", memory.returned},
              {"steer", memory.steer},
              {"balance", memory.balance},
              {"days", days}}
      .dump();
}

Result<PacingMemory> parse_pacing_memory(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    PacingMemory memory;
    read(json.at("ringing").at("rang"), memory.ringing.rang);
    read(json.at("ringing").at("answered"), memory.ringing.answered);
    read(json.at("ringing").at("cleared"), memory.ringing.cleared);
    memory.talking = read_work(json.at("talking"));
    memory.wrapup = read_work(json.at("wrapup"));
    for (auto [name, value] : {std::pair{"answers_seen", &memory.answers_seen},
                               {"answers_expected", &memory.answers_expected},
                               {"classified", &memory.classified},
                               {"persons", &memory.persons},
                               {"wrapups", &memory.wrapups},
                               {"returned", &memory.returned},
                               {"steer", &memory.steer},
                               {"balance", &memory.balance}})
      *value = number(json.at(name));
    for (const Json& day : json.at("days"))
      memory.days.push_back({day.at(0).get<int64_t>(), day.at(1).get<int64_t>(), day.at(2).get<int64_t>()});
    return memory;
  } catch (const std::exception& e) {
    return Error{ErrorKind::invalid, std::string("pacing memory of a job: ") + e.what() + "; without it the job paces as a new one"};
  }
}

}  // namespace everdial
