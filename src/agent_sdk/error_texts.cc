#include "agent_sdk/error_texts.h"

#include <algorithm>
#include <array>

namespace everdial::desk {
namespace {

struct Known {
  int code;
  const char *error, *text;
};

constexpr std::array kErrors = std::to_array<Known>({
    {-32700, "parse_error", "The desktop has sent something that is no JSON. Reload the page; if it stays so, tell your administrator."},
    {-32600, "invalid_request",
     "The desktop has sent something that is no request. Reload the page; if it stays so, tell your administrator."},
    {-32601, "method_not_found", "The desktop and the server are of different versions. Reload the page."},
    {-32602, "invalid_params", "A field is missing or cannot be read. Look at what you have entered."},
    {9007, "call_control_not_available", "The call goes on, but cannot be steered for a moment. Try again."},
    {9009, "media_server_not_reachable", "The server that carries this call cannot be reached for a moment. Try again."},
    {9101, "not_logged_on", "Log on first."},
    {9102, "already_logged_on", "You are logged on at another desktop. Log off there, or log on here by force."},
    {9103, "session_ended", "You work at another desktop now. Log on again to work here."},
    {9104, "wrong_agent_state", "This cannot be done in your present state."},
    {9105, "wrong_call_state", "This does not fit what your call is doing now."},
    {9106, "not_nailed", "Your line is not up. Nail it up first."},
    {9107, "wrong_job_state", "This does not fit the job that you work for now."},
    {9108, "no_such_agent", "There is no such agent in your zone."},
    {9109, "no_such_job", "There is no such job, or it does not run."},
    {9110, "no_such_code", "The campaign has no such completion code. Choose one of its list."},
    {9111, "agent_not_free", "The other agent is not ready, or has no line up. Choose somebody else, or try again later."},
    {9112, "not_allowed", "You may not do this. Ask your supervisor."},
    {9113, "invalid", "A value is not within its bounds. Look at what you have entered."},
    {9114, "manager_not_available", "Your zone is being taken over by another server. Your call goes on; try again in a moment."},
    {9117, "not_done", "Your zone's manager was away for too long. It was not done; do it again."},
    {9200, "wrong_ticket", "You were too slow, or the page was opened twice. Log on again."},
    {9201, "wrong_token", "Your session has ended. Log on again."},
    {9202, "too_many_requests", "That was too much at once. Try again in a moment."},
    {9203, "record_not_available", "The database cannot be reached for a moment. Your call goes on; try again."},
});

}  // namespace

std::optional<ErrorText> error_text(int code) {
  const auto found = std::find_if(kErrors.begin(), kErrors.end(), [&](const Known& known) { return known.code == code; });
  if (found == kErrors.end()) return std::nullopt;
  return ErrorText{found->code, found->error, found->text};
}

}  // namespace everdial::desk
