#include "model/agent_fields.h"

namespace everdial {
namespace {

using agent_fields::json;
using namespace agent_notice;

// The fields of each notice, for reading and for writing; `f` takes a name and the field.
constexpr const char* kNames[] = {"states_changed",
                                  "time_limit",
                                  "call_offered",
                                  "dial_failed",
                                  "call_ended",
                                  "nailing_lost",
                                  "job_attached",
                                  "consult_offered",
                                  "consult_ended",
                                  "call_transferred",
                                  "conference_started",
                                  "conference_ended",
                                  "conference_owner_changed",
                                  "contact_changed",
                                  "logged_off"};
static_assert(std::size(kNames) == std::variant_size_v<AgentNotice>);

template <class N, class F>
void fields(N& n, const F& f) {
  using T = std::remove_const_t<N>;
  if constexpr (std::is_same_v<T, StatesChanged>) f("states", n.states), f("reason", n.reason);
  else if constexpr (std::is_same_v<T, TimeLimit>) f("at", n.at), f("extensions_left", n.extensions_left);
  else if constexpr (std::is_same_v<T, CallOffered>) f("attempt", n.attempt), f("phone", n.phone);
  else if constexpr (std::is_same_v<T, DialFailed> || std::is_same_v<T, CallEnded>) f("attempt", n.attempt), f("code", n.code);
  else if constexpr (std::is_same_v<T, NailingLost>) f("reason", n.reason);
  else if constexpr (std::is_same_v<T, JobAttached>) f("job", n.job), f("campaign", n.campaign);
  else if constexpr (std::is_same_v<T, ConsultOffered>) f("from", n.from), f("attempt", n.attempt);
  else if constexpr (std::is_same_v<T, ConsultEnded>) f("other", n.other);
  else if constexpr (std::is_same_v<T, CallTransferred>) f("from", n.from), f("to", n.to), f("attempt", n.attempt);
  else if constexpr (std::is_same_v<T, ConferenceStarted> || std::is_same_v<T, ConferenceOwnerChanged>) f("owner", n.owner);
  else if constexpr (std::is_same_v<T, ContactChanged>) f("contact", n.contact);
  else if constexpr (std::is_same_v<T, LoggedOff>) f("reason", n.reason), f("forced", n.forced);
  else static_assert(std::is_same_v<T, ConferenceEnded>);
}

template <size_t i = 0>
AgentNotice read(const std::string& name, const json& in) {
  if constexpr (i < std::variant_size_v<AgentNotice>) {
    if (name != kNames[i]) return read<i + 1>(name, in);
    std::variant_alternative_t<i, AgentNotice> notice;
    fields(notice, agent_fields::Read{in});
    return notice;
  } else {
    throw std::invalid_argument("no notice " + name);
  }
}

}  // namespace

std::string to_json(const AgentNotice& notice) {
  json out{{"notice", kNames[notice.index()]}};
  std::visit([&](const auto& n) { fields(n, agent_fields::Write{out}); }, notice);
  return out.dump();
}

Result<AgentNotice> agent_notice_from_json(const std::string& text) {
  try {
    const json in = json::parse(text);
    return read(in.at("notice").get<std::string>(), in);
  } catch (const std::exception& e) {
    return Error{ErrorKind::invalid, std::string("a notice: ") + e.what()};
  }
}

}  // namespace everdial
