#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "sip/user_agent.h"

// What the tests against real peers share. Nothing here is part of the product.

namespace everdial::sip::testing {

/// Keeps the events of a UserAgent and waits for those that a test wants to see.
class Events {
 public:
  UserAgent::Handler handler() {
    return [this](Event event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
      changed_.notify_all();
    };
  }

  /// The next event of this kind; everything before it is dropped. Empty after `patience`.
  template <class Kind>
  std::optional<Kind> next(Duration patience = 10s) {
    std::unique_lock lock(mutex_);
    std::optional<Kind> found;
    changed_.wait_for(lock, patience, [&] {
      while (!found && !events_.empty()) {
        if (Kind* event = std::get_if<Kind>(&events_.front())) found = std::move(*event);
        events_.pop_front();
      }
      return found.has_value();
    });
    return found;
  }

  /// Whether one of this kind is among those not yet taken.
  template <class Kind>
  bool has() {
    const std::lock_guard lock(mutex_);
    for (const Event& event : events_)
      if (std::holds_alternative<Kind>(event)) return true;
    return false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
};

/// A port of 127.0.0.1 that is free for UDP and TCP now.
int free_port();

/// A SIPp process on a port of its own that plays one scenario of tests/sip once; without a scenario, what `options` say.
class Sipp {
 public:
  explicit Sipp(const std::string& scenario, std::vector<std::string> options = {}, bool tcp = false, std::string address = "127.0.0.1");
  ~Sipp();
  Sipp(const Sipp&) = delete;
  Sipp& operator=(const Sipp&) = delete;

  int port() const { return port_; }
  std::string uri(const std::string& user = "15550100") const;
  bool happy();  ///< waits until it has played its scenario to the end; whether all went as written
  void die();    ///< SIGKILL

 private:
  std::string address_;
  int port_;
  int pid_ = -1;
  std::string log_;
};

/// A far end whose every message the test writes itself.
class HandPeer {
 public:
  HandPeer();
  ~HandPeer();

  int port() const { return port_; }
  std::string uri() const { return "sip:hand@127.0.0.1:" + std::to_string(port_); }

  /// The next message whose first line begins so; others are passed over. Empty when none comes in time.
  std::string receive(const std::string& beginning, Duration patience = 5s);
  /// How many such messages come within a time.
  int count(const std::string& beginning, Duration time);
  /// Answers `request`; `more` are whole header lines, each with its line end.
  void respond(const std::string& request, const std::string& status, const std::string& to_tag, const std::string& more = "",
               const std::string& body = "");
  /// A request in the dialog that `invite` made with `to_tag`.
  void request(const std::string& invite, const std::string& to_tag, const std::string& method, int cseq, const std::string& more = "",
               const std::string& body = "");
  void send_raw(const std::string& bytes, int to_port);

 private:
  std::string receive_any(Duration patience);
  int socket_;
  int port_ = 0;
  int far_port_ = 0;
};

std::string header(const std::string& message, const std::string& name);
std::string body(const std::string& message);

inline constexpr const char* kOffer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 8 101\r\nc=IN IP4 127.0.0.1\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n";

}  // namespace everdial::sip::testing
