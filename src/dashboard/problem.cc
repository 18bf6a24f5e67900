#include "dashboard/problem.h"

#include <nlohmann/json.hpp>

namespace everdial {

Problem invalid_problem(std::vector<FieldError> errors) {
  Problem problem{400, "invalid", "The request is wrong", "", std::move(errors), {}};
  for (const FieldError& e : problem.errors) problem.detail += (problem.detail.empty() ? "" : "; ") + e.pointer + ": " + e.detail;
  return problem;
}

Problem unauthorized_problem(std::string detail) {
  return {401, "not_logged_in", "Not logged in", std::move(detail), {}, {{"WWW-Authenticate", "Bearer realm=\"everdial\""}}};
}
Problem forbidden_problem(std::string detail) { return {403, "forbidden", "Not allowed", std::move(detail), {}, {}}; }
Problem not_found_problem(std::string detail) { return {404, "not_found", "Not found", std::move(detail), {}, {}}; }
Problem conflict_problem(std::string detail, std::vector<FieldError> errors) {
  return {409, "conflict", "Not possible now", std::move(detail), std::move(errors), {}};
}

Problem restricted_problem(std::string_view what, const std::string& reason) {
  const std::string words = what == "job_starts" ? "job starts" : std::string(what);
  return {503,
          "restricted_by_load",
          "Held back by load",
          "New " + words + " are held back: " + reason + ". Nothing was done; repeat the request until it is taken.",
          {},
          {{"Retry-After", "5"}, {"Everdial-Restricted", std::string(what)}}};
}

Problem problem_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return {400, "invalid", "The request is wrong", error.message, {}, {}};
    case ErrorKind::not_found:
      return not_found_problem(error.message);
    case ErrorKind::conflict:
      return conflict_problem(error.message);
    case ErrorKind::unavailable:
      return {503, "unavailable", "Try again", "The database cannot be reached now; nothing was done.", {}, {{"Retry-After", "1"}}};
    case ErrorKind::unknown:
      return {503,
              "outcome_unknown",
              "Try again",
              "The connection to the database was lost while the change was stored; repeat the request with the same Idempotency-Key to do "
              "it once.",
              {},
              {{"Retry-After", "1"}}};
    case ErrorKind::overloaded:
      return {503, "overloaded", "Try again", error.message, {}, {{"Retry-After", "2"}}};
    case ErrorKind::fenced:
    case ErrorKind::internal:
      break;
  }
  return {500, "internal", "Our fault", "The server made a mistake; its log has more under this request id.", {}, {}};
}

Response to_response(const Problem& problem, std::string_view request_id) {
  nlohmann::json body = {
      {"type", "urn:everdial:problem:" + problem.word}, {"title", problem.title}, {"status", problem.status}, {"request_id", request_id}};
  if (!problem.detail.empty()) body["detail"] = problem.detail;
  for (const FieldError& e : problem.errors) body["errors"].push_back({{"pointer", e.pointer}, {"detail", e.detail}});
  // Texts of the client are repeated in details: whatever they hold, the answer is JSON.
  Response response =
      text_response(problem.status, "application/problem+json", body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  response.headers = problem.headers;
  return response;
}

}  // namespace everdial
