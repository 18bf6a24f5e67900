#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "sip/message.h"
#include "sip/user_agent.h"

namespace everdial::sip {

/// Transports, parsing and transactions: the one place that knows sofia-sip. Requests go in as text and come out as plain data; dialogs are
/// not its business. Made, used and destroyed on one thread, except for wake().
class Stack {
 public:
  using Transaction = uint64_t;  ///< a client transaction; 0 is none
  using Incoming = uint64_t;     ///< a request to be answered

  struct Handlers {
    std::function<void(const Response&)> stray;                     ///< to no transaction that we hold
    std::function<void(const IncomingRequest&, Incoming)> request;  ///< never ACK; answer each exactly once
  };

  static Result<std::unique_ptr<Stack>> open(const Settings& settings, Handlers handlers);
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  int port(Transport transport) const;  ///< -1: not bound
  /// Value of a Via of ours with this branch.
  std::string via(Transport transport, const std::string& branch) const;

  /// Sends a request and follows it: every provisional response and the one final one, or a made-up one. 0 when it cannot even be tried.
  Transaction send(const std::string& request, std::function<void(const Response&)> responses);
  /// Nothing more is heard from it. An INVITE's transaction ends at once; its later responses are stray.
  void drop(Transaction& transaction);
  /// Sends an ACK.
  void send_ack(const std::string& ack);

  /// `on_ack` is told the body of the ACK of a 2xx to an INVITE, when there is one.
  void respond(Incoming incoming, int status, const Headers& headers = {}, const std::string& body = {},
               std::function<void(const std::string&)> on_ack = {});

  /// Waits for network events up to `timeout` and handles them.
  void step(Duration timeout);
  void wake();  ///< from any thread: ends the wait

  size_t transactions() const;  ///< client transactions held in the library

 private:
  class Impl;
  explicit Stack(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Hexadecimal digits that cannot be guessed: tags, branches, Call-IDs.
std::string random_token(int bytes);
std::string new_branch();

}  // namespace everdial::sip
