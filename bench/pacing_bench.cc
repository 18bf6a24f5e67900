// Share of their time that agents talk, at no more than 3 % abandoned calls: Everdial's pacer beside two that are tuned for each cell.
// Cells are numbers of agents x mixes of traffic; each pacer is measured on the same held-out seeds, the two were tuned on others.

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <thread>

#include "agent_manager/pacing_machine.h"
#include "pacing_traffic.h"

namespace everdial::bench {
namespace {

constexpr double kCap = 0.03;

class EverdialPacer : public Pacer {
 public:
  explicit EverdialPacer(const PacingSettings& settings) : machine_(settings) {}
  void note(const PacingFact& fact, Instant at) override { machine_.note(fact, at); }
  int64_t tick(Instant now) override { return machine_.tick({1'000'000, 1'000'000}, now); }
  int64_t calls() const override { return static_cast<int64_t>(machine_.calls()); }
  int64_t agents() const override { return static_cast<int64_t>(machine_.agents()); }

 private:
  PacingMachine machine_;
};

/// Numbers that the two tuned pacers go by.
class CountingPacer : public Pacer {
 public:
  void note(const PacingFact& fact, Instant) override {
    if (std::holds_alternative<CallPlaced>(fact)) ++open_;
    if (std::holds_alternative<CallEnded>(fact)) --open_;
    if (const auto* classified = std::get_if<CallClassified>(&fact); classified && !classified->person) --open_;
    if (std::holds_alternative<CallConnected>(fact)) --open_, ++live_;
    if (std::holds_alternative<CallAbandoned>(fact)) --open_, ++live_, ++abandoned_;
    if (const auto* ready = std::get_if<AgentReady>(&fact)) move(ready->agent, 'r');
    if (const auto* talking = std::get_if<AgentTalking>(&fact)) move(talking->agent, 't');
    if (const auto* wrapup = std::get_if<AgentWrapup>(&fact)) move(wrapup->agent, 'w');
    if (const auto* gone = std::get_if<AgentGone>(&fact)) move(gone->agent, ' ');
  }
  int64_t calls() const override { return open_; }
  int64_t agents() const override { return count('r') + count('t') + count('w'); }

 protected:
  int64_t count(char state) const { return counts_[static_cast<size_t>(state)]; }
  int64_t open_ = 0, live_ = 0, abandoned_ = 0;

 private:
  void move(AgentId agent, char state) {
    const auto at = static_cast<size_t>(agent.value);
    if (states_.size() <= at) states_.resize(at + 1, ' ');
    --counts_[static_cast<size_t>(states_[at])];
    states_[at] = state;
    ++counts_[static_cast<size_t>(state)];
  }
  std::vector<char> states_;
  std::array<int64_t, 128> counts_{};
};

/// So many calls for each agent who waits.
class RatioPacer : public CountingPacer {
 public:
  explicit RatioPacer(double ratio) : ratio_(ratio) {}
  int64_t tick(Instant) override { return static_cast<int64_t>(std::floor(ratio_ * static_cast<double>(count('r')))) - open_; }

 private:
  double ratio_;
};

/// As VICIdial adapts: a level of lines for each agent (or for each who waits: its "available only tally"), moved each 15 s by how many
/// agents wait, and lowered while too many calls are dropped.
class LevelPacer : public CountingPacer {
 public:
  struct Tuning {
    bool available_only = false;
    double waiting = 1;  ///< agents who are to wait
    double gain = 0.3;
    double limit = 0.03;  ///< dropped share above which the level falls
  };
  explicit LevelPacer(Tuning tuning) : tuning_(tuning) {}
  int64_t tick(Instant) override {
    idle_ += static_cast<double>(count('r'));
    if (++ticks_ % 30 == 0) adapt();
    const double lines = std::floor(level_ * static_cast<double>(tuning_.available_only ? count('r') : agents()));
    return static_cast<int64_t>(lines) - open_ - (tuning_.available_only ? 0 : count('t'));
  }

 private:
  void adapt() {
    const double idle = std::exchange(idle_, 0) / 30, agents = static_cast<double>(std::max<int64_t>(this->agents(), 1));
    const bool dropping = static_cast<double>(abandoned_) > tuning_.limit * static_cast<double>(live_);
    level_ += tuning_.gain * (dropping ? -0.1 : std::clamp((idle - tuning_.waiting) / agents, -1.0, 1.0));
    level_ = std::clamp(level_, 1.0, 20.0);
  }
  Tuning tuning_;
  double level_ = 1, idle_ = 0;
  int64_t ticks_ = 0;
};

struct Cell {
  TrafficMix mix;
  int agents = 0;
  double hours = 0;
};
using MakePacer = std::function<std::unique_ptr<Pacer>()>;

struct Measured {
  std::vector<TrafficFigures> runs;

  double talk() const { return mean(shares()); }
  double talk_interval() const { return interval(shares()); }
  double abandoned() const {
    double live = 0, abandoned = 0;
    for (const TrafficFigures& run : runs) live += static_cast<double>(run.live), abandoned += static_cast<double>(run.abandoned);
    return abandoned / std::max(live, 1.0);
  }
  int64_t lost() const {
    return std::accumulate(runs.begin(), runs.end(), int64_t{0}, [](int64_t sum, const TrafficFigures& run) { return sum + run.lost; });
  }
  std::vector<double> shares() const {
    std::vector<double> result;
    for (const TrafficFigures& run : runs) result.push_back(run.talk_share);
    return result;
  }
  static double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
  /// Half of the 95 % confidence interval of the mean, by Student's distribution for the 20 seeds.
  static double interval(const std::vector<double>& values) {
    double squares = 0;
    for (const double value : values) squares += (value - mean(values)) * (value - mean(values));
    const double n = static_cast<double>(values.size());
    return 2.093 * std::sqrt(squares / std::max(n - 1, 1.0) / n);
  }
};

/// Runs everything on all processors, in any order; results stand where they were asked for.
void in_parallel(size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back([&] {
      for (size_t at; (at = next++) < count;) work(at);
    });
  for (std::thread& thread : threads) thread.join();
}

std::vector<Measured> measure(const Cell& cell, const std::vector<MakePacer>& pacers, uint64_t first_seed, size_t seeds) {
  std::vector<Measured> measured(pacers.size(), Measured{std::vector<TrafficFigures>(seeds)});
  in_parallel(pacers.size() * seeds, [&](size_t i) {
    measured[i / seeds].runs[i % seeds] = Traffic(cell.mix, cell.agents, cell.hours, first_seed + i % seeds).run(*pacers[i / seeds]());
  });
  return measured;
}

/// Seeds that pacers are tuned on, and others that all are measured on.
struct Seeds {
  static constexpr uint64_t first_training = 1, first_held_out = 1001;
  size_t training = 3, held_out = 20;
};

/// The candidate with most talk among those that keep the cap on the training seeds. Where it abandons more on the held-out ones, the next
/// careful one is taken instead, until one keeps it there too: the benefit of the doubt goes to the tuned pacers.
Measured tuned(const Cell& cell, const std::vector<MakePacer>& candidates, const Seeds& seeds) {
  struct Trained {
    double talk, abandoned;
    MakePacer make;
  };
  std::vector<Trained> trained;
  const auto training = measure({cell.mix, cell.agents, cell.hours / 2}, candidates, Seeds::first_training, seeds.training);
  for (size_t i = 0; i < candidates.size(); ++i) trained.push_back({training[i].talk(), training[i].abandoned(), candidates[i]});
  double bound = kCap;
  for (;;) {
    const Trained* best = nullptr;
    for (const Trained& candidate : trained)
      if (candidate.abandoned <= bound && (!best || candidate.talk > best->talk)) best = &candidate;
    if (!best) best = &*std::ranges::min_element(trained, {}, &Trained::abandoned);
    Measured result = std::move(measure(cell, {best->make}, Seeds::first_held_out, seeds.held_out)[0]);
    if (result.abandoned() <= kCap || best->abandoned <= 0) return result;
    bound = best->abandoned * 0.999;
    std::erase_if(trained, [&](const Trained& candidate) { return candidate.abandoned > bound && trained.size() > 1; });
  }
}

std::vector<MakePacer> ratios() {
  std::vector<MakePacer> result;
  for (double ratio = 1; ratio < 14; ratio *= 1.07) result.push_back([=] { return std::make_unique<RatioPacer>(ratio); });
  return result;
}

std::vector<MakePacer> levels() {
  std::vector<MakePacer> result;
  for (const bool available_only : {false, true})
    for (const double waiting : {0., 0.5, 1.5})
      for (const double gain : {0.03, 0.1, 0.3})
        for (const double limit : {0.026, 0.03})
          result.push_back([=] { return std::make_unique<LevelPacer>(LevelPacer::Tuning{available_only, waiting, gain, limit}); });
  return result;
}

struct CellResult {
  Cell cell;
  Measured everdial, ratio, level;

  const Measured& better() const { return ratio.talk() > level.talk() ? ratio : level; }
  std::vector<double> lead() const {
    std::vector<double> result = everdial.shares(), other = better().shares();
    for (size_t i = 0; i < result.size(); ++i) result[i] -= other[i];
    return result;
  }
  bool not_below() const { return Measured::mean(lead()) >= 0 && everdial.abandoned() <= kCap; }
};

CellResult compare(const Cell& cell, const Seeds& seeds) {
  PacingSettings settings;
  settings.analysis = cell.mix.person < 1;
  const MakePacer everdial = [=] { return std::make_unique<EverdialPacer>(settings); };
  CellResult result{cell, std::move(measure(cell, {everdial}, Seeds::first_held_out, seeds.held_out)[0]), tuned(cell, ratios(), seeds),
                    tuned(cell, levels(), seeds)};
  const auto show = [](const Measured& m) {
    std::printf("  %5.2f +- %4.2f  %4.2f", 100 * m.talk(), 100 * m.talk_interval(), 100 * m.abandoned());
  };
  std::printf("%-10s %4d", cell.mix.name, cell.agents);
  for (const Measured* measured : {&result.everdial, &result.ratio, &result.level}) show(*measured);
  std::printf("  %+5.2f +- %4.2f%s\n", 100 * Measured::mean(result.lead()), 100 * Measured::interval(result.lead()),
              result.not_below() ? "" : "  <--");
  std::fflush(stdout);
  return result;
}

std::string json(const Measured& measured) {
  char text[120];
  std::snprintf(text, sizeof text, "{\"talk\":%.4f,\"talk_ci95\":%.4f,\"abandoned\":%.4f}", measured.talk(), measured.talk_interval(),
                measured.abandoned());
  return text;
}

std::string json(const std::vector<CellResult>& results) {
  std::string text;
  for (const CellResult& result : results) {
    char lead[160];
    std::snprintf(lead, sizeof lead, ",\"lead\":%.4f,\"lead_ci95\":%.4f,\"not_below\":%s}", Measured::mean(result.lead()),
                  Measured::interval(result.lead()), result.not_below() ? "true" : "false");
    text += std::string(text.empty() ? "" : ",") + "{\"mix\":\"" + result.cell.mix.name +
            "\",\"agents\":" + std::to_string(result.cell.agents) + ",\"everdial\":" + json(result.everdial) +
            ",\"idle_ratio\":" + json(result.ratio) + ",\"vicidial_like\":" + json(result.level) + lead;
  }
  return "[" + text + "]";
}

int run(bool quick) {
  const Seeds seeds = quick ? Seeds{2, 5} : Seeds{};
  const TrafficMix low{.name = "low", .answer = 0.1}, middle{.name = "middle", .answer = 0.3}, high{.name = "high", .answer = 0.5};
  TrafficMix drift{.name = "drift", .answer = 0.25}, log_out{.name = "log_out", .answer = 0.3}, analysed{.name = "analysed", .answer = 0.4};
  drift.drifts = drift.pauses = true;
  log_out.logs_out = true;
  analysed.person = 0.6;
  analysed.analysis = 1.5;
  std::vector<CellResult> cells, further;
  std::printf("talk share and abandoned share in %%, 95 %% confidence of the talk share; lead over the better of the two tuned ones\n");
  std::printf("%-10s %4s  %-20s  %-20s  %-20s  %s\n", "mix", "N", "everdial", "idle x ratio, tuned", "VICIdial-like, tuned", "lead");
  for (const TrafficMix& mix : {low, middle, high})
    for (const int agents : {5, 10, 25, 50, 100})
      cells.push_back(compare({mix, agents, agents <= 10 ? 8. : agents <= 25 ? 6. : 4.}, seeds));
  for (const TrafficMix& mix : {drift, log_out, analysed})
    for (const int agents : {10, 50}) further.push_back(compare({mix, agents, 6}, seeds));
  double value = 0, baseline = 0;
  int64_t lost = 0;
  for (const CellResult& cell : cells) {
    value += 100 * cell.everdial.talk() / static_cast<double>(cells.size());
    baseline += 100 * cell.better().talk() / static_cast<double>(cells.size());
    lost += cell.everdial.lost();
  }
  std::printf(
      "{\"bench\":\"pacing\",\"value\":%.3f,\"baseline\":%.3f,\"ratio\":%.4f,\"unit\":\"%% of agents' time talking at <= 3 %% abandoned\","
      "\"lost\":%lld,\"cells\":%s,\"further_cells\":%s,\"not_below_in_each_cell\":%s}\n",
      value, baseline, value / baseline, static_cast<long long>(lost), json(cells).c_str(), json(further).c_str(),
      std::ranges::all_of(cells, &CellResult::not_below) ? "true" : "false");
  return 0;
}

}  // namespace
}  // namespace everdial::bench

int main(int argc, char** argv) {
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) continue;  // the last line is JSON anyway
    if (std::strcmp(argv[i], "--quick") != 0) {
      std::fprintf(stderr, "usage: pacing_bench [--quick] [--json]\n");
      return 2;
    }
    quick = true;
  }
  return everdial::bench::run(quick);
}
