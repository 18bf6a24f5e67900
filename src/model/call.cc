#include "model/call.h"

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

}  // namespace everdial
