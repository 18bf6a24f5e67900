#include "model/call.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace everdial {

CallPlan make_call_plan(const Strategy& strategy, const std::string& phone) {
  return CallPlan{.phone = phone,
                  .caller_id = strategy.caller_id,
                  .ring_timeout = strategy.ring_timeout,
                  .max_call = strategy.max_call,
                  .prompt = strategy.prompt,
                  .machine_prompt = strategy.machine_prompt.empty() ? strategy.prompt : strategy.machine_prompt,
                  .analyse = strategy.analyse,
                  .machine_action = strategy.machine_action,
                  .record = strategy.record,
                  .opt_out_digit = strategy.opt_out_digit};
}

bool is_sip_address(const std::string& phone) {
  constexpr size_t longest = 200;
  if (!phone.starts_with("sip:") || phone.size() > longest) return false;
  const auto safe = [](unsigned char c) {
    return std::isalnum(c) || std::string_view("@:.-_+[];=%~!*").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return phone.find('@') != std::string::npos && phone.back() != '@' && std::all_of(phone.begin(), phone.end(), safe);
}

}  // namespace everdial
