#include "dashboard/access_store.h"
#include "dashboard/handlers.h"
#include "dashboard/secrets.h"
#include "runtime/secret.h"

namespace everdial {
namespace {

using nlohmann::json;

constexpr TextLimits kPassword{.most = 1000};

Instant now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

json session_json(const Caller& caller) {
  json out = {
      {"account",
       {{"id", caller.account}, {"name", caller.name}, {"role", to_string(caller.role)}, {"created_at", to_iso8601(caller.created_at)}}}};
  if (caller.csrf) out["csrf_token"] = *caller.csrf;
  if (caller.expires_at) out["expires_at"] = to_iso8601(*caller.expires_at);
  return out;
}

std::string cookie(const Call& call, const std::string& name, const std::string& value, bool for_scripts) {
  return name + "=" + value + "; Path=/; SameSite=Strict" + (for_scripts ? "" : "; HttpOnly") +
         (call.world.secure_cookies ? "; Secure" : "") + (value.empty() ? "; Max-Age=0" : "");
}

void set_cookies(const Call& call, Response& response, const std::string& session, const std::string& csrf) {
  response.headers.emplace_back("Set-Cookie", cookie(call, "everdial_session", session, false));
  response.headers.emplace_back("Set-Cookie", cookie(call, "everdial_csrf", csrf, true));
}

std::optional<Problem> too_many_failures(const Call& call, const std::string& name) {
  const std::lock_guard lock{call.world.login_mutex};
  const Duration wait = call.world.login_limiter.wait(name, call.request.peer, now());
  if (wait == Duration::zero()) return std::nullopt;
  const std::string seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count());
  return Problem{429, "too_many_failures", "Too many failed log-ins", "Try again in " + seconds + " s.", {}, {{"Retry-After", seconds}}};
}

void note_login(const Call& call, const std::string& name, bool good) {
  const std::lock_guard lock{call.world.login_mutex};
  if (good) call.world.login_limiter.succeeded(name, call.request.peer);
  else call.world.login_limiter.failed(name, call.request.peer, now());
}

}  // namespace

Answer log_in(const Call& call) {
  BodyReader body(call.body);
  const std::string name = body.text("name", {.most = 100});
  const std::string password = body.text("password", kPassword);
  if (auto wrong = body.finish()) return std::move(*wrong);
  if (auto wait = too_many_failures(call, name)) return std::move(*wait);

  const auto known = access_store::find_password(call.db(), name);
  if (!known.ok()) return known.error();
  const bool fits = verify_password(*known ? (*known)->hash : nobodys_password_hash(), password);
  note_login(call, name, *known && fits);
  if (!*known || !fits) return unauthorized_problem("Name or password is wrong.");

  const std::string token = random_secret(), csrf = random_secret(), hash = sha256(token);
  if (Status opened = access_store::open_session(call.db(), (*known)->account, hash, csrf); !opened.ok()) return opened.error();
  auto caller = access_store::find_session(call.db(), hash);
  if (!caller.ok()) return caller.error();
  if (!*caller) return Error{ErrorKind::internal, "a session is gone as soon as it was made"};
  Response response = json_response(200, session_json(**caller));
  set_cookies(call, response, token, csrf);
  return response;
}

Answer create_agent_ticket(const Call& call) {
  BodyReader body(call.body);
  const std::string login = body.text("name", {.most = 100});
  const std::string password = body.text("password", kPassword);
  if (auto wrong = body.finish()) return std::move(*wrong);
  const std::string name = "agent " + login;  // one that no account has
  if (auto wait = too_many_failures(call, name)) return std::move(*wait);

  const auto known = access_store::find_agent_password(call.db(), login);
  if (!known.ok()) return known.error();
  const bool fits = verify_password(*known ? (*known)->hash : nobodys_password_hash(), password);
  note_login(call, name, *known && fits);
  if (!*known || !fits) return unauthorized_problem("Name or password is wrong.");

  const auto servers = access_store::agent_servers(call.db(), (*known)->account);
  if (!servers.ok()) return servers.error();
  if (servers->empty()) return Error{ErrorKind::unavailable, "No server takes agents' desktops now: agent_sdk runs on none."};
  const std::string ticket = random_secret();
  if (Status opened = access_store::open_ticket(call.db(), (*known)->account, sha256(ticket)); !opened.ok()) return opened.error();
  return json_response(200, {{"ticket", ticket}, {"servers", *servers}});
}

Answer log_out(const Call& call) {
  if (!call.caller.csrf) return conflict_problem("A token has no session; revoke it with DELETE /tokens/{token_id}.");
  if (Status closed = access_store::close_session(call.db(), call.caller.credential_hash); !closed.ok()) return closed.error();
  Response response{204};
  set_cookies(call, response, "", "");
  return response;
}

Answer get_session(const Call& call) { return json_response(200, session_json(call.caller)); }

Answer change_password(const Call& call) {
  BodyReader body(call.body);
  const std::string current = body.text("current_password", kPassword);
  const std::string fresh = body.text("new_password", kNewPassword);
  if (auto wrong = body.finish()) return std::move(*wrong);
  if (auto wait = too_many_failures(call, call.caller.name)) return std::move(*wait);
  const auto known = access_store::find_password(call.db(), call.caller.name);
  if (!known.ok()) return known.error();
  const bool fits = *known && verify_password((*known)->hash, current);
  note_login(call, call.caller.name, fits);
  if (!fits) return invalid_problem({{"/current_password", "is not your password"}});
  if (auto changed =
          access_store::update_account(call.db(), call.caller.account, {hash_password(fresh), std::nullopt}, call.caller.credential_hash);
      !changed.ok())
    return changed.error();
  return success();
}

Answer list_accounts(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return access_store::accounts(call.db(), page);
}

Answer create_account(const Call& call) {
  BodyReader body(call.body);
  const std::string name = body.text("name", kLoginName);
  const std::string password = body.text("password", kNewPassword);
  const Role role = body.choice("role", Role::viewer);
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto made = access_store::create_account(call.db(), name, hash_password(password), role);
  return made.ok() ? created(made) : pointed(made.error(), ErrorKind::conflict, "/name");
}

Answer update_account(const Call& call) {
  BodyReader body(call.body);
  const auto password = body.optional_text("password", kNewPassword);
  const auto role = body.optional_choice<Role>("role");
  if (auto wrong = body.finish()) return std::move(*wrong);
  return access_store::update_account(call.db(), call.number("account_id"),
                                      {password ? std::optional(hash_password(*password)) : std::nullopt, role});
}

Answer delete_account(const Call& call) { return access_store::delete_account(call.db(), call.number("account_id")); }

Answer list_tokens(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return access_store::tokens(call.db(), call.caller.account, page);
}

Answer create_token(const Call& call) {
  BodyReader body(call.body);
  const std::string name = body.text("name", {.least = 1, .most = 100});
  if (auto wrong = body.finish()) return std::move(*wrong);
  const std::string token = "evd_" + random_secret();
  auto made = access_store::create_token(call.db(), call.caller.account, name, sha256(token));
  if (made.ok()) (*made)["token"] = token;
  return created(made);
}

Answer revoke_token(const Call& call) { return access_store::revoke_token(call.db(), call.caller.account, call.number("token_id")); }

}  // namespace everdial
