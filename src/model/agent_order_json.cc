#include <nlohmann/json.hpp>

#include "model/agent_fields.h"

namespace everdial {
namespace {

using agent_fields::json;
using namespace agent_command;

// As the alternatives of AgentOrder.
constexpr const char* kOrders[] = {"log_on",        "log_off",          "log_off_later",    "ready",
                                   "not_ready",     "set_skills",       "say_states",       "nail_up",
                                   "drop_line",     "dial_preview",     "skip_preview",     "cancel_preview",
                                   "hold",          "resume",           "send_digits",      "release",
                                   "redial",        "consult",          "cancel_consult",   "complete_transfer",
                                   "transfer",      "start_conference", "end_conference",   "change_conference_owner",
                                   "wrap_up",       "extend_wrap_up",   "create_callback",  "add_to_dnc",
                                   "set_attribute", "add_note",         "blend_to_inbound", "blend_to_outbound",
                                   "move_to_job",   "force_state",      "monitor"};
static_assert(std::size(kOrders) == std::variant_size_v<AgentOrder>);

// The fields of each order, for reading and for writing; one that is not here has none.
template <class O, class F>
void order_fields(O& o, const F& f) {
  using T = std::remove_const_t<O>;
  if constexpr (std::is_same_v<T, LogOn>) {
    f("phone", o.phone), f("forced", o.forced), f("keep_line", o.keep_line), f("time_zone", o.time_zone), f("locale", o.locale);
    f("skills", o.skills);
  } else if constexpr (std::is_same_v<T, LogOffLater>) f("wanted", o.wanted);
  else if constexpr (std::is_same_v<T, NotReady>) f("reason", o.reason);
  else if constexpr (std::is_same_v<T, SetSkills>) f("skills", o.skills);
  else if constexpr (std::is_same_v<T, SayStates>) f("states", o.states), f("attempt", o.attempt);
  else if constexpr (std::is_same_v<T, DialPreview> || std::is_same_v<T, Redial> || std::is_same_v<T, AddToDnc>) f("phone", o.phone);
  else if constexpr (std::is_same_v<T, SendDigits>) f("digits", o.digits);
  else if constexpr (std::is_same_v<T, Consult> || std::is_same_v<T, Transfer>) f("agent", o.agent);
  else if constexpr (std::is_same_v<T, WrapUp>) f("code", o.code), f("note", o.note);
  else if constexpr (std::is_same_v<T, CreateCallback>)
    f("kind", o.kind), f("at", o.at), f("until", o.until), f("phone", o.phone), f("note", o.note);
  else if constexpr (std::is_same_v<T, SetAttribute>) f("name", o.name), f("value", o.value);
  else if constexpr (std::is_same_v<T, AddNote>) f("text", o.text);
  else if constexpr (std::is_same_v<T, MoveToJob>) f("job", o.job);
  else if constexpr (std::is_same_v<T, ForceState>) f("state", o.state), f("reason", o.reason);
  else if constexpr (std::is_same_v<T, Monitor>) f("supervisor", o.supervisor), f("how", o.how);
}

/// What a desktop has left out stays as it is; what is of another kind is named.
struct ReadGiven {
  const json& in;
  template <class T>
  void operator()(const char* name, T& value) const {
    const auto found = in.find(name);
    if (found != in.end() && !found->is_null()) read(name, *found, value);
  }
  template <class T>
  void operator()(const char* name, std::optional<T>& value) const {
    const auto found = in.find(name);
    if (found != in.end() && !found->is_null()) read(name, *found, value.emplace());
  }

 private:
  template <class T>
  static void read(const char* name, const json& field, T& value) {
    try {
      agent_fields::get(field, value);
    } catch (const std::exception& e) {
      throw std::invalid_argument("'" + std::string(name) + "': " + e.what());
    }
  }
};

template <size_t i = 0>
AgentOrder read_order(const std::string& name, const json& in) {
  if constexpr (i < std::variant_size_v<AgentOrder>) {
    if (name != kOrders[i]) return read_order<i + 1>(name, in);
    std::variant_alternative_t<i, AgentOrder> order;
    order_fields(order, ReadGiven{in});
    return order;
  } else {
    throw std::invalid_argument("there is no order '" + name.substr(0, 100) + "'");
  }
}

}  // namespace

std::string to_json(const AgentOrder& order) {
  json out{{"order", kOrders[order.index()]}};
  std::visit([&](const auto& o) { order_fields(o, agent_fields::Write{out}); }, order);
  return out.dump();
}

Result<AgentOrder> agent_order_from_json(const std::string& text) {
  try {
    const json in = json::parse(text);
    return read_order(in.at("order").get<std::string>(), in);
  } catch (const std::exception& e) {
    return Error{ErrorKind::invalid, std::string("an order: ") + e.what()};
  }
}

}  // namespace everdial
