#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/messages.h"

namespace everdial {

/// A batch asked by the owner of a job; `asked` finds whom to answer.
struct CheckAsked {
  uint64_t asked = 0;
  CheckContacts request;
};
/// Which of the phones of a ReadDnc are listed.
struct DncRead {
  std::set<std::string> listed;
};
struct DncUnreadable {
  Error error;
};
using RuleInput = std::variant<CheckAsked, DncRead, DncUnreadable>;

/// One at a time; whatever is asked meanwhile shares the next.
struct ReadDnc {
  std::vector<std::string> phones;
};
struct AnswerCheck {
  uint64_t asked = 0;
  Result<ContactsChecked> answer;
};
using RuleEffect = std::variant<ReadDnc, AnswerCheck>;

}  // namespace everdial
