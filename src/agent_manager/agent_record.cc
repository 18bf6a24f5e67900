#include "agent_manager/agent_record.h"

#include "model/agent_fields.h"

namespace everdial::zone {
namespace {

using agent_fields::json;

template <class A, class F>
void fields(A& a, const F& f) {
  f("states", a.states), f("skills", a.skills), f("session", a.session), f("phone", a.phone), f("keep_line", a.keep_line);
  f("leaving", a.leaving), f("reason", a.reason), f("lines", a.lines), f("job", a.job), f("next_job", a.next_job), f("attempt", a.attempt);
  f("contact_phone", a.contact_phone), f("callback", a.callback), f("other", a.other), f("consulted", a.consulted),
      f("listens_to", a.listens_to);
  f("since", a.since), f("until", a.until), f("extensions", a.extensions), f("next_notice", a.next_notice), f("queue", a.queue),
      f("came_at", a.came_at);
}
template <class A, class F>
void fields_of_answer(A& a, const F& f) {
  f("command", a.command), f("error", a.answer.error), f("text", a.answer.text), f("states", a.answer.states);
}

}  // namespace

std::string to_json(const Agent& agent) {
  json out;
  fields(agent, agent_fields::Write{out});
  for (const auto& [supervisor, how] : agent.monitors) out["monitors"][to_string(supervisor)] = to_string(how);
  for (const Agent::Answered& answered : agent.answered) {
    json one;
    fields_of_answer(answered, agent_fields::Write{one});
    out["answered"].push_back(std::move(one));
  }
  for (const AgentNotice& notice : agent.notices) out["notices"].push_back(json::parse(everdial::to_json(notice)));
  return out.dump();
}

Status read_record(const std::string& text, Agent& out) {
  try {
    const json in = json::parse(text);
    fields(out, agent_fields::Read{in});
    const json monitors = in.value("monitors", json::object());
    for (const auto& [supervisor, how] : monitors.items()) agent_fields::get(how, out.monitors[AgentId{std::stoll(supervisor)}]);
    for (const json& one : in.value("answered", json::array())) fields_of_answer(out.answered.emplace_back(), agent_fields::Read{one});
    for (const json& one : in.value("notices", json::array())) {
      auto notice = agent_notice_from_json(one.dump());
      if (!notice.ok()) return notice.error();
      out.notices.push_back(std::move(*notice));
    }
    return success();
  } catch (const std::exception& e) {
    return Error{ErrorKind::internal, "the record of agent " + to_string(out.id) + " cannot be read: " + e.what()};
  }
}

Status read_skills(const std::string& text, Skills& out) {
  try {
    json::parse(text).get_to(out);
    return success();
  } catch (const std::exception& e) {
    return Error{ErrorKind::internal, std::string("skills cannot be read: ") + e.what()};
  }
}

}  // namespace everdial::zone
