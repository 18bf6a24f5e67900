#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>

#include "sip/message.h"

namespace everdial::sip {

/// The ACKs of the last 32 s (64 T1), to be sent again when a final response comes again because its ACK was lost. Keeps text only, so that
/// no transaction has to stay in the stack for it.
class AckLog {
 public:
  void remember(const Response& response, std::string ack) {
    const auto now = Clock::now();
    while (!order_.empty() && order_.front().first <= now) {
      acks_.erase(order_.front().second);
      order_.pop_front();
    }
    std::string key = key_of(response);
    if (acks_.insert_or_assign(key, std::move(ack)).second) order_.emplace_back(now + std::chrono::seconds(32), std::move(key));
  }

  /// Null when this response has not been acknowledged.
  const std::string* find(const Response& response) const {
    const auto found = acks_.find(key_of(response));
    return found == acks_.end() ? nullptr : &found->second;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static std::string key_of(const Response& response) { return response.branch + "/" + response.to_tag; }
  std::unordered_map<std::string, std::string> acks_;
  std::deque<std::pair<Clock::time_point, std::string>> order_;
};

}  // namespace everdial::sip
