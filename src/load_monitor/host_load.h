#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "load_monitor/load_types.h"

namespace everdial {

/// Processor time since boot, in ticks.
struct CpuTimes {
  uint64_t busy = 0, total = 0;
};

/// The first line of /proc/stat. Time that a hypervisor took from us counts as busy: we could not use it.
std::optional<CpuTimes> cpu_times_of(std::string_view proc_stat);
/// The share of memory that is not available, from /proc/meminfo.
std::optional<double> memory_use_of(std::string_view proc_meminfo);
/// The one-minute load average of /proc/loadavg.
std::optional<double> run_queue_of(std::string_view proc_loadavg);

/// Measures this machine; the processors' use is that of the last ten readings. Needs two readings before it has an answer.
class HostMeter {
 public:
  explicit HostMeter(std::string proc = "/proc") : proc_(std::move(proc)) {}
  std::optional<HostLoad> read();

 private:
  std::string proc_;
  std::deque<CpuTimes> past_;
};

}  // namespace everdial
