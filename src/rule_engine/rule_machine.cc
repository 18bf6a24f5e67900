#include "rule_engine/rule_machine.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/overloaded.h"
#include "rule_engine/calling_hours.h"

namespace everdial {

std::vector<RuleEffect> RuleMachine::step(const RuleInput& input, Instant now) {
  std::vector<RuleEffect> out;
  std::visit(Overloaded{
                 [&](const CheckAsked& i) { waiting_.push_back(i); },
                 [&](const DncRead& i) {
                   for (const CheckAsked& asked : std::exchange(reading_, {}))
                     out.push_back(AnswerCheck{asked.asked, check(asked.request, i.listed, now)});
                 },
                 [&](const DncUnreadable& i) {
                   for (const CheckAsked& asked : std::exchange(reading_, {})) out.push_back(AnswerCheck{asked.asked, i.error});
                 },
             },
             input);
  if (reading_.empty() && !waiting_.empty()) read(out);
  return out;
}

void RuleMachine::read(std::vector<RuleEffect>& out) {
  reading_ = std::exchange(waiting_, {});
  ReadDnc effect;
  for (const CheckAsked& asked : reading_)
    for (const auto& contact : asked.request.contacts) effect.phones.push_back(contact.phone);
  out.push_back(std::move(effect));
}

ContactsChecked RuleMachine::check(const CheckContacts& request, const std::set<std::string>& listed, Instant now) const {
  using Verdict = ContactsChecked::Verdict;
  ContactsChecked checked;
  checked.valid_for = valid_for_;
  std::map<std::string_view, HoursNow> zones;
  for (const auto& contact : request.contacts) {
    if (listed.contains(contact.phone)) {
      checked.answers.push_back({Verdict::on_dnc, {}});
      continue;
    }
    auto zone = zones.find(contact.time_zone);
    if (zone == zones.end()) {
      const CallingHours hours{request.calling_from_minute, request.calling_until_minute};
      zone = zones.emplace(contact.time_zone, hours_now(hours, contact.time_zone, now)).first;
    }
    const HoursNow& hours = zone->second;
    if (hours.open) {
      checked.answers.push_back({Verdict::allowed, {}});
      // Nobody may be called on this answer after calling hours have ended for one of them.
      checked.valid_for = std::min(checked.valid_for, hours.changes - now);
    } else {
      checked.answers.push_back({Verdict::outside_hours, hours.changes});
    }
  }
  return checked;
}

}  // namespace everdial
