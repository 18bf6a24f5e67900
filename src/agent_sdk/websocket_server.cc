#include "agent_sdk/websocket_server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <map>
#include <optional>
#include <utility>  // before Asio, which forgets it

namespace everdial {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kHandshakePatience = std::chrono::seconds(10);
constexpr auto kClosePatience = std::chrono::seconds(2);
constexpr uint32_t kLongestHeader = 16 * 1024;
constexpr std::string_view kPath = "/agent/v1", kSubprotocol = "everdial.agent.v1";

bool is_loopback_name(std::string_view host) { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

/// "https://desk.example:8443" has the host "desk.example", as has "wss://desk.example/agent/v1".
std::string_view host_of(std::string_view address) {
  const size_t scheme = address.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view rest = address.substr(scheme + 3);
  const size_t end = rest.starts_with('[') ? rest.find(']') + 1 : rest.find_first_of(":/");
  return rest.substr(0, end);
}

bool offers_subprotocol(std::string_view header) {
  for (const auto& token : http::token_list(beast::string_view(header.data(), header.size())))
    if (token == beast::string_view(kSubprotocol.data(), kSubprotocol.size())) return true;
  return false;
}

using HttpRequest = http::request<http::empty_body>;
using HttpAnswer = http::response<http::string_body>;

}  // namespace

/// What all connections share; each holds it weakly, for it may end before their last handlers run.
struct WebSocketServer::State : std::enable_shared_from_this<State> {
  /// A connection, with TLS or without.
  class Connection {
   public:
    virtual ~Connection() = default;
    virtual void start() = 0;
    virtual void say(std::string text) = 0;
    virtual void close(int code, const std::string& reason) = 0;
  };
  template <class Stream>
  class Over;

  State(asio::io_context& loop, Settings given, Site what) : io(loop), settings(std::move(given)), site(std::move(what)), acceptor(loop) {}

  void accept() {
    acceptor.async_accept([weak = weak_from_this()](error_code error, tcp::socket socket) {
      const auto self = weak.lock();
      if (!self || error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
      if (!error && self->connections.size() < self->settings.most_connections) self->begin(std::move(socket));
      self->accept();
    });
  }
  void begin(tcp::socket socket);
  bool may_connect(const std::string& origin) const {
    std::vector<std::string> hosts{settings.advertised};
    for (const std::string& address : site.others()) hosts.emplace_back(host_of(address));
    return allows(origin, settings.origins, hosts);
  }
  void ended(Id id, bool told) {
    if (connections.erase(id) > 0 && told) site.lost(id);
  }

  asio::io_context& io;
  const Settings settings;
  const Site site;
  std::optional<ssl::context> tls;
  tcp::acceptor acceptor;
  Id last_id = 0;
  std::map<Id, std::shared_ptr<Connection>> connections;
};

template <class Stream>
class WebSocketServer::State::Over final : public Connection, public std::enable_shared_from_this<Over<Stream>> {
 public:
  Over(Stream stream, Id id, State& state) : ws_(std::move(stream)), id_(id), state_(state.weak_from_this()), timer_(state.io) {}

  void start() override {
    lowest().expires_after(kHandshakePatience);
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>) {
      read_request();
    } else {
      ws_.next_layer().async_handshake(ssl::stream_base::server, [self = this->shared_from_this()](error_code error) {
        if (error) self->end();
        else self->read_request();
      });
    }
  }

  void say(std::string text) override {
    if (closing_) return;
    queue_.push_back(std::move(text));
    if (!writing_) write();
  }

  void close(int code, const std::string& reason) override {
    if (closing_) return;
    closing_.emplace(static_cast<websocket::close_code>(code), reason.substr(0, 120));
    // Whoever does not read does not hold this up.
    timer_.expires_after(kClosePatience);
    timer_.async_wait([self = this->shared_from_this()](error_code error) {
      if (!error) self->lowest().close();
    });
    if (!writing_) write_close();
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(ws_); }

  // ---- the handshake ---------------------------------------------------------------------------------------------------------

  void read_request() {
    parser_.header_limit(kLongestHeader);
    http::async_read_header(ws_.next_layer(), buffer_, parser_, [self = this->shared_from_this()](error_code error, size_t) {
      if (error) self->end();
      else self->request_read();
    });
  }

  void request_read() {
    const auto state = state_.lock();
    if (!state) return;
    const HttpRequest& request = parser_.get();
    const auto header = [&](http::field field) {
      const auto value = request[field];
      return std::string(value.data(), value.size());
    };
    const std::string target(request.target().data(), request.target().size());
    const std::string origin = header(http::field::origin);
    if (target != kPath) return refuse(http::status::not_found, "Desktops connect to /agent/v1.");
    if (!websocket::is_upgrade(request)) return refuse(http::status::upgrade_required, "This is a WebSocket: api/agent.asyncapi.yaml.");
    if (!offers_subprotocol(header(http::field::sec_websocket_protocol)))
      return refuse(http::status::bad_request, "The subprotocol must be everdial.agent.v1.");
    if (!origin.empty() && !state->may_connect(origin))
      return refuse(http::status::forbidden, "Pages of this origin may not connect; agents.origins names those that may.");
    lowest().expires_never();
    buffer_.clear();  // nothing may come before we have answered
    // Beats of the protocol itself tell who is there.
    ws_.set_option(websocket::stream_base::timeout{kHandshakePatience, websocket::stream_base::none(), false});
    ws_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, beast::string_view(kSubprotocol.data(), kSubprotocol.size()));
    }));
    ws_.read_message_max(state->settings.longest_message);
    ws_.text(true);
    ws_.async_accept(request, [self = this->shared_from_this()](error_code error) {
      if (error) return self->end();
      if (const auto alive = self->state_.lock()) {
        self->open_ = true;
        alive->site.opened(self->id_);
        self->read();
      }
    });
  }

  void refuse(http::status status, std::string text) {
    answer_.result(status);
    answer_.version(11);
    answer_.keep_alive(false);
    answer_.set(http::field::content_type, "text/plain; charset=utf-8");
    if (status == http::status::upgrade_required) answer_.set(http::field::upgrade, "websocket");
    answer_.body() = std::move(text) + "\n";
    answer_.prepare_payload();
    http::async_write(ws_.next_layer(), answer_, [self = this->shared_from_this()](error_code, size_t) { self->end(); });
  }

  // ---- messages --------------------------------------------------------------------------------------------------------------

  void read() {
    ws_.async_read(buffer_, [self = this->shared_from_this()](error_code error, size_t) {
      const auto state = self->state_.lock();
      if (error || !state) return self->end();
      // What is no text is no JSON either.
      std::string text = self->ws_.got_text() ? beast::buffers_to_string(self->buffer_.data()) : std::string();
      self->buffer_.consume(self->buffer_.size());
      if (!self->closing_) state->site.heard(self->id_, std::move(text));
      self->read();
    });
  }

  void write() {
    writing_ = true;
    ws_.async_write(asio::buffer(queue_.front()), [self = this->shared_from_this()](error_code error, size_t) {
      self->writing_ = false;
      if (error) return;  // reading ends, too
      self->queue_.pop_front();
      if (const auto state = self->state_.lock(); state && !self->closing_) state->site.written(self->id_);
      if (self->writing_) return;  // being told of it, somebody has said more
      if (!self->queue_.empty()) self->write();
      else if (self->closing_) self->write_close();
    });
  }

  void write_close() {
    if (!open_) return end();
    writing_ = true;
    ws_.async_close(*closing_, [self = this->shared_from_this()](error_code) { self->end(); });
  }

  void end() {
    timer_.cancel();
    error_code ignored;  // the other side may have gone
    lowest().socket().shutdown(tcp::socket::shutdown_both, ignored);
    if (const auto state = state_.lock()) state->ended(id_, open_ && !closing_);
  }

  websocket::stream<Stream> ws_;
  const Id id_;
  const std::weak_ptr<State> state_;
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  HttpAnswer answer_;
  asio::steady_timer timer_;
  std::deque<std::string> queue_;
  bool open_ = false, writing_ = false;
  std::optional<websocket::close_reason> closing_;
};

void WebSocketServer::State::begin(tcp::socket socket) {
  error_code ignored;  // a connection that is gone already ends by itself
  socket.set_option(tcp::no_delay(true), ignored);
  const Id id = ++last_id;
  std::shared_ptr<Connection> made;
  if (tls)
    made = std::make_shared<Over<ssl::stream<beast::tcp_stream>>>(
        ssl::stream<beast::tcp_stream>(beast::tcp_stream(std::move(socket)), *tls), id, *this);
  else made = std::make_shared<Over<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), id, *this);
  connections.emplace(id, made);
  made->start();
}

bool WebSocketServer::allows(const std::string& origin, const std::vector<std::string>& origins, const std::vector<std::string>& hosts) {
  if (!origins.empty()) return std::find(origins.begin(), origins.end(), origin) != origins.end();
  const std::string_view from = host_of(origin);
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return !from.empty() && (from == host || (is_loopback_name(host) && is_loopback_name(from)));
  });
}

Result<std::unique_ptr<WebSocketServer>> WebSocketServer::open(asio::io_context& loop, const Settings& settings, Site site) {
  const std::string where = settings.host + ":" + std::to_string(settings.port);
  error_code error;
  const auto address = asio::ip::make_address(settings.host == "localhost" ? "127.0.0.1" : settings.host, error);
  if (error) return Error{ErrorKind::invalid, "cannot listen for desktops on " + where + ": the host must be an IP address or localhost"};
  auto state = std::make_shared<State>(loop, settings, std::move(site));
  if (!settings.certificate_file.empty()) {
    auto& tls = state->tls.emplace(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    tls.use_certificate_chain_file(settings.certificate_file, error);
    if (error) return Error{ErrorKind::invalid, "the TLS certificate " + settings.certificate_file + " cannot be used: " + error.message()};
    tls.use_private_key_file(settings.key_file, ssl::context::pem, error);
    if (error) return Error{ErrorKind::invalid, "the TLS key " + settings.key_file + " cannot be used: " + error.message()};
  } else if (!address.is_loopback()) {
    return Error{ErrorKind::invalid, "refusing to serve desktops on " + where +
                                         " without TLS, as it can be reached from other machines: set a certificate and its key"};
  }
  const tcp::endpoint endpoint{address, settings.port};
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Error{ErrorKind::unavailable, "cannot listen for desktops on " + where + ": " + error.message()};
  state->accept();
  return std::unique_ptr<WebSocketServer>{new WebSocketServer(std::move(state))};
}

WebSocketServer::WebSocketServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
WebSocketServer::~WebSocketServer() { stop_listening(); }

uint16_t WebSocketServer::port() const { return state_->acceptor.local_endpoint().port(); }

void WebSocketServer::say(Id id, std::string text) {
  if (const auto found = state_->connections.find(id); found != state_->connections.end()) found->second->say(std::move(text));
}

void WebSocketServer::close(Id id, int code, const std::string& reason) {
  const auto found = state_->connections.find(id);
  if (found == state_->connections.end()) return;
  const auto keep = found->second;
  keep->close(code, reason);
}

void WebSocketServer::stop_listening() {
  error_code ignored;  // closed before: just as well
  state_->acceptor.close(ignored);
}

}  // namespace everdial
