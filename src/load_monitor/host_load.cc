#include "load_monitor/host_load.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <thread>

namespace everdial {
namespace {

constexpr size_t readings_kept = 11;  // ten spans

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

/// The number at the start of `text`, taken off it.
template <class Number>
std::optional<Number> take(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

std::optional<uint64_t> kilobytes_of(std::string_view meminfo, std::string_view name) {
  const size_t found = meminfo.find(name);
  if (found == std::string_view::npos) return std::nullopt;
  std::string_view rest = meminfo.substr(found + name.size());
  return take<uint64_t>(rest);
}

}  // namespace

std::optional<CpuTimes> cpu_times_of(std::string_view proc_stat) {
  std::string_view line = first_line(proc_stat);
  if (!line.starts_with("cpu ")) return std::nullopt;
  line.remove_prefix(3);
  // user nice system idle iowait irq softirq steal; guest times after them are within user and nice.
  CpuTimes times;
  for (int column = 0; column < 8; ++column) {
    const auto ticks = take<uint64_t>(line);
    if (!ticks) return std::nullopt;
    times.total += *ticks;
    if (column != 3 && column != 4) times.busy += *ticks;
  }
  return times;
}

std::optional<double> memory_use_of(std::string_view proc_meminfo) {
  const auto total = kilobytes_of(proc_meminfo, "MemTotal:"), available = kilobytes_of(proc_meminfo, "MemAvailable:");
  if (!total || !available || *total == 0) return std::nullopt;
  return 1.0 - static_cast<double>(*available) / static_cast<double>(*total);
}

std::optional<double> run_queue_of(std::string_view proc_loadavg) { return take<double>(proc_loadavg); }

std::optional<HostLoad> HostMeter::read() {
  const auto cpu = cpu_times_of(text_of(proc_ + "/stat"));
  const auto memory = memory_use_of(text_of(proc_ + "/meminfo"));
  const auto queue = run_queue_of(text_of(proc_ + "/loadavg"));
  if (!cpu || !memory || !queue) return std::nullopt;
  past_.push_back(*cpu);
  if (past_.size() > readings_kept) past_.pop_front();
  const CpuTimes& oldest = past_.front();
  if (cpu->total <= oldest.total) return std::nullopt;
  return HostLoad{.cpu = static_cast<double>(cpu->busy - oldest.busy) / static_cast<double>(cpu->total - oldest.total),
                  .memory = *memory,
                  .run_queue = *queue / std::max(1u, std::thread::hardware_concurrency())};
}

}  // namespace everdial
