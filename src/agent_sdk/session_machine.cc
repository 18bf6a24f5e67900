#include "agent_sdk/session_machine.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "agent_sdk/desk_json.h"
#include "base/overloaded.h"
#include "model/agent_words.h"

namespace everdial::desk {
namespace {

// How a connection ends, as api/agent.asyncapi.yaml says.
constexpr int kGone = 1001, kGoingDown = 4000, kEnded = 4001, kNotTheProtocol = 4002, kDoesNotRead = 4008;

/// What only reads.
constexpr std::array kQuestions = {"get_situation", "get_contact",  "list_notes",        "list_callbacks", "is_on_dnc",
                                   "list_codes",    "list_reasons", "list_destinations", "list_agents",    "list_jobs",
                                   "list_skills",   "list_zones",   "list_time_zones",   "explain_error"};

bool is_question(const std::string& method) { return std::find(kQuestions.begin(), kQuestions.end(), method) != kQuestions.end(); }

Refusal too_many(std::string text, Duration wait) {
  return {9202, "too_many_requests", std::move(text), {}, static_cast<int>(std::max<int64_t>(1, wait / 1ms))};
}

Refusal refusal_of(const AgentAnswer& answer) {
  return {everdial::number_of(answer.error), std::string(everdial::to_string(answer.error)), answer.text, to_json(answer.states), 0};
}

Refusal for_supervisors(const std::string& method) {
  return refusal_of({AgentError::not_allowed, "'" + method + "' is for supervisors", {}});
}

Refusal manager_away() {
  return {everdial::number_of(AgentError::manager_not_available),
          std::string(everdial::to_string(AgentError::manager_not_available)),
          "the zone's manager is not available; ask again when manager_available has come",
          {},
          0};
}

}  // namespace

std::vector<Effect> SessionMachine::step(const Input& input, Instant now) {
  now_ = now;
  if (stage_ != Stage::closed)
    std::visit(Overloaded{
                   [&](const TextCame& i) { text_came(i); },
                   [&](const Written&) { written(); },
                   [&](const SessionFound& i) { session_found(i); },
                   [&](const SessionRefused& i) { session_refused(i); },
                   [&](const CommandAnswered& i) { command_answered(i); },
                   [&](const QuestionAnswered& i) { question_answered(i); },
                   [&](const NoticesCame& i) { notices_came(i); },
                   [&](const ServersAre& i) { servers_are(i); },
                   [&](const ScriptsAre& i) { scripts_are(i); },
                   [&](const SessionLost& i) { close(i.code, i.reason); },
                   [&](const Draining&) { close(kGoingDown, "this server is going down"); },
                   [&](const TimePassed& i) { time_passed(i); },
                   [&](const auto& i) { news(i); },
               },
               input);
  return std::exchange(out_, {});
}

// ---- what the desktop says -------------------------------------------------------------------------------------------------------

void SessionMachine::text_came(const TextCame& input) {
  heard_at_ = now_;
  const auto read = read_message(input.text);
  if (const auto* wrong = std::get_if<Refusal>(&read)) {
    refuse("", *wrong);
    return close(kNotTheProtocol, "this is not JSON-RPC 2.0");
  }
  const auto& message = std::get<RpcMessage>(read);
  const bool in_rate = within_rate();
  if (message.id.empty()) {
    if (message.method == "beat" && stage_ == Stage::open) beat_came(message);
  } else if (in_rate) {
    request(message);
  } else {
    refuse(message.id, too_many("more than " + std::to_string(settings_.requests_a_second) + " requests a second; ask again later",
                                Duration(1s) / settings_.requests_a_second));
  }
}

/// A leaky bucket; beats are no requests, but a flood of them leaves no room for any.
bool SessionMachine::within_rate() {
  const double most = settings_.requests_a_second;
  bucket_ = std::max(0.0, bucket_ - most * std::chrono::duration<double>(now_ - bucket_at_).count());
  bucket_at_ = now_;
  if (bucket_ + 1 > most) return false;
  bucket_ += 1;
  return true;
}

void SessionMachine::request(const RpcMessage& message) {
  const bool begins = message.method == "begin_session" || message.method == "resume_session";
  if (stage_ == Stage::hello) {
    if (begins) return hello(message);
    refuse(message.id, invalid_request("begin_session or resume_session comes first"));
    return close(kNotTheProtocol, "this is not how a session begins");
  }
  if (begins) return refuse(message.id, invalid_request("this connection has its session"));
  if (stage_ == Stage::finding) return refuse(message.id, too_many("wait for the welcome", settings_.again_every));
  if (commands_.contains(message.id) || questions_.contains(message.id)) return;  // its answer is on the way
  if (commands_.size() + questions_.size() >= settings_.requests_at_once)
    return refuse(message.id, too_many("more than " + std::to_string(settings_.requests_at_once) + " requests at once; wait for answers",
                                       settings_.again_every));
  if (is_question(message.method)) ask(message);
  else order(message);
}

void SessionMachine::hello(const RpcMessage& message) {
  FindSession find{.begins = message.method == "begin_session"};
  Status wrong = success();
  if (find.begins) {
    auto ticket = ticket_of(message.params);
    if (ticket.ok()) find.secret = std::move(*ticket);
    else wrong = ticket.error();
  } else {
    auto resume = resume_of(message.params);
    if (resume.ok()) {
      find.secret = std::move(resume->token);
      resumed_ = resume->received;
    } else {
      wrong = resume.error();
    }
  }
  if (!wrong.ok()) return refuse(message.id, invalid_params(wrong.error().message));
  hello_id_ = message.id;
  stage_ = Stage::finding;
  out_.push_back(std::move(find));
}

void SessionMachine::beat_came(const RpcMessage& message) {
  const auto received = received_of(message.params);
  if (!received.ok() || *received <= received_) return;
  received_ = std::min(*received, said_);
  if (manager_here_) take(false);
}

void SessionMachine::order(const RpcMessage& message) {
  auto read = order_of(message.method, message.params, agent_);
  if (!read) return refuse(message.id, method_not_found(message.method));
  if (!read->ok()) return refuse(message.id, invalid_params(read->error().message));
  const std::optional<AgentId> whom = (*read)->whom;
  if (whom && !supervisor_) return refuse(message.id, for_supervisors(message.method));
  if (!manager_here_) return refuse(message.id, manager_away());
  AgentCommand command{whom.value_or(agent_), whom ? "" : session_, message.id, std::move((*read)->order)};
  out_.push_back(SendCommand{command});
  commands_.emplace(message.id, UnderWay{std::move(command), now_, now_});
}

void SessionMachine::ask(const RpcMessage& message) {
  if (message.method == "list_agents" && !supervisor_) return refuse(message.id, for_supervisors(message.method));
  questions_.insert(message.id);
  out_.push_back(AskRecord{message.id, message.method, message.params});
}

// ---- answers ---------------------------------------------------------------------------------------------------------------------

void SessionMachine::session_found(const SessionFound& found) {
  if (stage_ != Stage::finding) return;
  const SessionRow& row = found.row;
  if (resumed_.value_or(0) > 0 && !row.owner) {
    refuse(hello_id_, {9201, "wrong_token", "the agent works at another desktop now; begin a new session", {}, 0});
    out_.push_back(EndSession{});
    return close(kEnded, "the agent works at another desktop");
  }
  stage_ = Stage::open;
  session_ = row.id;
  agent_ = row.agent;
  zone_ = row.zone;
  supervisor_ = row.supervisor;
  servers_ = found.servers;
  scripts_ = row.scripts;
  manager_here_ = !found.zone.away || found.zone.states_wanted;
  states_wanted_ = found.zone.states_wanted;
  beat_at_ = wanted_at_ = now_;
  received_ = resumed_.value_or(0);
  const int64_t last = std::max(row.last, received_);
  const int64_t first_kept = row.last - static_cast<int64_t>(row.kept.size()) + 1;
  const int64_t oldest = row.kept.empty() ? last + 1 : std::min(first_kept, last + 1);
  said_ = std::max(received_, oldest - 1);
  say(answer_message(hello_id_, welcome_json(found, last, oldest)));
  for (size_t i = 0; i < row.kept.size(); ++i)
    if (const int64_t number = first_kept + static_cast<int64_t>(i); number > said_) tell(row.kept[i], number);
  said_ = last;
  took_at_ = now_;
  if (states_wanted_) news(StatesWanted{});
  else if (resumed_) take(true);
  // An older connection that is not known to be dead yet may have notices sent there once more: then they are asked for again.
  if (resumed_) took_at_ = now_ + 2 * settings_.listening - settings_.take_every;
}

void SessionMachine::session_refused(const SessionRefused& input) {
  if (stage_ != Stage::finding) return;
  refuse(hello_id_, input.refusal);
  stage_ = Stage::hello;
  resumed_.reset();
  opened_at_ = now_;
}

void SessionMachine::command_answered(const CommandAnswered& input) {
  const auto found = commands_.find(input.id);
  if (found == commands_.end()) return;
  if (!input.answer) {
    found->second.lost = true;
    return;
  }
  const AgentAnswer& answer = *input.answer;
  commands_.erase(found);
  if (answer.error != AgentError::none) refuse(input.id, refusal_of(answer));
  else say(answer_message(input.id, R"({"states":)" + to_json(answer.states) + "}"));
}

void SessionMachine::question_answered(const QuestionAnswered& input) {
  if (questions_.erase(input.id) == 0) return;
  if (const auto* json = std::get_if<std::string>(&input.answer)) say(answer_message(input.id, *json));
  else refuse(input.id, std::get<Refusal>(input.answer));
}

/// It may have been done: it is said again, and answered as the first time, until somebody answers. What comes so late that whoever has
/// asked counts on it no more is not done any more.
void SessionMachine::commands_again() {
  for (auto& [id, way] : commands_) {
    if (!way.lost || now_ - way.said_at < settings_.again_every) continue;
    way.lost = false;
    way.said_at = now_;
    way.command.late = now_ - way.since >= settings_.done_within;
    out_.push_back(SendCommand{way.command});
  }
}

// ---- notices and news ------------------------------------------------------------------------------------------------------------

void SessionMachine::notices_came(const NoticesCame& input) {
  if (stage_ != Stage::open) return;
  if (input.first > said_ + 1) {
    // Some are missing: the manager has them for a while.
    if (!gap_since_) {
      gap_since_ = now_;
      take(true);
    }
    if (now_ - *gap_since_ < settings_.gap_patience) return;
  }
  int64_t number = input.first;
  for (const AgentNotice& notice : input.notices) {
    if (stage_ == Stage::closed) return;
    if (number > said_) tell(notice, number);
    ++number;
  }
  if (said_ >= input.first) gap_since_.reset();
}

void SessionMachine::tell(const AgentNotice& notice, int64_t number) {
  said_ = number;
  say(notification("notice", to_json(notice, number)), true);
  if (std::holds_alternative<agent_notice::JobAttached>(notice)) out_.push_back(FindScripts{});
  const auto* off = std::get_if<agent_notice::LoggedOff>(&notice);
  if (!off || off->reason != kLoggedOnElsewhere || stage_ == Stage::closed) return;
  out_.push_back(EndSession{});
  say(notification("session_ended", R"({"reason":"you have logged on at another desktop"})"));
  close(kEnded, "the agent works at another desktop");
}

void SessionMachine::news(const ZoneNews& told) {
  if (stage_ != Stage::open) return;
  std::visit(Overloaded{
                 [&](const ManagerAway&) { manager_here_ = false; },
                 [&](const StatesWanted&) {
                   manager_here_ = states_wanted_ = true;
                   wanted_at_ = now_;
                   take(true);
                 },
                 [&](const ManagerBack&) {
                   manager_here_ = true;
                   states_wanted_ = false;
                 },
                 [](const ZoneLost&) {},
             },
             told);
  const auto [method, params] = news_of(zone_, told);
  say(notification(method, params));
}

void SessionMachine::servers_are(const ServersAre& input) {
  if (stage_ != Stage::open || servers_ == input.servers) return;
  servers_ = input.servers;
  say(notification("addresses", addresses_json(servers_, scripts_)));
}

void SessionMachine::scripts_are(const ScriptsAre& input) {
  if (stage_ != Stage::open || scripts_ == input.scripts) return;
  scripts_ = input.scripts;
  say(notification("addresses", addresses_json(servers_, scripts_)));
}

void SessionMachine::take(bool again) {
  took_at_ = now_;
  out_.push_back(SendTaken{{agent_, session_, received_, again}});
}

// ---- time ------------------------------------------------------------------------------------------------------------------------

void SessionMachine::time_passed(const TimePassed& input) {
  if (stage_ == Stage::hello && now_ - opened_at_ >= settings_.hello_within)
    return close(kNotTheProtocol, "nothing came within " + std::to_string(settings_.hello_within / 1s) + " s");
  if (stage_ != Stage::open) return;
  if (now_ - heard_at_ >= settings_.silence) return close(kGone, "nothing was heard of the desktop");
  if (now_ - beat_at_ >= settings_.beat_every) {
    beat_at_ = now_;
    say(notification("beat", beat_json(said_, input.at)));
  }
  commands_again();
  if (!manager_here_) return;
  const bool there = now_ - heard_at_ < settings_.listening;  // else another connection may have the session by now
  const Duration patience = gap_since_ ? settings_.ask_again_every : settings_.take_every;
  if (there && now_ - took_at_ >= patience) take(true);
  if (states_wanted_ && now_ - wanted_at_ >= settings_.wanted_every) news(StatesWanted{});
}

// ---- the wire --------------------------------------------------------------------------------------------------------------------

void SessionMachine::say(std::string text, bool is_notice) {
  if (stage_ == Stage::closed) return;
  waiting_.emplace_back(text.size(), is_notice);
  bytes_waiting_ += text.size();
  notices_waiting_ += is_notice;
  out_.push_back(Say{std::move(text)});
  if (bytes_waiting_ > settings_.bytes_waiting || notices_waiting_ > settings_.notices_waiting)
    close(kDoesNotRead, "too much waits for this desktop");
}

void SessionMachine::written() {
  if (waiting_.empty()) return;
  const auto [size, is_notice] = waiting_.front();
  waiting_.pop_front();
  bytes_waiting_ -= size;
  notices_waiting_ -= is_notice;
}

void SessionMachine::refuse(const std::string& id, const Refusal& refusal) { say(refusal_message(id, refusal)); }

void SessionMachine::close(int code, std::string reason) {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  out_.push_back(Close{code, std::move(reason)});
}

}  // namespace everdial::desk
