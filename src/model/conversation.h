#pragma once

#include <string>
#include <vector>

#include "base/enum_names.h"
#include "model/ids.h"

namespace everdial {

using ConversationId = StrongId<struct ConversationTag, std::string>;

/// Who hears whom, said as a whole: the MPP makes it so, however it was before. Two who talk are a relay, more are a conference, one alone
/// hears the hold music. A call is a member of one conversation at most: the last one said takes it out of the one before.
struct Conversation {
  enum class Role {
    talks,     ///< is heard by all, hears all
    listens,   ///< hears all, is heard by nobody
    whispers,  ///< hears all, is heard by `to` alone
  };
  struct Member {
    AttemptId call;  ///< a contact's call or a line
    Role role = Role::talks;
    AttemptId to;  ///< with whispers
    bool operator==(const Member&) const = default;
  };
  ConversationId id;  ///< whoever steers names it
  std::vector<Member> members;
  bool operator==(const Conversation&) const = default;
};

template <>
inline constexpr auto enum_names<Conversation::Role> = std::to_array<std::pair<Conversation::Role, std::string_view>>({
    {Conversation::Role::talks, "talks"},
    {Conversation::Role::listens, "listens"},
    {Conversation::Role::whispers, "whispers"},
});

}  // namespace everdial
