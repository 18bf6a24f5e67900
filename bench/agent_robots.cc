// Robot agents: desktops without people, at real servers (api/agent.asyncapi.yaml). Each logs on and works until SIGTERM; then one line of
// JSON tells what they have seen since the last one. The first comes at once; SIGUSR1 asks for one without ending, SIGUSR2 goes on to the
// next pause.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <deque>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "robot.h"
#include "robot_wire.h"
#include "runtime/http_client.h"

namespace everdial::robots {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

constexpr Duration kTick = 20ms;
constexpr Duration kStalled = 600ms;  ///< this process did not run for so long
constexpr Duration kFirstJitter = 150ms, kFirstPause = 250ms, kLongestPause = 5s;
constexpr Duration kLeaveWithin = 10s;
constexpr size_t kAskers = 4;  ///< of tickets at once: each costs a server a password's hash

Instant steady_now() { return Instant{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())}; }

struct Options {
  std::vector<std::string> servers;
  std::string agents;
  double talk_s = 5, work_s = 1;
  std::string code = "done";
  std::vector<int> pauses_ms;
};

struct Ticket {
  std::string ticket;
  std::vector<std::string> servers;
};

Result<Ticket> get_ticket(const Url& url, const std::string& account) {
  const auto answer = send_http(url, {"POST", "/api/v1/agent-tickets", {{"Content-Type", "application/json"}}, account}, "", 10s);
  if (!answer.ok()) return answer.error();
  const json body = json::parse(answer->body, nullptr, false);
  if (answer->status != 200 && answer->status != 201)
    return Error{ErrorKind::unavailable, "no ticket: " + std::to_string(answer->status) + " " + answer->body};
  if (!body.is_object()) return Error{ErrorKind::internal, "no ticket: what came was no JSON"};
  return Ticket{body.value("ticket", ""), body.value("servers", std::vector<std::string>{})};
}

/// A robot with the connection that it has, or is to have.
struct Desk {
  Desk(std::string l, std::string p, std::string phone, const Habits& habits, Figures& figures, uint64_t seed)
      : login(std::move(l)), password(std::move(p)), robot(std::move(phone), habits, figures, seed) {}

  const std::string login, password;
  Robot robot;
  std::unique_ptr<Wire> wire;
  bool asks = false;  ///< for a ticket
  std::vector<std::string> servers;
  size_t next_server = 0;
  int failures = 0;
  Instant connect_at{};
};

class Crew {
 public:
  explicit Crew(const Options& options) : pauses_ms_(options.pauses_ms.begin(), options.pauses_ms.end()) {
    habits_.talk = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.talk_s));
    habits_.work = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.work_s));
    habits_.code = options.code;
    next_pause();
  }

  /// Of the servers' REST API, and a line "login password phone" for each robot.
  Status prepare(const Options& options) {
    for (const std::string& server : options.servers) {
      auto url = parse_url(server);
      if (!url.ok()) return url.error();
      urls_.push_back(std::move(*url));
    }
    std::ifstream file(options.agents);
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string login, password, phone;
      if (!(words >> login >> password >> phone))
        return Error{ErrorKind::invalid, options.agents + ": '" + line + "': a line is a login, a password and a phone"};
      desks_.emplace_back(login, password, phone, habits_, figures_, desks_.size() + 1);
    }
    if (desks_.empty()) return Error{ErrorKind::invalid, options.agents + ": there are no agents in it"};
    return success();
  }

  void run() {
    began_ = ticked_ = steady_now();
    for (Desk& desk : desks_) desk.robot.account(began_);
    signals_.add(SIGUSR2);  // the constructor takes three
    await_signal();
    report();  // that signals are welcome now
    tick();
    loop_.run();
    askers_.join();
  }

 private:
  void await_signal() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      if (signal == SIGUSR2) next_pause();
      else report();
      if (signal == SIGTERM || signal == SIGINT) leave();
      await_signal();
    });
  }

  void report() {
    const Instant now = steady_now();
    size_t on = 0;
    for (Desk& desk : desks_) {
      desk.robot.account(now);
      if (desk.robot.on()) ++on;
    }
    std::cout << to_json(std::exchange(figures_, {}), desks_.size(), on, now - std::exchange(began_, now)) << std::endl;
  }

  void next_pause() {
    if (pauses_ms_.empty()) return;
    habits_.pause = std::chrono::milliseconds(pauses_ms_.front());
    pauses_ms_.pop_front();
  }

  void leave() {
    if (leave_until_) return;
    leave_until_ = steady_now() + kLeaveWithin;
    for (Desk& desk : desks_) desk.robot.leave();
  }

  void tick() {
    const Instant now = steady_now();
    const bool stalled = now - std::exchange(ticked_, now) > kStalled;
    bool all_gone = true;
    for (Desk& desk : desks_) {
      if (stalled) desk.robot.excuse(now);
      desk.robot.tick(now);
      if (desk.wire && desk.robot.gives_up(now)) lose(desk, "given up");
      else flush(desk);
      if (!desk.wire && !desk.robot.gone() && now >= desk.connect_at) connect(desk);
      all_gone = all_gone && desk.robot.gone();
    }
    if (leave_until_ && (all_gone || now >= *leave_until_)) {
      for (Desk& desk : desks_) desk.wire.reset();
      return loop_.stop();
    }
    timer_.expires_after(kTick);
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) tick();
    });
  }

  void flush(Desk& desk) {
    for (std::string& text : desk.robot.take_out())
      if (desk.wire) desk.wire->say(std::move(text));
    if (auto servers = desk.robot.take_servers(); !servers.empty()) use_servers(desk, std::move(servers));
  }

  /// The one that it is connected to stays the last one tried.
  static void use_servers(Desk& desk, std::vector<std::string> servers) {
    const bool tried = desk.next_server > 0 && !desk.servers.empty();
    const std::string last = tried ? desk.servers[(desk.next_server - 1) % desk.servers.size()] : "";
    desk.servers = std::move(servers);
    const auto found = std::find(desk.servers.begin(), desk.servers.end(), last);
    desk.next_server = found == desk.servers.end() ? 0 : static_cast<size_t>(found - desk.servers.begin()) + 1;
  }

  void connect(Desk& desk) {
    if (desk.robot.wants_ticket()) return ask_ticket(desk);
    if (desk.servers.empty()) return again(desk, "no server's address is known");
    const std::string address = desk.servers[desk.next_server++ % desk.servers.size()];
    desk.wire = std::make_unique<Wire>(loop_, address,
                                       Wire::Events{.opened =
                                                        [this, &desk] {
                                                          desk.robot.connected(steady_now());
                                                          flush(desk);
                                                        },
                                                    .heard =
                                                        [this, &desk](const std::string& text) {
                                                          desk.failures = 0;
                                                          desk.robot.heard(text, steady_now());
                                                          flush(desk);
                                                        },
                                                    .lost = [this, &desk](const std::string& why) { lose(desk, why); }});
  }

  void lose(Desk& desk, const std::string& why) {
    desk.wire.reset();
    desk.robot.disconnected(steady_now());
    again(desk, why);
  }

  /// Each address is tried once nearly at once, then slower; as the agents' SDK does it.
  void again(Desk& desk, const std::string& why) {
    if (!leave_until_) std::cerr << desk.login << ": " << why << std::endl;
    const auto round = static_cast<int>(desk.failures++ / std::max<size_t>(desk.servers.size(), 1));
    const double some = std::uniform_real_distribution<>(0, 1)(chance_);
    const Duration pause = round == 0 ? kFirstJitter : std::min<Duration>(kLongestPause, kFirstPause * (1 << std::min(round, 6)));
    desk.connect_at = steady_now() + std::chrono::duration_cast<Duration>(pause * (round == 0 ? some : 0.5 + some / 2));
  }

  void ask_ticket(Desk& desk) {
    if (std::exchange(desk.asks, true)) return;
    const std::string account = json{{"name", desk.login}, {"password", desk.password}}.dump();
    asio::post(askers_, [this, &desk, account, url = urls_[next_url_++ % urls_.size()]] {
      auto ticket = get_ticket(url, account);
      asio::post(loop_, [this, &desk, ticket = std::move(ticket)]() mutable {
        desk.asks = false;
        if (!ticket.ok()) return again(desk, ticket.error().message);
        desk.robot.take_ticket(std::move(ticket->ticket));
        if (!ticket->servers.empty()) use_servers(desk, std::move(ticket->servers));
        connect(desk);
      });
    });
  }

  Habits habits_;
  Figures figures_;
  std::deque<int> pauses_ms_;
  std::vector<Url> urls_;
  size_t next_url_ = 0;
  std::mt19937_64 chance_{std::random_device{}()};
  asio::io_context loop_{1};
  asio::steady_timer timer_{loop_};
  asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGUSR1};
  std::deque<Desk> desks_;
  asio::thread_pool askers_{kAskers};
  Instant began_{}, ticked_{};
  std::optional<Instant> leave_until_;
};

}  // namespace
}  // namespace everdial::robots

int main(int argc, char** argv) {
  using namespace everdial::robots;
  Options options;
  CLI::App app("Robot agents log on, talk, wrap up, and outlive servers. SIGUSR1: a line of JSON; SIGTERM: another, and the end.");
  app.add_option("--server", options.servers, "a server's REST API, as http://127.0.0.1:8080; several times")->required();
  app.add_option("--agents", options.agents, "file with a line for each: login, password, phone")->required()->check(CLI::ExistingFile);
  app.add_option("--talk-s", options.talk_s, "mean length of a conversation")->capture_default_str();
  app.add_option("--work-s", options.work_s, "mean length of the work after it")->capture_default_str();
  app.add_option("--code", options.code, "how contacts are disposed of")->capture_default_str();
  app.add_option("--pause-ms", options.pauses_ms,
                 "without calls: ready and not ready in turn, with such pauses; several: SIGUSR2 goes on to the next");
  CLI11_PARSE(app, argc, argv);
  Crew crew(options);
  if (const auto prepared = crew.prepare(options); !prepared.ok()) {
    std::cerr << "agent_robots: " << prepared.error().message << "\n";
    return 2;
  }
  crew.run();
  return 0;
}
