#pragma once

#include <string>

#include "agent_sdk/desk_types.h"
#include "base/result.h"

// The parts of messages that are told to desktops, as JSON; and orders as they give them.

namespace everdial::desk {

std::string to_json(const AgentStates& states);
std::string to_json(const Situation& situation);
std::string to_json(const AgentNotice& notice, int64_t number);
std::string addresses_json(const std::vector<std::string>& servers, const Scripts& scripts);
/// The answer of begin_session and resume_session; `last` and `oldest` number the notices that follow.
std::string welcome_json(const SessionFound& found, int64_t last, int64_t oldest);
std::string beat_json(int64_t last, Instant at);

/// News of a zone: method and parameters of the notification.
std::pair<std::string_view, std::string> news_of(const std::string& zone, const ZoneNews& news);

/// What `begin_session`, `resume_session` and `beat` say.
Result<std::string> ticket_of(const std::string& params);
struct Resume {
  std::string token;
  int64_t received = 0;
};
Result<Resume> resume_of(const std::string& params);
Result<int64_t> received_of(const std::string& params);

/// An order by its method's name. Empty: there is no such order. A supervisor's is for another agent.
struct Ordered {
  AgentOrder order;
  std::optional<AgentId> whom = std::nullopt;
};
std::optional<Result<Ordered>> order_of(const std::string& method, const std::string& params, AgentId asker);

}  // namespace everdial::desk
