#pragma once

#include <memory>
#include <string>

#include "agent_sdk/desk_types.h"
#include "base/result.h"

namespace everdial {
namespace pg {
class Pool;
}

namespace desk {

/// What desktops ask that only reads. Blocking; called on store threads.
class QuestionStore {
 public:
  virtual ~QuestionStore() = default;

  struct Asker {
    AgentId agent;
    std::string session, zone;
  };
  /// The answer as JSON. Errors: `invalid` names the parameter that is wrong, `not_found` says what is not there.
  virtual Result<std::string> answer(const Asker& asker, const std::string& method, const std::string& params) = 0;
};

std::unique_ptr<QuestionStore> make_pg_question_store(pg::Pool& pool);

}  // namespace desk
}  // namespace everdial
