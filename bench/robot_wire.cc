#include "robot_wire.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <deque>
#include <utility>  // before Asio, which forgets it

namespace everdial::robots {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kConnectWithin = std::chrono::milliseconds(1500);
constexpr size_t kLongestMessage = 1 << 20;

}  // namespace

class Wire::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& loop, Events events) : loop_(loop), resolver_(loop), stream_(loop), events_(std::move(events)) {}

  void connect(const std::string& address) {
    const std::string scheme = "ws://";
    const size_t slash = address.find('/', scheme.size());
    const size_t colon = address.rfind(':', slash);
    if (!address.starts_with(scheme) || slash == std::string::npos || colon < scheme.size())
      return lose("'" + address + "' is no address of a server: the robots speak ws://host:port/agent/v1");
    host_ = address.substr(scheme.size(), slash - scheme.size());
    target_ = address.substr(slash);
    const std::string host = address.substr(scheme.size(), colon - scheme.size());
    resolver_.async_resolve(host, address.substr(colon + 1, slash - colon - 1),
                            [self = shared_from_this()](error_code error, const tcp::resolver::results_type& found) {
                              if (error) return self->lose(error.message());
                              self->connect(found);
                            });
  }

  void say(std::string text) {
    if (over_) return;
    waiting_.push_back(std::move(text));
    if (waiting_.size() == 1) write();
  }

  /// From now on nobody is told anything.
  void end() {
    over_ = true;
    resolver_.cancel();
    beast::get_lowest_layer(stream_).close();
  }

 private:
  void connect(const tcp::resolver::results_type& found) {
    if (over_) return;
    beast::get_lowest_layer(stream_).expires_after(kConnectWithin);
    beast::get_lowest_layer(stream_).async_connect(found, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
      if (error) return self->lose(error.message());
      self->shake_hands();
    });
  }

  void shake_hands() {
    if (over_) return;
    auto& lowest = beast::get_lowest_layer(stream_);
    error_code ignored;
    lowest.socket().set_option(tcp::no_delay(true), ignored);
    lowest.expires_never();  // the WebSocket has its own time-outs
    stream_.set_option(websocket::stream_base::timeout{kConnectWithin, websocket::stream_base::none(), false});
    stream_.set_option(websocket::stream_base::decorator(
        [](websocket::request_type& request) { request.set(beast::http::field::sec_websocket_protocol, "everdial.agent.v1"); }));
    stream_.read_message_max(kLongestMessage);
    stream_.async_handshake(host_, target_, [self = shared_from_this()](error_code error) {
      if (error) return self->lose(error.message());
      if (self->over_) return;
      self->stream_.text(true);
      self->events_.opened();
      self->read();
    });
  }

  void read() {
    if (over_) return;
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, size_t) {
      if (error == websocket::error::closed) return self->lose("closed with " + std::to_string(self->stream_.reason().code));
      if (error) return self->lose(error.message());
      if (self->over_) return;
      const std::string text = beast::buffers_to_string(self->buffer_.data());
      self->buffer_.clear();
      self->events_.heard(text);
      self->read();
    });
  }

  void write() {
    stream_.async_write(asio::buffer(waiting_.front()), [self = shared_from_this()](error_code error, size_t) {
      if (error) return self->lose(error.message());
      self->waiting_.pop_front();
      if (!self->over_ && !self->waiting_.empty()) self->write();
    });
  }

  void lose(const std::string& why) {
    if (std::exchange(over_, true)) return;
    beast::get_lowest_layer(stream_).close();
    asio::post(loop_, [self = shared_from_this(), why] {
      if (const auto lost = std::exchange(self->events_.lost, nullptr)) lost(why);
    });
  }

  friend class Wire;

  asio::io_context& loop_;
  tcp::resolver resolver_;
  websocket::stream<beast::tcp_stream> stream_;
  Events events_;
  std::string host_, target_;
  beast::flat_buffer buffer_;
  std::deque<std::string> waiting_;
  bool over_ = false;
};

Wire::Wire(asio::io_context& loop, const std::string& address, Events events) : state_(std::make_shared<State>(loop, std::move(events))) {
  state_->connect(address);
}

Wire::~Wire() {
  state_->end();
  state_->events_.lost = nullptr;
}

void Wire::say(std::string text) { state_->say(std::move(text)); }

}  // namespace everdial::robots
