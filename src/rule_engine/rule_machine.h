#pragma once

#include <vector>

#include "rule_engine/rule_types.h"

namespace everdial {

/// May this contact be dialed now? Do-not-call first, then calling hours in the contact's zone. Batches that are asked
/// while the do-not-call list is being read are answered from one further reading.
class RuleMachine {
 public:
  /// `valid_for`: how long an answer may be acted on; shorter when calling hours end before.
  explicit RuleMachine(Duration valid_for) : valid_for_(valid_for) {}

  std::vector<RuleEffect> step(const RuleInput& input, Instant now);

 private:
  void read(std::vector<RuleEffect>& out);
  ContactsChecked check(const CheckContacts& request, const std::set<std::string>& listed, Instant now) const;

  Duration valid_for_;
  std::vector<CheckAsked> waiting_, reading_;
};

}  // namespace everdial
