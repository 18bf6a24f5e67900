#include "rule_engine/rule_machine.h"

#include <utility>

#include "base/overloaded.h"
#include "rule_engine/calling_hours.h"

namespace everdial {

std::vector<RuleEffect> RuleMachine::step(const RuleInput& input, Instant now) {
  std::vector<RuleEffect> out;
  std::visit(Overloaded{
                 [&](const CheckAsked& i) { waiting_.push_back(i); },
                 [&](const DncRead& i) {
                   for (const CheckAsked& asked : std::exchange(reading_, {})) out.push_back(AnswerCheck{asked.asked, check(asked.request, i.listed, now)});
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
  for (const auto& contact : request.contacts) {
    if (listed.contains(contact.phone)) {
      checked.answers.push_back({Verdict::on_dnc, {}});
    } else if (const auto opens = next_opening({request.calling_from_minute, request.calling_until_minute}, contact.time_zone, now)) {
      checked.answers.push_back({Verdict::outside_hours, *opens});
    } else {
      checked.answers.push_back({Verdict::allowed, {}});
    }
  }
  return checked;
}

}  // namespace everdial
