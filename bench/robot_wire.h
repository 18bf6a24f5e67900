#pragma once

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace everdial::robots {

/// One WebSocket to one server ("ws://host:port/agent/v1"), from connecting until it is lost. Events come on the loop, never within a call,
/// and none after its end.
class Wire {
 public:
  struct Events {
    std::function<void()> opened;
    std::function<void(const std::string& text)> heard;
    std::function<void(const std::string& why)> lost;
  };
  Wire(boost::asio::io_context& loop, const std::string& address, Events events);
  ~Wire();

  void say(std::string text);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace everdial::robots
