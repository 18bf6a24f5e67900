#include "runtime/health.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <utility>  // before Asio, which forgets it

namespace everdial {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

/// Longest time a client may take for one request: this listener must not be held up by idle connections.
constexpr auto kPatience = std::chrono::seconds(10);

Response answer(const Request& request, const HealthServer::Answers& answers) {
  Response response{http::status::ok, request.version()};
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.set(http::field::cache_control, "no-store");
  response.keep_alive(request.keep_alive());
  const std::string path{request.target().substr(0, request.target().find('?'))};
  const auto say = [&](http::status status, std::string text) {
    response.result(status);
    response.body() = std::move(text);
  };
  constexpr std::string_view role = "/role/";
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.set(http::field::allow, "GET, HEAD");
    say(http::status::method_not_allowed, "only GET and HEAD\n");
  } else if (path == "/livez") {
    say(http::status::ok, "ok\n");
  } else if (path == "/readyz") {
    const Status ready = answers.ready();
    say(ready.ok() ? http::status::ok : http::status::service_unavailable, ready.ok() ? "ok\n" : ready.error().message + "\n");
  } else if (path == "/metrics") {
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    say(http::status::ok, answers.metrics());
  } else if (path.starts_with(role)) {
    const auto active = answers.role(path.substr(role.size()));
    if (!active) say(http::status::not_found, "no such component on this server\n");
    else say(*active ? http::status::ok : http::status::service_unavailable, *active ? "active\n" : "dormant\n");
  } else {
    say(http::status::not_found, "not here: /livez /readyz /role/COMPONENT /metrics\n");
  }
  response.prepare_payload();
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::ip::tcp::socket socket, std::shared_ptr<const HealthServer::Answers> answers)
      : stream_(std::move(socket)), answers_(std::move(answers)) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(0);
    stream_.expires_after(kPatience);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->write();
    });
  }

 private:
  void write() {
    response_ = answer(parser_->get(), *answers_);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, size_t) {
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  beast::tcp_stream stream_;
  std::shared_ptr<const HealthServer::Answers> answers_;
  beast::flat_buffer buffer_{8192};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
};

}  // namespace

struct HealthServer::State : std::enable_shared_from_this<State> {
  State(Loop& loop, Answers given) : acceptor(loop.context()), answers(std::make_shared<Answers>(std::move(given))) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, asio::ip::tcp::socket socket) {
      if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
      if (!error) std::make_shared<Connection>(std::move(socket), self->answers)->read();
      self->accept();
    });
  }

  asio::ip::tcp::acceptor acceptor;
  std::shared_ptr<Answers> answers;
};

HealthServer::HealthServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
HealthServer::~HealthServer() {
  error_code ignored;  // it is over either way
  state_->acceptor.close(ignored);
}

uint16_t HealthServer::port() const { return state_->acceptor.local_endpoint().port(); }

Result<std::unique_ptr<HealthServer>> HealthServer::open(Loop& loop, const std::string& host, uint16_t port, Answers answers) {
  const auto state = std::make_shared<State>(loop, std::move(answers));
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) state->acceptor.open(asio::ip::tcp::endpoint{address, port}.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind({address, port}, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return Error{ErrorKind::unavailable,
                 "cannot listen for health checks on " + host + ":" + std::to_string(port) + ": " + error.message()};
  state->accept();
  return std::unique_ptr<HealthServer>{new HealthServer(state)};
}

}  // namespace everdial
