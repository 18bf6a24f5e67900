#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "base/result.h"
#include "dashboard/access.h"
#include "dashboard/api.h"
#include "dashboard/page.h"
#include "dashboard/problem.h"
#include "dashboard/request_reader.h"
#include "runtime/pg.h"

namespace everdial {

/// All that a handler is told. A changing one works inside a transaction that is committed when it answers well.
struct Call {
  ApiWorld& world;
  const ApiRequest& request;
  const TextMap& parameters;  ///< of the path
  const TextMap& query;
  const Caller& caller;
  pg::Connection* database;  ///< null only for an operation that does without
  nlohmann::json body;       ///< of an operation that takes JSON

  pg::Connection& db() const {
    EVERDIAL_CHECK(database != nullptr);
    return *database;
  }
  /// A number of the path; Api has seen that it is one.
  int64_t number(const char* name) const { return parse_integer(parameters.find(name)->second).value_or(0); }
};

/// A Response, or a Problem.
class Answer {
 public:
  Answer(Response response) : state_(std::move(response)) {}
  Answer(Problem problem) : state_(std::move(problem)) {}
  Answer(const Error& error) : state_(problem_of(error)), error_(error) {}
  /// 200 with the JSON, or the error's problem.
  Answer(const Result<nlohmann::json>& result);
  /// One page, or the error's problem.
  Answer(Result<Page> result);
  /// 204, or the error's problem.
  Answer(const Status& status);

  bool good() const { return std::holds_alternative<Response>(state_); }
  Response& response() { return std::get<Response>(state_); }
  Problem& problem() { return std::get<Problem>(state_); }
  /// What the store said, for the log.
  const std::optional<Error>& error() const { return error_; }

 private:
  std::variant<Response, Problem> state_;
  std::optional<Error> error_;
};

Response json_response(int status, const nlohmann::json& body);
/// As Answer(result), but with this status and a problem that points at a field when the kind of error is `kind`.
Answer created(const Result<nlohmann::json>& result);
Answer pointed(const Error& error, ErrorKind kind, const char* pointer);

/// What the body's `options` fix about a file; an empty object when there are none.
nlohmann::json read_import_options(BodyReader& body);

// Handlers, one per operation of api/openapi.yaml, in the files named after their subject.
// session_handlers.cc
Answer log_in(const Call&);
Answer create_agent_ticket(const Call&);
Answer log_out(const Call&);
Answer get_session(const Call&);
Answer change_password(const Call&);
Answer list_accounts(const Call&);
Answer create_account(const Call&);
Answer update_account(const Call&);
Answer delete_account(const Call&);
Answer list_tokens(const Call&);
Answer create_token(const Call&);
Answer revoke_token(const Call&);
// status_handlers.cc
Answer get_health(const Call&);
Answer get_status(const Call&);
Answer list_loads(const Call&);
Answer list_alarms(const Call&);
Answer list_lease_history(const Call&);
Answer get_live(const Call&);
// server_handlers.cc
Answer list_servers(const Call&);
Answer update_server(const Call&);
Answer order_component(const Call&);
Answer list_component_orders(const Call&);
Answer list_zones(const Call&);
Answer save_zone(const Call&);
Answer plan_zones(const Call&);
Answer apply_zones(const Call&);
// failover_handlers.cc
Answer list_failovers(const Call&);
Answer get_failover(const Call&);
Answer get_what_if(const Call&);
Answer get_readiness(const Call&);
Answer list_drills(const Call&);
Answer begin_drill(const Call&);
Answer get_drill(const Call&);
Answer abort_drill(const Call&);
// list_handlers.cc
Answer list_lists(const Call&);
Answer create_list(const Call&);
Answer get_list(const Call&);
Answer list_contacts(const Call&);
Answer list_imports(const Call&);
Answer create_import(const Call&);
Answer get_import(const Call&);
Answer put_import_chunk(const Call&);
Answer complete_import(const Call&);
Answer cancel_import(const Call&);
Answer list_import_rejects(const Call&);
Answer download_import_rejects(const Call&);
Answer list_dnc(const Call&);
Answer add_dnc(const Call&);
Answer get_dnc(const Call&);
Answer remove_dnc(const Call&);
// campaign_handlers.cc
Answer list_campaigns(const Call&);
Answer create_campaign(const Call&);
Answer get_campaign(const Call&);
Answer update_campaign(const Call&);
Answer delete_campaign(const Call&);
Answer start_job(const Call&);
Answer list_jobs(const Call&);
Answer get_job(const Call&);
Answer request_job_change(const Call&);
Answer list_attempts(const Call&);
Answer get_attempt(const Call&);
// agent_handlers.cc
Answer list_agents(const Call&);
Answer create_agent(const Call&);
Answer get_agent(const Call&);
Answer update_agent(const Call&);
Answer delete_agent(const Call&);
Answer order_agents(const Call&);
Answer withdraw_agent_order(const Call&);
Answer list_agent_orders(const Call&);
Answer list_agent_zones(const Call&);
Answer update_agent_zone(const Call&);
Answer save_agent_place(const Call&);
Answer plan_agent_places(const Call&);
Answer apply_agent_places(const Call&);
// inbound_handlers.cc
Answer list_inbound_queues(const Call&);
Answer create_inbound_queue(const Call&);
Answer get_inbound_queue(const Call&);
Answer update_inbound_queue(const Call&);
Answer delete_inbound_queue(const Call&);
Answer tell_inbound_figures(const Call&);
// schedule_handlers.cc
Answer list_schedules(const Call&);
Answer create_schedule(const Call&);
Answer preview_schedule(const Call&);
Answer get_schedule(const Call&);
Answer update_schedule(const Call&);
Answer delete_schedule(const Call&);
Answer list_firings(const Call&);
// export_handlers.cc
Answer list_exports(const Call&);
Answer create_export(const Call&);
Answer get_export(const Call&);
Answer cancel_export(const Call&);
Answer download_export(const Call&);
// history_handlers.cc
Answer get_job_summary(const Call&);
Answer get_job_agents(const Call&);
Answer get_trend(const Call&);
Answer list_nuisance_alarms(const Call&);
Answer get_retention(const Call&);
Answer update_retention(const Call&);
Answer list_purges(const Call&);
Answer begin_purge(const Call&);

/// Puts the rate this server has measured into a job.
void add_rate(nlohmann::json& job, const JobRates& rates);

}  // namespace everdial
