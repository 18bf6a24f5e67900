#include "robot_figures.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace everdial::robots {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
double rounded(double value, int digits) {
  const double scale = std::pow(10, digits);
  return std::round(value * scale) / scale;
}

double share_ms(std::vector<Duration>& times, double share) {
  if (times.empty()) return 0;
  const auto at = times.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), at, times.end());
  return rounded(seconds(*at) * 1000, 2);
}

}  // namespace

std::string to_json(Figures figures, size_t robots, size_t on, Duration period) {
  const double talk_share = figures.logged_on > Duration{} ? seconds(figures.talking) / seconds(figures.logged_on) : 0;
  const double commands = static_cast<double>(figures.answers.size());
  return nlohmann::ordered_json{{"robots", robots},
                                {"on", on},
                                {"period_s", rounded(seconds(period), 1)},
                                {"calls", figures.calls},
                                {"logged_on_s", rounded(seconds(figures.logged_on), 1)},
                                {"talking_s", rounded(seconds(figures.talking), 1)},
                                {"talk_share", rounded(talk_share, 3)},
                                {"log_outs", figures.log_outs},
                                {"sessions_lost", figures.sessions_lost},
                                {"resumed", figures.resumed},
                                {"longest_offline_ms", rounded(seconds(figures.longest_offline) * 1000, 1)},
                                {"missed", figures.missed},
                                {"lines_lost", figures.lines_lost},
                                {"commands", figures.answers.size()},
                                {"commands_per_s", period > Duration{} ? rounded(commands / seconds(period), 1) : 0},
                                {"median_ms", share_ms(figures.answers, 0.5)},
                                {"p99_ms", share_ms(figures.answers, 0.99)},
                                {"longest_ms", share_ms(figures.answers, 1)},
                                {"refused", figures.refused}}
      .dump();
}

}  // namespace everdial::robots
