#include "dashboard/api.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "dashboard/access_store.h"
#include "dashboard/handlers.h"
#include "dashboard/status_store.h"
#include "runtime/log.h"
#include "runtime/secret.h"

namespace everdial {
namespace {

using nlohmann::json;

enum class Access { open, viewer, supervisor, administrator };
enum class Body { none, json, bytes };

constexpr unsigned kPlain = 0;
constexpr unsigned kPassword = 1;     ///< hashes a password
constexpr unsigned kKeyless = 2;      ///< safe to repeat, or meant to be done again: no idempotency key
constexpr unsigned kNoDatabase = 4;   ///< answers although the database does not
constexpr unsigned kSecret = 8;       ///< the answer's `token` is told once and kept nowhere
constexpr unsigned kImport = 16;      ///< not while imports are restricted by load (L-03)
constexpr unsigned kJobStart = 32;    ///< not while job starts are
constexpr unsigned kExport = 64;      ///< not while exports are
constexpr unsigned kElsewhere = 128;  ///< for pages of agents.origins, too; no cookie goes with it

struct Operation {
  std::string_view id;
  Method method;
  std::string_view path;
  Access access;
  Body body;
  Answer (*handler)(const Call&);
  unsigned traits = kPlain;
};

/// Every operation of api/openapi.yaml, and no other (a test holds them together).
constexpr std::array kOperations = std::to_array<Operation>({
    {"get_health", Method::get, "/health", Access::open, Body::none, get_health, kNoDatabase},
    {"log_in", Method::post, "/login", Access::open, Body::json, log_in, kPassword | kKeyless},
    {"create_agent_ticket", Method::post, "/agent-tickets", Access::open, Body::json, create_agent_ticket,
     kPassword | kKeyless | kElsewhere},
    {"log_out", Method::post, "/logout", Access::viewer, Body::none, log_out, kKeyless},
    {"get_session", Method::get, "/session", Access::viewer, Body::none, get_session},
    {"change_password", Method::put, "/session/password", Access::viewer, Body::json, change_password, kPassword},
    {"list_accounts", Method::get, "/accounts", Access::administrator, Body::none, list_accounts},
    {"create_account", Method::post, "/accounts", Access::administrator, Body::json, create_account, kPassword},
    {"update_account", Method::put, "/accounts/{account_id}", Access::administrator, Body::json, update_account, kPassword},
    {"delete_account", Method::del, "/accounts/{account_id}", Access::administrator, Body::none, delete_account},
    {"list_tokens", Method::get, "/tokens", Access::viewer, Body::none, list_tokens},
    {"create_token", Method::post, "/tokens", Access::viewer, Body::json, create_token, kSecret},
    {"revoke_token", Method::del, "/tokens/{token_id}", Access::viewer, Body::none, revoke_token},
    {"get_status", Method::get, "/status", Access::viewer, Body::none, get_status},
    {"list_loads", Method::get, "/loads", Access::viewer, Body::none, list_loads},
    {"list_alarms", Method::get, "/alarms", Access::viewer, Body::none, list_alarms},
    {"list_servers", Method::get, "/servers", Access::viewer, Body::none, list_servers},
    {"update_server", Method::put, "/servers/{server}", Access::administrator, Body::json, update_server},
    {"order_component", Method::post, "/servers/{server}/components/{component}/orders", Access::administrator, Body::json,
     order_component},
    {"list_component_orders", Method::get, "/component-orders", Access::viewer, Body::none, list_component_orders},
    {"list_zones", Method::get, "/zones", Access::viewer, Body::none, list_zones},
    {"save_zone", Method::put, "/zones/{zone}", Access::administrator, Body::json, save_zone},
    {"plan_zones", Method::post, "/zones/plan", Access::viewer, Body::json, plan_zones, kKeyless},
    {"apply_zones", Method::post, "/zones/apply", Access::administrator, Body::json, apply_zones},
    {"list_failovers", Method::get, "/failovers", Access::viewer, Body::none, list_failovers},
    {"get_failover", Method::get, "/failovers/{failover_id}", Access::viewer, Body::none, get_failover},
    {"get_what_if", Method::get, "/servers/{server}/what-if", Access::viewer, Body::none, get_what_if},
    {"get_readiness", Method::get, "/readiness", Access::viewer, Body::none, get_readiness},
    {"list_drills", Method::get, "/drills", Access::viewer, Body::none, list_drills},
    {"begin_drill", Method::post, "/drills", Access::administrator, Body::json, begin_drill},
    {"get_drill", Method::get, "/drills/{drill_id}", Access::viewer, Body::none, get_drill},
    {"abort_drill", Method::post, "/drills/{drill_id}/abort", Access::administrator, Body::none, abort_drill},
    {"list_lease_history", Method::get, "/leases/{resource}/history", Access::viewer, Body::none, list_lease_history},
    {"get_live", Method::get, "/live", Access::viewer, Body::none, get_live},
    {"list_lists", Method::get, "/lists", Access::viewer, Body::none, list_lists},
    {"create_list", Method::post, "/lists", Access::supervisor, Body::json, create_list},
    {"get_list", Method::get, "/lists/{list_id}", Access::viewer, Body::none, get_list},
    {"list_contacts", Method::get, "/lists/{list_id}/contacts", Access::viewer, Body::none, list_contacts},
    {"list_imports", Method::get, "/imports", Access::viewer, Body::none, list_imports},
    {"create_import", Method::post, "/imports", Access::supervisor, Body::json, create_import, kImport},
    {"get_import", Method::get, "/imports/{import_id}", Access::viewer, Body::none, get_import},
    {"put_import_chunk", Method::put, "/imports/{import_id}/chunks/{first_byte}", Access::supervisor, Body::bytes, put_import_chunk},
    {"complete_import", Method::post, "/imports/{import_id}/complete", Access::supervisor, Body::none, complete_import},
    {"cancel_import", Method::post, "/imports/{import_id}/cancel", Access::supervisor, Body::none, cancel_import},
    {"list_import_rejects", Method::get, "/imports/{import_id}/rejects", Access::viewer, Body::none, list_import_rejects},
    {"download_import_rejects", Method::get, "/imports/{import_id}/rejects.csv", Access::viewer, Body::none, download_import_rejects},
    {"list_dnc", Method::get, "/dnc", Access::viewer, Body::none, list_dnc},
    {"add_dnc", Method::post, "/dnc", Access::supervisor, Body::json, add_dnc},
    {"get_dnc", Method::get, "/dnc/{phone}", Access::viewer, Body::none, get_dnc},
    {"remove_dnc", Method::del, "/dnc/{phone}", Access::supervisor, Body::none, remove_dnc},
    {"list_campaigns", Method::get, "/campaigns", Access::viewer, Body::none, list_campaigns},
    {"create_campaign", Method::post, "/campaigns", Access::supervisor, Body::json, create_campaign},
    {"get_campaign", Method::get, "/campaigns/{campaign_id}", Access::viewer, Body::none, get_campaign},
    {"update_campaign", Method::put, "/campaigns/{campaign_id}", Access::supervisor, Body::json, update_campaign},
    {"delete_campaign", Method::del, "/campaigns/{campaign_id}", Access::supervisor, Body::none, delete_campaign},
    {"list_agents", Method::get, "/agents", Access::viewer, Body::none, list_agents},
    {"create_agent", Method::post, "/agents", Access::supervisor, Body::json, create_agent, kPassword},
    {"get_agent", Method::get, "/agents/{agent_id}", Access::viewer, Body::none, get_agent},
    {"update_agent", Method::put, "/agents/{agent_id}", Access::supervisor, Body::json, update_agent, kPassword},
    {"delete_agent", Method::del, "/agents/{agent_id}", Access::supervisor, Body::none, delete_agent},
    {"order_agents", Method::post, "/agent-orders", Access::supervisor, Body::json, order_agents},
    {"withdraw_agent_order", Method::del, "/agent-orders/{order_id}", Access::supervisor, Body::none, withdraw_agent_order},
    {"list_agent_orders", Method::get, "/agent-orders", Access::viewer, Body::none, list_agent_orders},
    {"list_agent_zones", Method::get, "/agent-zones", Access::viewer, Body::none, list_agent_zones},
    {"update_agent_zone", Method::put, "/agent-zones/{zone}", Access::supervisor, Body::json, update_agent_zone},
    {"save_agent_place", Method::put, "/agent-zones/{zone}/server", Access::administrator, Body::json, save_agent_place},
    {"plan_agent_places", Method::post, "/agent-zones/plan", Access::viewer, Body::json, plan_agent_places, kKeyless},
    {"apply_agent_places", Method::post, "/agent-zones/apply", Access::administrator, Body::json, apply_agent_places},
    {"list_inbound_queues", Method::get, "/inbound-queues", Access::viewer, Body::none, list_inbound_queues},
    {"create_inbound_queue", Method::post, "/inbound-queues", Access::supervisor, Body::json, create_inbound_queue},
    {"get_inbound_queue", Method::get, "/inbound-queues/{queue_id}", Access::viewer, Body::none, get_inbound_queue},
    {"update_inbound_queue", Method::put, "/inbound-queues/{queue_id}", Access::supervisor, Body::json, update_inbound_queue},
    {"delete_inbound_queue", Method::del, "/inbound-queues/{queue_id}", Access::supervisor, Body::none, delete_inbound_queue},
    {"tell_inbound_figures", Method::put, "/inbound-figures", Access::supervisor, Body::json, tell_inbound_figures},
    {"start_job", Method::post, "/campaigns/{campaign_id}/jobs", Access::supervisor, Body::none, start_job, kJobStart},
    {"list_jobs", Method::get, "/jobs", Access::viewer, Body::none, list_jobs},
    {"get_job", Method::get, "/jobs/{job_id}", Access::viewer, Body::none, get_job},
    {"request_job_change", Method::post, "/jobs/{job_id}/requests", Access::supervisor, Body::json, request_job_change},
    {"list_attempts", Method::get, "/jobs/{job_id}/attempts", Access::viewer, Body::none, list_attempts},
    {"list_schedules", Method::get, "/schedules", Access::viewer, Body::none, list_schedules},
    {"create_schedule", Method::post, "/schedules", Access::supervisor, Body::json, create_schedule},
    {"preview_schedule", Method::post, "/schedules/preview", Access::viewer, Body::json, preview_schedule, kKeyless},
    {"get_schedule", Method::get, "/schedules/{schedule_id}", Access::viewer, Body::none, get_schedule},
    {"update_schedule", Method::put, "/schedules/{schedule_id}", Access::supervisor, Body::json, update_schedule},
    {"delete_schedule", Method::del, "/schedules/{schedule_id}", Access::supervisor, Body::none, delete_schedule},
    {"list_firings", Method::get, "/schedules/{schedule_id}/firings", Access::viewer, Body::none, list_firings},
    {"list_exports", Method::get, "/exports", Access::viewer, Body::none, list_exports},
    {"create_export", Method::post, "/exports", Access::supervisor, Body::json, create_export, kExport},
    {"get_export", Method::get, "/exports/{export_id}", Access::viewer, Body::none, get_export},
    {"cancel_export", Method::post, "/exports/{export_id}/cancel", Access::supervisor, Body::none, cancel_export},
    {"download_export", Method::get, "/exports/{export_id}/file.csv", Access::supervisor, Body::none, download_export},
    {"get_job_summary", Method::get, "/jobs/{job_id}/summary", Access::viewer, Body::none, get_job_summary},
    {"get_job_agents", Method::get, "/jobs/{job_id}/agents", Access::viewer, Body::none, get_job_agents},
    {"get_trend", Method::get, "/campaigns/{campaign_id}/trend", Access::viewer, Body::none, get_trend},
    {"list_nuisance_alarms", Method::get, "/nuisance-alarms", Access::viewer, Body::none, list_nuisance_alarms},
    {"get_retention", Method::get, "/retention", Access::viewer, Body::none, get_retention},
    {"update_retention", Method::put, "/retention", Access::administrator, Body::json, update_retention},
    {"list_purges", Method::get, "/purges", Access::viewer, Body::none, list_purges},
    {"begin_purge", Method::post, "/purges", Access::administrator, Body::none, begin_purge},
    {"get_attempt", Method::get, "/attempts/{attempt_id}", Access::viewer, Body::none, get_attempt},
});

constexpr size_t kJsonLimit = size_t{1} << 20;
constexpr size_t kBytesLimit = size_t{8} << 20;
constexpr size_t kStrayBodyLimit = size_t{64} << 10;  ///< of a request that should have none

constexpr bool has(const Operation& operation, unsigned trait) { return (operation.traits & trait) != 0; }
constexpr bool changes(const Operation& operation) { return operation.method != Method::get; }
/// Of an operation that is not open.
constexpr Role least_role(const Operation& operation) { return static_cast<Role>(static_cast<int>(operation.access) - 1); }

/// A connection that goes back to the pool by itself.
class Borrowed {
 public:
  explicit Borrowed(pg::Pool& pool) : pool_(pool), connection_(pool.take()) {}
  ~Borrowed() {
    if (connection_.ok()) pool_.give_back(std::move(*connection_));
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  pg::Connection* get() { return connection_.ok() ? connection_->get() : nullptr; }
  const Error& error() const { return connection_.error(); }

 private:
  pg::Pool& pool_;
  Result<std::unique_ptr<pg::Connection>> connection_;
};

/// Who asks, by token or cookie; empty when by neither.
Result<std::optional<Caller>> find_caller(pg::Connection& db, const ApiRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = request.header("authorization");
  if (authorization.starts_with(kBearer)) return access_store::find_token(db, sha256(authorization.substr(kBearer.size())));
  const TextMap cookies = parse_cookies(request.header("cookie"));
  const auto session = cookies.find("everdial_session");
  if (session == cookies.end()) return std::optional<Caller>{};
  return access_store::find_session(db, sha256(session->second));
}

std::optional<Problem> refusal(const Operation& operation, const ApiRequest& request, const std::optional<Caller>& caller) {
  if (operation.access == Access::open) return std::nullopt;
  if (!caller) return unauthorized_problem("Log in, or send a token in the header Authorization.");
  if (changes(operation) && caller->csrf && !equal_secrets(*caller->csrf, request.header("x-csrf-token")))
    return forbidden_problem("The header X-CSRF-Token is missing or is not this session's; GET /session tells it.");
  const Role least = least_role(operation);
  if (caller->role < least)
    return forbidden_problem("This needs the role " + std::string(to_string(least)) + "; yours is " + std::string(to_string(caller->role)) +
                             ".");
  return std::nullopt;
}

/// Reads the body into `out`, and looks at the numbers of the path.
std::optional<Problem> unreadable(const Operation& operation, const ApiRequest& request, const TextMap& parameters, json& out) {
  std::vector<FieldError> errors;
  for (const auto& [name, value] : parameters) {
    const bool is_id = name.ends_with("_id") && name != "attempt_id";
    if (!is_id && name != "first_byte") continue;
    if (const auto number = parse_integer(value); !number || *number < (is_id ? 1 : 0))
      errors.push_back({"{" + name + "}", "must be a whole number"});
  }
  if (!errors.empty()) return invalid_problem(std::move(errors));
  if (operation.body != Body::json) return std::nullopt;
  const std::string_view type = request.header("content-type");
  if (type.substr(0, type.find(';')) != "application/json")
    return Problem{415, "unsupported_media_type", "Wrong content type", "This operation takes application/json.", {}, {}};
  out = json::parse(request.body, nullptr, false);
  if (out.is_discarded()) return invalid_problem({{"", "is not JSON"}});
  return std::nullopt;
}

/// Of all that makes a request what it is; passwords are left out, as their hash here would be easy to guess from.
std::string request_hash(const Operation& operation, const Call& call) {
  std::string text = call.request.method + '\n' + call.request.target + '\n';
  if (has(operation, kPassword) && call.body.is_object()) {
    json body = call.body;
    for (const char* secret : {"password", "current_password", "new_password"}) body.erase(secret);
    text += body.dump();
  } else {
    text += call.request.body;
  }
  return sha256(text);
}

/// The handler, unless this is not to be begun under the present load. What came before keeps its answer.
Answer handle_unless_restricted(const Operation& operation, const Call& call) {
  const std::string_view what = has(operation, kImport)     ? "imports"
                                : has(operation, kJobStart) ? "job_starts"
                                : has(operation, kExport)   ? "exports"
                                                            : "";
  if (what.empty()) return operation.handler(call);
  auto reason = status_store::restricted(call.db(), what);
  if (!reason.ok()) return reason.error();
  if (*reason) return restricted_problem(what, **reason);
  return operation.handler(call);
}

Answer replayed(const access_store::AnsweredBefore& before) {
  Response response = before.response.empty() ? Response{before.status} : text_response(before.status, "application/json", before.response);
  response.headers.emplace_back("Idempotency-Replayed", "true");
  return response;
}

Answer with_key(const Operation& operation, const Call& call, const std::string& key) {
  auto use = access_store::use_key(call.db(), call.caller.account, key, request_hash(operation, call));
  if (!use.ok()) return use.error();
  if (std::holds_alternative<access_store::UsedForAnother>(*use))
    return Problem{422,
                   "idempotency_key_reused",
                   "Key used before",
                   "This Idempotency-Key was used for another request; make a new one for each intent.",
                   {},
                   {}};
  if (const auto* before = std::get_if<access_store::AnsweredBefore>(&*use)) return replayed(*before);
  Answer answer = handle_unless_restricted(operation, call);
  if (!answer.good()) return answer;
  std::string kept = *answer.response().body;
  if (has(operation, kSecret)) {
    json body = json::parse(kept);
    body.erase("token");
    kept = body.dump();
  }
  if (Status saved = access_store::save_answer(call.db(), call.caller.account, key, answer.response().status, kept); !saved.ok())
    return saved.error();
  return answer;
}

/// The handler in a transaction: committed when it answers well, else undone.
Answer in_transaction(const Operation& operation, const Call& call) {
  if (Status begun = call.db().execute("begin"); !begun.ok()) return begun.error();
  const std::string key(call.request.header("idempotency-key"));
  Answer answer = key.empty() || has(operation, kKeyless) ? handle_unless_restricted(operation, call) : with_key(operation, call, key);
  const Status ended = call.db().execute(answer.good() ? "commit" : "rollback");
  if (answer.good() && !ended.ok()) return ended.error();
  return answer;
}

void note(const Operation& operation, const ApiRequest& request, const Caller& caller, int status, const std::optional<Error>& error) {
  const LogLevel level = status >= 500 ? LogLevel::error : changes(operation) ? LogLevel::info : LogLevel::debug;
  log(level, "request",
      {{"operation", std::string(operation.id)},
       {"path", request.target.substr(0, request.target.find('?'))},
       {"status", std::to_string(status)},
       {"account", caller.name},
       {"peer", request.peer},
       {"request_id", request.request_id},
       {"error", error ? error->message : ""}});
}

}  // namespace

Api::Api(ApiWorld& world) : world_(world) {
  for (size_t i = 0; i < kOperations.size(); ++i)
    router_.add(kOperations[i].method, std::string(kPrefix) + std::string(kOperations[i].path), i);
}

std::vector<Api::OperationName> Api::operations() {
  std::vector<OperationName> out;
  for (const Operation& o : kOperations)
    out.push_back({std::string(o.id), std::string(to_string(o.method)), std::string(o.path),
                   o.access == Access::open ? "" : std::string(to_string(least_role(o)))});
  return out;
}

HttpServer::Demands Api::demands(std::string_view method, std::string_view target) const {
  HttpServer::Demands demands{kStrayBodyLimit, false};
  const auto parsed = parse_target(target);
  const auto match = parsed ? router_.find(method, parsed->path) : std::nullopt;
  if (!match || !match->operation) return demands;
  const Operation& operation = kOperations[*match->operation];
  demands.hashes_password = has(operation, kPassword);
  if (operation.body == Body::json) demands.body_limit = kJsonLimit;
  if (operation.body == Body::bytes) demands.body_limit = kBytesLimit;
  return demands;
}

Response Api::handle(const ApiRequest& request) {
  const auto target = parse_target(request.target);
  if (!target)
    return to_response({400, "invalid", "The request is wrong", "The path or the query cannot be read.", {}, {}}, request.request_id);
  const std::string origin = other_origin(request, *target);
  if (origin.empty()) return respond(request, *target);
  const bool only_asks = request.method == "OPTIONS";
  Response response = only_asks ? Response{204} : respond(request, *target);
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Vary", "Origin");
  if (only_asks)
    for (const auto& [name, value] : {std::pair{"Methods", "POST"}, std::pair{"Headers", "Content-Type"}})
      response.headers.emplace_back(std::string("Access-Control-Allow-") + name, value);
  else response.headers.emplace_back("Access-Control-Expose-Headers", "Retry-After");
  return response;
}

/// Of the page that asks, when it is one of agents.origins and asks for what is for these.
std::string Api::other_origin(const ApiRequest& request, const Target& target) const {
  const std::string origin(request.header("origin"));
  const auto& known = world_.agent_origins;
  if (origin.empty() || std::find(known.begin(), known.end(), origin) == known.end()) return "";
  const auto match = router_.find("POST", target.path);
  return match && match->operation && has(kOperations[*match->operation], kElsewhere) ? origin : "";
}

Response Api::respond(const ApiRequest& request, const Target& target) {
  const auto refuse = [&](const Problem& problem) { return to_response(problem, request.request_id); };
  const auto match = router_.find(request.method, target.path);
  if (!match) return refuse(not_found_problem("There is nothing at this path; api/openapi.yaml tells what there is."));
  if (!match->operation) {
    std::string allowed;
    for (const Method m : match->allowed) allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(m));
    return refuse({405, "method_not_allowed", "Not this method", "This path takes " + allowed + ".", {}, {{"Allow", allowed}}});
  }
  if (request.header("idempotency-key").size() > 200)
    return refuse({400, "invalid", "The request is wrong", "Idempotency-Key must have at most 200 characters.", {}, {}});
  Response response = answer(request, target, *match->operation, match->parameters);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Response Api::answer(const ApiRequest& request, const Target& target, size_t index, const TextMap& parameters) {
  const Operation& operation = kOperations[index];
  Caller caller;
  const auto answer = [&]() -> Answer {
    Borrowed database(world_.pool);
    if (!database.get() && !has(operation, kNoDatabase)) return database.error();
    if (operation.access != Access::open) {
      auto found = find_caller(*database.get(), request);
      if (!found.ok()) return found.error();
      if (auto refused = refusal(operation, request, *found)) return std::move(*refused);
      caller = std::move(**found);
    }
    json body;
    if (auto wrong = unreadable(operation, request, parameters, body)) return std::move(*wrong);
    const Call call{world_, request, parameters, target.query, caller, database.get(), std::move(body)};
    return changes(operation) ? in_transaction(operation, call) : operation.handler(call);
  };
  Answer done = answer();
  Response response = done.good() ? std::move(done.response()) : to_response(done.problem(), request.request_id);
  note(operation, request, caller, response.status, done.error());
  return response;
}

bool Api::still_welcome(const ApiRequest& request) {
  Borrowed database(world_.pool);
  if (!database.get()) return true;  // no database is no reason to take the last known state away
  const auto caller = find_caller(*database.get(), request);
  return !caller.ok() || caller->has_value();
}

}  // namespace everdial
