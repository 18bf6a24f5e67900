#include "dashboard/handlers.h"

namespace everdial {

using nlohmann::json;

Response json_response(int status, const json& body) {
  return text_response(status, "application/json", body.dump(-1, ' ', false, json::error_handler_t::replace));
}

Answer::Answer(const Result<json>& result)
    : state_(result.ok() ? decltype(state_)(json_response(200, *result)) : problem_of(result.error())) {
  if (!result.ok()) error_ = result.error();
}

Answer::Answer(Result<Page> result) : Answer(result.ok() ? Result<json>(to_json(std::move(*result))) : Result<json>(result.error())) {}

Answer::Answer(const Status& status) : state_(status.ok() ? decltype(state_)(Response{204}) : problem_of(status.error())) {
  if (!status.ok()) error_ = status.error();
}

Answer created(const Result<json>& result) {
  Answer answer(result);
  if (answer.good()) answer.response().status = 201;
  return answer;
}

Answer pointed(const Error& error, ErrorKind kind, const char* pointer) {
  if (error.kind != kind) return error;
  Problem problem = problem_of(error);
  problem.errors.push_back({pointer, error.message});
  return problem;
}

}  // namespace everdial
