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

constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

bool is_read(const Request& request) { return request.method() == http::verb::get || request.method() == http::verb::head; }
std::string path_of(const Request& request) { return std::string{request.target().substr(0, request.target().find('?'))}; }

Response respond(const Request& request, http::status status, std::string text, const char* type = kPlain) {
  Response response{status, request.version()};
  response.set(http::field::content_type, type);
  response.set(http::field::cache_control, "no-store");
  if (status == http::status::method_not_allowed) response.set(http::field::allow, "GET, HEAD");
  response.keep_alive(request.keep_alive());
  response.body() = std::move(text);
  response.prepare_payload();
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

Response answer(const Request& request, const HealthServer::Answers& answers) {
  const auto say = [&](http::status status, std::string text) { return respond(request, status, std::move(text)); };
  const std::string path = path_of(request);
  constexpr std::string_view role = "/role/";
  if (!is_read(request)) return say(http::status::method_not_allowed, "only GET and HEAD\n");
  if (path == "/livez") return say(http::status::ok, "ok\n");
  if (path == "/readyz") {
    const Status ready = answers.ready();
    return say(ready.ok() ? http::status::ok : http::status::service_unavailable, ready.ok() ? "ok\n" : ready.error().message + "\n");
  }
  if (path.starts_with(role)) {
    const auto active = answers.role(path.substr(role.size()));
    if (!active) return say(http::status::not_found, "no such component on this server\n");
    return say(*active ? http::status::ok : http::status::service_unavailable, *active ? "active\n" : "dormant\n");
  }
  return say(http::status::not_found, "not here: /livez /readyz /role/COMPONENT /metrics\n");
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
      if (!error) self->answer_request();
    });
  }

 private:
  void answer_request() {
    const Request& request = parser_->get();
    if (!is_read(request) || path_of(request) != "/metrics") return write(answer(request, *answers_));
    answers_->metrics([self = shared_from_this()](std::string text) {
      self->write(respond(self->parser_->get(), http::status::ok, std::move(text), kPrometheus));
    });
  }

  void write(Response response) {
    response_ = std::move(response);
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
