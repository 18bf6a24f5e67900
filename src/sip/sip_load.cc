#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "sip/sip_test_support.h"

// Places calls at a rate against `sipp -sn uas` and ends each at its answer; says what a call costs this process.
//   sip_load RATE SECONDS

namespace {

double cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long resident_kb() {
  long pages = 0, resident = 0;
  if (FILE* file = fopen("/proc/self/statm", "r")) {
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    fclose(file);
  }
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace everdial;
  using namespace everdial::sip;
  const int rate = argc > 1 ? std::atoi(argv[1]) : 500, seconds = argc > 2 ? std::atoi(argv[2]) : 10;
  everdial::sip::testing::Sipp sipp("", {"-sn", "uas"});

  UserAgent* agent = nullptr;
  std::atomic<int> answered{0}, ended{0}, failed{0};
  std::atomic<size_t> most_transactions{0};
  auto started = UserAgent::start({}, [&](Event event) {
    if (const auto* call = std::get_if<Answered>(&event)) {
      ++answered;
      agent->hang_up(call->call);
    } else if (std::holds_alternative<Ended>(event)) {
      ++ended;
    } else if (std::holds_alternative<Failed>(event)) {
      ++failed;
    }
  });
  if (!started.ok()) return 1;
  agent = started->get();

  const long memory_before = resident_kb();
  const double cpu_before = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  const int calls = rate * seconds;
  for (int i = 0; i < calls; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::nanoseconds(1'000'000'000ll / rate * i));
    agent->invite({.request_uri = sipp.uri(std::to_string(i)), .from = "sip:load@everdial.test", .offer = everdial::sip::testing::kOffer});
    most_transactions = std::max(most_transactions.load(), agent->statistics().transactions);
  }
  while (ended + failed < calls && std::chrono::steady_clock::now() < begin + std::chrono::seconds(seconds + 40))
    std::this_thread::sleep_for(1ms);
  const double cpu = cpu_seconds() - cpu_before;
  std::printf(
      "{\"calls\":%d,\"answered\":%d,\"ended\":%d,\"failed\":%d,\"cpu_us_per_call\":%.1f,\"most_transactions\":%zu,\"memory_kb\":%ld}\n",
      calls, answered.load(), ended.load(), failed.load(), cpu * 1e6 / calls, most_transactions.load(), resident_kb() - memory_before);
  return failed == 0 && ended == calls ? 0 : 1;
}
