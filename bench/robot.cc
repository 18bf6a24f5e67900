#include "robot.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace everdial::robots {
namespace {

using nlohmann::json;
using A = AgentState;
using C = AgentCallState;
using N = NailState;

constexpr Duration kWelcomeWithin = 1500ms;
constexpr Duration kSilence = 1200ms;  ///< beats come each 500 ms
constexpr Duration kGapPatience = 1s;
constexpr Duration kAskAgain = 200ms;   ///< after a "not now"
constexpr Duration kNoticeWithin = 1s;  ///< of a command's answer
constexpr double kSpread = 0.6;         ///< of the logarithm of what is drawn
constexpr int kSessionEnded = 9103;
constexpr const char* kHelloId = "hello";

std::string request(const std::string& id, const std::string& method, const json& params) {
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump();
}

template <class E>
E read(const json& from, const char* name) {
  return parse_enum<E>(from.value(name, "")).value_or(E{});
}
AgentStates states_from(const json& from) {
  return {read<A>(from, "agent"), read<N>(from, "nail"), read<C>(from, "call"), read<AgentJobState>(from, "job")};
}
json json_of(const AgentStates& s) {
  return {{"agent", to_string(s.agent)}, {"nail", to_string(s.nail)}, {"call", to_string(s.call)}, {"job", to_string(s.job)}};
}

/// Nothing was done, and the same may do in a moment.
bool is_not_now(int code) { return code == 9007 || code == 9009 || code == 9114 || code == 9202 || code == 9203; }

std::string id_of(const json& message) {
  const auto id = message.find("id");
  return id != message.end() && id->is_string() ? id->get<std::string>() : "";
}

bool talks(C call) { return call == C::talking || call == C::held; }

}  // namespace

Robot::Robot(std::string phone, const Habits& habits, Figures& figures, uint64_t seed)
    : phone_(std::move(phone)), habits_(habits), figures_(figures), chance_(seed) {}

Duration Robot::drawn(Duration mean) {
  const double middle = std::log(static_cast<double>(std::max<Duration>(mean, 1us).count())) - kSpread * kSpread / 2;
  return Duration{static_cast<int64_t>(std::lognormal_distribution<>(middle, kSpread)(chance_))};
}

// ---- the connection ------------------------------------------------------------------------------------------------------------

void Robot::connected(Instant now) {
  connected_ = true;
  welcome_ = turned_away_ = away_ = false;
  connected_at_ = heard_at_ = now;
  if (!token_.empty()) say(request(kHelloId, "resume_session", {{"token", token_}, {"received", received_}}));
  else say(request(kHelloId, "begin_session", {{"ticket", std::exchange(ticket_, {})}}));
}

void Robot::disconnected(Instant now) {
  if (welcome_) lost_at_ = now;
  connected_ = welcome_ = false;
  out_.clear();
  if (command_) command_->under_way = false;
}

bool Robot::gives_up(Instant now) const {
  if (!connected_) return false;
  if (!welcome_) return turned_away_ || now - connected_at_ > kWelcomeWithin;
  return now - heard_at_ > kSilence || (gap_since_ && now - *gap_since_ > kGapPatience);
}

void Robot::heard(const std::string& text, Instant now) {
  heard_at_ = now;
  const json message = json::parse(text, nullptr, false);
  if (!message.is_object()) return;
  const std::string method = message.value("method", "");
  const json params = message.value("params", json::object());
  if (method == "notice") {
    told(params, now);
  } else if (method == "beat") {
    told_ = std::max(told_, params.value("last", int64_t{0}));
    say(json{{"jsonrpc", "2.0"}, {"method", "beat"}, {"params", {{"received", received_}}}}.dump());
  } else if (method == "states_wanted") {
    say_states();
  } else if (method == "manager_not_available" || method == "manager_available") {
    away_ = method == "manager_not_available";
  } else if (method == "session_ended") {
    lose_session();
  } else if (method == "addresses") {
    servers_ = params.value("servers", std::vector<std::string>{});
  } else if (id_of(message) == kHelloId) {
    if (message.contains("result")) greeted(message["result"], now);
    else not_welcome(message.value("error", json::object()));
  } else if (method.empty()) {
    answered(message, now);
  }
  act(now);
}

void Robot::greeted(const json& welcome, Instant now) {
  const bool resumed = !token_.empty();
  welcome_ = true;
  if (!resumed) {
    received_ = 0;
    enrolled_ = false;
  }
  token_ = welcome.value("token", "");
  servers_ = welcome.value("addresses", json::object()).value("servers", std::vector<std::string>{});
  away_ = welcome.contains("manager_not_available");
  // What came early comes again, and what is older than the oldest never does.
  early_.clear();
  gap_since_.reset();
  const int64_t lost = std::max<int64_t>(0, welcome.value("oldest", int64_t{1}) - 1 - received_);
  if (resumed) figures_.missed += lost;
  received_ += lost;
  situation_at_ = told_ = welcome.value("last", int64_t{0});
  const json situation = welcome.value("situation", json::object());
  attempt_ = situation.value("attempt", "");
  become(states_from(situation.value("states", json::object())), now);
  if (!resumed) return;
  ++figures_.resumed;
  if (lost_at_) figures_.longest_offline = std::max(figures_.longest_offline, now - *std::exchange(lost_at_, std::nullopt));
  say_states();
}

void Robot::not_welcome(const json& error) {
  const int code = error.value("code", 0);
  ++figures_.refused["session: " + error.value("data", json::object()).value("error", std::to_string(code))];
  if (!is_not_now(code) && !token_.empty()) lose_session();
  turned_away_ = true;
}

void Robot::lose_session() {
  ++figures_.sessions_lost;
  token_.clear();
  command_.reset();
  turned_away_ = true;
  welcome_ = false;
}

/// One of three records that a new manager reconciles; nobody waits for its answer.
void Robot::say_states() {
  json params{{"states", json_of(states_)}};
  if (!attempt_.empty()) params["attempt"] = attempt_;
  say(request(new_id(), "say_states", params));
}

// ---- notices -------------------------------------------------------------------------------------------------------------------

void Robot::told(const json& notice, Instant now) {
  const int64_t number = notice.value("number", int64_t{0});
  if (number <= received_) return;
  early_[number] = notice.dump();
  for (auto next = early_.find(received_ + 1); next != early_.end(); next = early_.find(received_ + 1)) {
    ++received_;
    take_notice(json::parse(next->second), now);
    early_.erase(next);
  }
}

void Robot::take_notice(const json& notice, Instant now) {
  const std::string kind = notice.value("notice", "");
  if (kind == "nailing_lost") ++figures_.lines_lost;
  if (received_ <= situation_at_) return;  // the welcome's situation had this already
  if (kind == "call_offered") attempt_ = notice.value("attempt", "");
  else if (kind == "states_changed") become(states_from(notice.value("states", json::object())), now);
  else if (kind == "logged_off") become({}, now);
}

void Robot::become(const AgentStates& states, Instant now) {
  account(now);
  const AgentStates before = std::exchange(states_, states);
  if (before == states) return;
  if (before.agent != A::logged_out && states.agent == A::logged_out && !leaving_) ++figures_.log_outs;
  if (states.call == C::idle) attempt_.clear();
  if (talks(states.call) && !talks(before.call)) {
    ++figures_.calls;
    until_ = now + drawn(habits_.talk);
  } else if (states.call == C::wrapup && before.call != C::wrapup) {
    until_ = now + drawn(habits_.work);
  } else if (habits_.pause) {
    until_ = now + drawn(*habits_.pause);
  }
}

void Robot::account(Instant now) {
  const Duration spent = now - std::exchange(accounted_at_, now);
  if (!on()) return;
  figures_.logged_on += spent;
  if (talks(states_.call)) figures_.talking += spent;
}

std::string Robot::new_id() { return std::to_string(++last_id_) + "-" + std::to_string(chance_()); }

// ---- commands ------------------------------------------------------------------------------------------------------------------

void Robot::answered(const json& answer, Instant now) {
  if (!command_ || id_of(answer) != command_->id) return;
  if (const auto error = answer.find("error"); error != answer.end()) {
    const json data = error->value("data", json::object());
    const int code = error->value("code", 0);
    if (is_not_now(code)) {
      command_->under_way = false;
      command_->not_before = now + std::chrono::milliseconds(data.value("retry_after_ms", int64_t{kAskAgain / 1ms}));
      return;
    }
    ++figures_.refused[command_->method + ": " + data.value("error", std::to_string(code))];
    if (code == kSessionEnded) enrolled_ = false;
  } else if (command_->method == "log_on") {
    enrolled_ = true;
  }
  figures_.answers.push_back(now - command_->asked_at);
  settled_in_ = command_->in;
  settled_until_ = now + kNoticeWithin;
  command_.reset();
}

/// What is to be done where the agent is now.
std::optional<Robot::Wish> Robot::wish(Instant now) const {
  if (states_ == settled_in_ && now < settled_until_) return std::nullopt;
  if (!enrolled_ || !on()) return leaving_ ? std::nullopt : std::optional(Wish{"log_on", json{{"phone", phone_}, {"forced", true}}.dump()});
  const bool due = leaving_ || now >= until_;
  switch (states_.call) {
    case C::talking:
      return due ? std::optional(Wish{"release"}) : std::nullopt;
    case C::held:
      return Wish{"resume"};
    case C::wrapup:
      return due ? std::optional(Wish{"wrap_up", json{{"code", habits_.code}}.dump()}) : std::nullopt;
    case C::preview:
    case C::callback:
      return leaving_ ? Wish{"cancel_preview"} : Wish{"dial_preview"};
    case C::idle:
      break;
    default:
      return std::nullopt;
  }
  if (leaving_) return Wish{"log_off"};
  if (habits_.pause) {
    if (!due) return std::nullopt;
    return states_.agent == A::ready ? Wish{"not_ready", R"({"reason": "pause"})"} : Wish{"ready"};
  }
  if (states_.agent != A::not_ready || states_.nail == N::pending) return std::nullopt;
  return states_.nail == N::nailed ? Wish{"ready"} : Wish{"nail_up"};
}

/// At most one command is under way; it keeps its id however often it is sent.
void Robot::act(Instant now) {
  if (!command_ && !token_.empty()) {
    const auto wanted = wish(now);
    if (!wanted) return;
    const std::string id = new_id();
    command_ = Command{id, wanted->method, request(id, wanted->method, json::parse(wanted->params)), now, now, states_};
  }
  if (!command_ || command_->under_way || !welcome_ || away_ || now < command_->not_before) return;
  command_->under_way = true;
  say(command_->text);
}

void Robot::tick(Instant now) {
  if (!welcome_ || (early_.empty() && told_ <= received_)) gap_since_.reset();
  else if (!gap_since_) gap_since_ = now;
  act(now);
}

}  // namespace everdial::robots
