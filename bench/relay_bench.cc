// Two-party G.711 calls that one media thread relays with p99 added delay below 5 ms and no loss. The callers are another process, which
// stamps each packet when it is sent; the kernel stamps it when it comes back, so the callers' own reading does not count. The baseline
// is a bare recvfrom/sendto loop on one socket, in calls a core by its own CPU time.

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "media/engine.h"
#include "media/ports.h"
#include "media/rtp.h"

namespace everdial::media {
namespace {

constexpr size_t caller_sockets = 16;
constexpr size_t packets_per_call = 100;  // a second, each way through the relay: two legs of 50
constexpr size_t burst = 64;
constexpr double delay_bound_ms = 5;

int64_t now_ns(clockid_t clock = CLOCK_REALTIME) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Endpoint local(uint16_t port = 0) { return Endpoint::parse("127.0.0.1", port).value(); }

UdpSocket bind_any(Endpoint& bound) {
  UdpSocket socket = UdpSocket::bind(local()).value();
  socklen_t size = Endpoint::capacity;
  bound = local();
  EVERDIAL_CHECK(getsockname(socket.fd(), bound.data(), &size) == 0);
  const int bytes = 32 << 20, on = 1;
  if (setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(socket.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return socket;
}

struct Figures {
  uint64_t sent = 0, received = 0;
  double p50_ms = 0, p99_ms = 0, worst_ms = 0;
};

/// The callers of one step: `ports` are the relay's, leg by leg; leg i calls from socket i modulo caller_sockets.
class Callers {
 public:
  Callers() {
    for (size_t i = 0; i < caller_sockets; ++i) sockets_.push_back(bind_any(endpoints_.emplace_back()));
  }
  const Endpoint& endpoint(size_t leg) const { return endpoints_[leg % caller_sockets]; }

  Figures call(const std::vector<uint16_t>& ports, double seconds) {
    std::atomic<bool> sending{true};
    std::vector<float> delays;
    delays.reserve(static_cast<size_t>(static_cast<double>(ports.size()) * 51 * seconds));
    std::thread reader([&] { read(sending, delays); });
    Figures figures;
    figures.sent = send(ports, seconds);
    std::this_thread::sleep_for(300ms);  // what is under way arrives
    sending = false;
    reader.join();
    figures.received = delays.size();
    if (delays.empty()) return figures;
    std::sort(delays.begin(), delays.end());
    figures.p50_ms = delays[delays.size() / 2];
    figures.p99_ms = delays[delays.size() * 99 / 100];
    figures.worst_ms = delays.back();
    return figures;
  }

 private:
  struct Packet {
    std::array<uint8_t, rtp_header_size> header;
    std::array<uint8_t, 160> payload;
  };

  /// Each leg once in 20 ms, a twentieth of them each millisecond, socket by socket so that one system call sends many.
  uint64_t send(const std::vector<uint16_t>& ports, double seconds) {
    std::vector<Endpoint> to;
    for (const uint16_t port : ports) to.push_back(local(port));
    std::vector<Packet> packets(ports.size());
    uint64_t sent = 0;
    int64_t next = now_ns(CLOCK_MONOTONIC);
    const auto rounds = static_cast<uint32_t>(seconds * 50);
    for (uint32_t round = 0; round < rounds; ++round) {
      for (size_t part = 0; part < 20; ++part) {
        for (size_t socket = 0; socket < caller_sockets; ++socket) sent += send_part(socket, part, round, to, packets);
        next += 1'000'000;
        const timespec until{next / 1'000'000'000, next % 1'000'000'000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
      }
    }
    return sent;
  }

  uint64_t send_part(size_t socket, size_t part, uint32_t round, std::vector<Endpoint>& to, std::vector<Packet>& packets) {
    std::array<mmsghdr, burst> messages{};
    std::array<iovec, burst> vectors;
    uint64_t sent = 0;
    size_t count = 0;
    auto flush = [&] {
      const int64_t at = now_ns();
      for (size_t i = 0; i < count; ++i) std::memcpy(static_cast<uint8_t*>(vectors[i].iov_base) + rtp_header_size, &at, sizeof at);
      for (size_t done = 0; done < count;) {
        const int n = ::sendmmsg(sockets_[socket].fd(), messages.data() + done, static_cast<unsigned>(count - done), 0);
        if (n <= 0) {
          pollfd ready{.fd = sockets_[socket].fd(), .events = POLLOUT, .revents = 0};
          ::poll(&ready, 1, 1);
          continue;
        }
        done += static_cast<size_t>(n);
      }
      sent += std::exchange(count, 0);
    };
    // Legs of this socket whose turn it is: leg / caller_sockets modulo 20.
    for (size_t leg = socket + caller_sockets * part; leg < to.size(); leg += caller_sockets * 20) {
      Packet& packet = packets[leg];
      write_rtp_header(
          {.payload_type = 0, .sequence = static_cast<uint16_t>(round), .timestamp = round * 160, .ssrc = static_cast<uint32_t>(leg + 1)},
          packet.header);
      vectors[count] = {&packet, sizeof packet};
      messages[count].msg_hdr = {.msg_name = to[leg].data(), .msg_namelen = to[leg].size(), .msg_iov = &vectors[count], .msg_iovlen = 1};
      if (++count == burst) flush();
    }
    flush();
    return sent;
  }

  void read(const std::atomic<bool>& sending, std::vector<float>& delays) {
    std::vector<pollfd> ready;
    for (const UdpSocket& socket : sockets_) ready.push_back({.fd = socket.fd(), .events = POLLIN, .revents = 0});
    std::array<mmsghdr, burst> messages;
    std::array<iovec, burst> vectors;
    std::array<std::array<uint8_t, 256>, burst> bytes;
    std::array<std::array<uint8_t, 64>, burst> controls;
    while (sending) {
      if (::poll(ready.data(), ready.size(), 20) <= 0) continue;
      for (const pollfd& socket : ready) {
        if (!(socket.revents & POLLIN)) continue;
        for (size_t i = 0; i < burst; ++i) {
          vectors[i] = {bytes[i].data(), bytes[i].size()};
          messages[i].msg_hdr = {
              .msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = controls[i].data(), .msg_controllen = controls[i].size()};
        }
        const int count = ::recvmmsg(socket.fd, messages.data(), burst, MSG_DONTWAIT, nullptr);
        for (int i = 0; i < count; ++i) note(messages[static_cast<size_t>(i)], bytes[static_cast<size_t>(i)].data(), delays);
      }
    }
  }

  static void note(mmsghdr& message, const uint8_t* bytes, std::vector<float>& delays) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&message.msg_hdr); control; control = CMSG_NXTHDR(&message.msg_hdr, control)) {
      if (control->cmsg_type != SO_TIMESTAMPNS || message.msg_len != sizeof(Packet)) continue;
      timespec arrived{};
      std::memcpy(&arrived, CMSG_DATA(control), sizeof arrived);
      int64_t sent = 0;
      std::memcpy(&sent, bytes + rtp_header_size, sizeof sent);
      const int64_t delay = arrived.tv_sec * 1'000'000'000 + arrived.tv_nsec - sent;
      delays.push_back(static_cast<float>(static_cast<double>(delay) * 1e-6));
    }
  }

  std::vector<Endpoint> endpoints_;
  std::vector<UdpSocket> sockets_;
};

/// Callers in a process of their own, told through a pipe what to do.
class CallersProcess {
 public:
  CallersProcess() {
    int orders[2], answers[2];
    EVERDIAL_CHECK(::pipe(orders) == 0 && ::pipe(answers) == 0);
    child_ = ::fork();
    EVERDIAL_CHECK(child_ >= 0);
    if (child_ == 0) {
      ::close(orders[1]);
      ::close(answers[0]);
      serve(orders[0], answers[1]);
      _exit(0);
    }
    ::close(orders[0]);
    ::close(answers[1]);
    orders_ = orders[1];
    answers_ = answers[0];
    for (uint16_t& port : callers_) receive(answers_, &port, sizeof port);
  }
  ~CallersProcess() {
    ::close(orders_);
    ::close(answers_);
    ::waitpid(child_, nullptr, 0);
  }
  Endpoint endpoint(size_t leg) const { return local(callers_[leg % caller_sockets]); }

  Figures call(const std::vector<uint16_t>& ports, double seconds) {
    const size_t count = ports.size();
    give(orders_, &seconds, sizeof seconds);
    give(orders_, &count, sizeof count);
    give(orders_, ports.data(), count * sizeof ports[0]);
    Figures figures;
    receive(answers_, &figures, sizeof figures);
    return figures;
  }

 private:
  static void serve(int orders, int answers) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const sched_param first{.sched_priority = 1};  // as the engine's media thread: callers that send late would be measured as its delay
    sched_setscheduler(0, SCHED_RR, &first);
    Callers callers;
    for (size_t i = 0; i < caller_sockets; ++i) {
      const uint16_t port = callers.endpoint(i).port();
      give(answers, &port, sizeof port);
    }
    for (double seconds = 0; ::read(orders, &seconds, sizeof seconds) == sizeof seconds;) {
      size_t count = 0;
      receive(orders, &count, sizeof count);
      std::vector<uint16_t> ports(count);
      receive(orders, ports.data(), count * sizeof ports[0]);
      const Figures figures = callers.call(ports, seconds);
      give(answers, &figures, sizeof figures);
    }
  }
  static void give(int fd, const void* data, size_t size) {
    for (size_t done = 0; done < size;) {
      const ssize_t n = ::write(fd, static_cast<const char*>(data) + done, size - done);
      EVERDIAL_CHECK(n > 0);
      done += static_cast<size_t>(n);
    }
  }
  static void receive(int fd, void* data, size_t size) {
    for (size_t done = 0; done < size;) {
      const ssize_t n = ::read(fd, static_cast<char*>(data) + done, size - done);
      EVERDIAL_CHECK(n > 0);
      done += static_cast<size_t>(n);
    }
  }

  pid_t child_ = -1;
  int orders_ = -1, answers_ = -1;
  std::array<uint16_t, caller_sockets> callers_{};
};

/// Calls a core of a loop that does nothing but receive and send back.
double measure_baseline(CallersProcess& callers, double seconds) {
  Endpoint bound;
  const UdpSocket socket = bind_any(bound);
  std::atomic<bool> running{true};
  std::atomic<uint64_t> echoed{0};
  std::atomic<int64_t> cpu_ns{0};
  std::thread echo([&] {
    uint8_t bytes[2048];
    while (running) {
      Endpoint from;
      socklen_t size = Endpoint::capacity;
      const ssize_t got = ::recvfrom(socket.fd(), bytes, sizeof bytes, 0, from.data(), &size);
      if (got <= 0) {
        pollfd ready{.fd = socket.fd(), .events = POLLIN, .revents = 0};
        ::poll(&ready, 1, 20);
        continue;
      }
      if (::sendto(socket.fd(), bytes, static_cast<size_t>(got), 0, from.data(), from.size()) > 0) ++echoed;
    }
    cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
  });
  callers.call(std::vector<uint16_t>(1000, bound.port()), seconds);
  running = false;
  echo.join();
  return static_cast<double>(echoed) / (static_cast<double>(cpu_ns) * 1e-9) / packets_per_call;
}

struct Step {
  Figures figures;
  double core_share = 0;
  bool good() const { return figures.received == figures.sent && figures.p99_ms < delay_bound_ms; }
};

class RelayUnderTest {
 public:
  explicit RelayUnderTest(CallersProcess& callers) : callers_(callers) {
    EngineSettings settings{.first_port = 10000, .last_port = 32000, .max_streams = 10'000};
    engine_ = Engine::start(settings, [](Event) {}).value();
  }

  Step measure(size_t calls, double seconds) {
    while (ports_.size() < 2 * calls) add_call();
    const std::vector<uint16_t> ports(ports_.begin(), ports_.begin() + static_cast<ptrdiff_t>(2 * calls));
    callers_.call(ports, 0.3);  // latched, warm
    const double cpu = cpu_seconds();
    const int64_t begin = now_ns(CLOCK_MONOTONIC);
    Step step{callers_.call(ports, seconds), 0};
    step.core_share = (cpu_seconds() - cpu) / (static_cast<double>(now_ns(CLOCK_MONOTONIC) - begin) * 1e-9 - 0.3);
    std::printf("%6zu calls: %5.1f %% of a core, delay p50 %.2f p99 %.2f worst %.2f ms, lost %lld of %llu\n", calls, 100 * step.core_share,
                step.figures.p50_ms, step.figures.p99_ms, step.figures.worst_ms,
                static_cast<long long>(step.figures.sent - step.figures.received), static_cast<unsigned long long>(step.figures.sent));
    std::fflush(stdout);
    return step;
  }

 private:
  void add_call() {
    std::array<StreamId, 2> legs;
    for (StreamId& leg : legs) {
      const auto port = engine_->open_port();
      if (!port.ok()) {
        std::fprintf(stderr, "%s\n", port.error().message.c_str());
        std::exit(1);
      }
      leg = port->stream;
      engine_->connect(leg, {.rtp = callers_.endpoint(ports_.size()), .dtmf_receive = 101});
      ports_.push_back(port->rtp_port);
    }
    engine_->relay(legs[0], legs[1]);
  }

  CallersProcess& callers_;
  std::unique_ptr<Engine> engine_;
  std::vector<uint16_t> ports_;
};

int run(double seconds) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  CallersProcess callers;
  const double baseline = measure_baseline(callers, seconds);
  std::printf("bare recvfrom/sendto loop: %.0f calls a core\n", baseline);
  RelayUnderTest relay(callers);

  // Up in big steps until it fails twice, then between the last good and the first bad one in smaller ones.
  size_t good = 0, bad = 0;
  int64_t lost = 0;
  auto holds = [&](size_t calls) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      const Step step = relay.measure(calls, seconds);
      if (!step.good()) continue;
      good = std::max(good, calls);
      lost = static_cast<int64_t>(step.figures.sent - step.figures.received);
      return true;
    }
    return false;
  };
  for (size_t calls = 250; bad == 0 && calls <= 4000; calls += 250)
    if (!holds(calls)) bad = calls;
  for (size_t calls = good + 50; calls < bad && holds(calls);) calls += 50;

  std::printf("{\"bench\":\"relay\",\"value\":%zu,\"baseline\":%.0f,\"ratio\":%.3f,\"unit\":\"calls/core\",\"lost\":%lld}\n", good,
              baseline, static_cast<double>(good) / baseline, static_cast<long long>(lost));
  return 0;
}

}  // namespace
}  // namespace everdial::media

int main(int argc, char** argv) {
  double seconds = 3;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) continue;  // the last line is JSON anyway
    if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
      seconds = std::atof(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: relay_bench [--seconds S] [--json]\n");
      return 2;
    }
  }
  return everdial::media::run(seconds);
}
