#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "dashboard/access.h"
#include "dashboard/page.h"

namespace everdial::pg {
class Connection;
}

/// Accounts, sessions, tokens, idempotency keys (schema/0004_access.sql).
namespace everdial::access_store {

inline constexpr std::chrono::hours kSessionLifetime{12};  ///< without any request

/// Empty when there is none, or it has expired. A living session's life is prolonged.
Result<std::optional<Caller>> find_session(pg::Connection& db, const std::string& token_hash);
Result<std::optional<Caller>> find_token(pg::Connection& db, const std::string& token_hash);

struct PasswordRow {
  int64_t account = 0;
  std::string hash;
};
Result<std::optional<PasswordRow>> find_password(pg::Connection& db, const std::string& name);

/// The same of an agent; empty, too, for one without a password.
Result<std::optional<PasswordRow>> find_agent_password(pg::Connection& db, const std::string& login);
inline constexpr std::chrono::seconds kTicketLifetime{60};
Status open_ticket(pg::Connection& db, int64_t agent, const std::string& ticket_hash);
/// Where desktops reach the servers that take them, in the order in which this agent's should try them.
Result<std::vector<std::string>> agent_servers(pg::Connection& db, int64_t agent);

Status open_session(pg::Connection& db, int64_t account, const std::string& token_hash, const std::string& csrf);
Status close_session(pg::Connection& db, const std::string& token_hash);

Result<Page> accounts(pg::Connection& db, const PageRequest& page);
/// ErrorKind::conflict when the name is taken.
Result<nlohmann::json> create_account(pg::Connection& db, const std::string& name, const std::string& password_hash, Role role);
struct AccountChange {
  std::optional<std::string> password_hash;
  std::optional<Role> role;
};
/// ErrorKind::conflict when it would leave no administrator.
/// A new password ends the account's sessions but, perhaps, one.
Result<nlohmann::json> update_account(pg::Connection& db, int64_t account, const AccountChange& change,
                                      const std::string& except_token_hash = {});
Status delete_account(pg::Connection& db, int64_t account);

Result<Page> tokens(pg::Connection& db, int64_t account, const PageRequest& page);
Result<nlohmann::json> create_token(pg::Connection& db, int64_t account, const std::string& name, const std::string& token_hash);
Status revoke_token(pg::Connection& db, int64_t account, int64_t token);

/// What is known of an idempotency key. Waits while another transaction works on the same one.
struct FirstUse {};
struct UsedForAnother {};
struct AnsweredBefore {
  int status = 200;
  std::string response;  ///< JSON; empty: none
};
using KeyUse = std::variant<FirstUse, UsedForAnother, AnsweredBefore>;
Result<KeyUse> use_key(pg::Connection& db, int64_t account, const std::string& key, const std::string& request_hash);
Status save_answer(pg::Connection& db, int64_t account, const std::string& key, int status, const std::string& response);

/// Removes expired sessions and idempotency keys older than a day.
Status clean_up(pg::Connection& db);

}  // namespace everdial::access_store
