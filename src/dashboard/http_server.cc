#include "dashboard/http_server.h"

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <thread>
#include <utility>  // before Asio, which forgets it

#include "dashboard/problem.h"
#include "runtime/log.h"
#include "runtime/secret.h"

namespace everdial {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kHeaderPatience = std::chrono::seconds(30);  ///< also between two requests of a connection
constexpr auto kBodyPatience = std::chrono::seconds(120);
constexpr auto kWritePatience = std::chrono::seconds(60);
constexpr auto kStreamComment = std::chrono::seconds(5);
constexpr int kCommentsBetweenChecks = 3;  ///< of a stream's right to go on
constexpr auto kLinger = std::chrono::seconds(2);
constexpr auto kDrainPatience = std::chrono::seconds(5);
constexpr int kMostWaiting = 1000;  ///< requests that wait for a worker
constexpr int kMostPasswordsWaiting = 50;
constexpr uint32_t kHeaderLimit = 16 * 1024;

/// What all connections of a server share.
struct Shared {
  Shared(HttpServer::Site given, int worker_count) : site(std::move(given)), workers(static_cast<size_t>(worker_count)), hashers(2) {}

  HttpServer::Site site;
  asio::io_context io{1};
  std::optional<ssl::context> tls;
  asio::thread_pool workers, hashers;
  std::atomic<int> waiting{0}, passwords_waiting{0};
  bool draining = false;  ///< read and written on the server's thread
};

/// A connection as the server sees it.
class Session {
 public:
  virtual ~Session() = default;
  virtual void start() = 0;
  virtual void drain() = 0;  ///< end after the answer under way, or now
};

template <class Stream>
class HttpSession final : public Session, public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  HttpSession(Stream stream, std::string peer, Shared& shared)
      : stream_(std::move(stream)), peer_(std::move(peer)), shared_(shared), timer_(shared.io) {}

  void start() override {
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>) {
      read();
    } else {
      lowest().expires_after(kHeaderPatience);
      stream_.async_handshake(ssl::stream_base::server, [self = this->shared_from_this()](error_code error) {
        if (!error) self->read();
      });
    }
  }

  void drain() override {
    if (stage_ == Stage::reading) lowest().cancel();
    timer_.cancel();  // a stream looks up from its sleep
  }

 private:
  enum class Stage { reading, receiving, answering, streaming };

  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void read() {
    stage_ = Stage::reading;
    if (shared_.draining) return close();
    parser_.emplace();
    parser_->header_limit(kHeaderLimit);
    parser_->body_limit(UINT64_MAX);  // the true one is known once the header is
    lowest().expires_after(kHeaderPatience);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code error, size_t) { self->header_read(error); });
  }

  void header_read(error_code error) {
    if (error == http::error::header_limit) return refuse(431, "header_too_large", "The header is larger than 16 KiB.");
    const bool cut_off = error == http::error::end_of_stream || error == http::error::partial_message;
    if (error && !cut_off && error.category() == error_code(http::error::bad_method).category())
      return refuse(400, "invalid", "This is not HTTP: " + error.message() + ".");
    if (error) return close();
    stage_ = Stage::receiving;
    const auto& header = parser_->get();
    demands_ = shared_.site.demands(method(), {header.target().data(), header.target().size()});
    parser_->body_limit(demands_.body_limit);
    if (parser_->content_length() && *parser_->content_length() > demands_.body_limit) return too_large();
    lowest().expires_after(kBodyPatience);
    if (beast::iequals(header[http::field::expect], "100-continue")) {
      static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(kGoOn.data(), kGoOn.size()), [self = this->shared_from_this()](error_code failed, size_t) {
        if (!failed) self->read_body();
      });
    } else {
      read_body();
    }
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, size_t) {
      if (error == http::error::body_limit) return self->too_large();
      if (error) return self->close();
      self->work();
    });
  }

  /// HEAD is GET whose answer has no body.
  std::string method() const {
    const auto name = parser_->get().method_string();
    return parser_->get().method() == http::verb::head ? "GET" : std::string(name.data(), name.size());
  }

  void take_request() {
    auto& message = parser_->get();
    request_ = {};
    request_.method = method();
    request_.target = std::string(message.target());
    request_.peer = peer_;
    request_.request_id = random_secret().substr(0, 16);
    for (const auto& field : message) {
      std::string name(field.name_string());
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      std::string& value = request_.headers[name];
      if (!value.empty()) value += name == "cookie" ? "; " : ", ";
      value += std::string(field.value());
    }
    request_.body = std::move(message.body());
    head_only_ = message.method() == http::verb::head;
    keep_alive_ = message.keep_alive();
  }

  /// Runs `what` on a worker; false when too many wait already.
  template <class Fn>
  bool on_worker(Fn what) {
    auto& waiting = demands_.hashes_password ? shared_.passwords_waiting : shared_.waiting;
    if (waiting >= (demands_.hashes_password ? kMostPasswordsWaiting : kMostWaiting)) return false;
    ++waiting;
    asio::post(demands_.hashes_password ? shared_.hashers : shared_.workers, [&waiting, what = std::move(what)]() mutable {
      --waiting;
      what();
    });
    return true;
  }

  /// `then` on the server's thread, while the connection lives.
  template <class Fn>
  void on_loop(Fn then) {
    asio::post(shared_.io, [self = this->shared_from_this(), then = std::move(then)]() mutable { then(*self); });
  }

  void work() {
    stage_ = Stage::answering;
    lowest().expires_never();
    take_request();
    const bool taken = on_worker([self = this->shared_from_this()] {
      auto response = std::make_shared<Response>(self->shared_.site.handle(self->request_));
      self->on_loop([response](HttpSession& session) { session.write(std::move(*response)); });
    });
    if (!taken)
      write(
          to_response({503, "overloaded", "Try again", "The server has more requests than it can answer now.", {}, {{"Retry-After", "2"}}},
                      request_.request_id));
  }

  // ---- answers ---------------------------------------------------------------------------------------------------------------

  /// For what never became a request; the connection cannot go on after it.
  void refuse(int status, std::string word, std::string detail) {
    request_ = {};
    request_.request_id = random_secret().substr(0, 16);
    keep_alive_ = head_only_ = false;
    unread_ = true;
    write(to_response({status, std::move(word), "The request is wrong", std::move(detail), {}, {}}, request_.request_id));
  }
  void too_large() {
    refuse(413, "too_large", "The body is larger than the " + std::to_string(demands_.body_limit) + " bytes allowed here.");
  }

  template <class Message>
  void set_header(Message& message) {
    message.version(11);
    message.result(static_cast<unsigned>(response_.status));
    message.keep_alive(keep_alive_ && !shared_.draining);
    message.set("X-Request-Id", request_.request_id);
    message.set("X-Content-Type-Options", "nosniff");
    message.set("X-Frame-Options", "DENY");
    message.set("Referrer-Policy", "same-origin");
    if (!response_.content_type.empty()) message.set(http::field::content_type, response_.content_type);
    for (const auto& [name, value] : response_.headers) message.insert(name, value);
  }

  void write(Response response) {
    stage_ = Stage::answering;
    response_ = std::move(response);
    lowest().expires_after(kWritePatience);
    if (response_.live || response_.next_piece) return write_stream_header();
    message_.emplace();
    set_header(*message_);
    if (response_.status != 204 && response_.status != 304) message_->content_length(response_.body->size());
    if (!head_only_) message_->body() = {response_.body->data(), response_.body->size()};
    http::async_write(stream_, *message_, [self = this->shared_from_this()](error_code error, size_t) {
      if (error) return;
      if (self->message_->keep_alive()) self->read();
      else self->close();
    });
  }

  void write_stream_header() {
    if (response_.live) keep_alive_ = false;
    stream_header_.emplace();
    set_header(*stream_header_);
    stream_header_->chunked(true);
    serializer_.emplace(*stream_header_);
    http::async_write_header(stream_, *serializer_, [self = this->shared_from_this()](error_code error, size_t) {
      if (error) return;
      if (self->head_only_) return self->close();
      if (self->response_.live) return self->start_live();
      self->write_piece(std::string(*self->response_.body));
    });
  }

  /// One chunk, then `then`.
  template <class Fn>
  void write_chunk(std::string text, Fn then) {
    chunk_ = std::move(text);
    lowest().expires_after(kWritePatience);
    asio::async_write(stream_, http::make_chunk(asio::buffer(chunk_)), [self = this->shared_from_this(), then](error_code error, size_t) {
      self->lowest().expires_never();
      if (!error) then(*self);
    });
  }

  void write_piece(std::string piece) {
    const auto next = [](HttpSession& session) { session.fetch_piece(); };
    if (piece.empty()) fetch_piece();  // an empty chunk would be the end
    else write_chunk(std::move(piece), next);
  }

  void fetch_piece() {
    asio::post(shared_.workers, [self = this->shared_from_this()] {
      auto piece = std::make_shared<std::optional<std::string>>(self->response_.next_piece());
      self->on_loop([piece](HttpSession& session) {
        if (*piece) session.write_piece(std::move(**piece));
        else session.end_stream();
      });
    });
  }

  void end_stream() {
    asio::async_write(stream_, http::make_chunk_last(), [self = this->shared_from_this()](error_code error, size_t) {
      if (error) return;
      if (self->stream_header_->keep_alive() && !self->response_.live) self->read();
      else self->close();
    });
  }

  // ---- the live stream -------------------------------------------------------------------------------------------------------

  void start_live() {
    stage_ = Stage::streaming;
    LiveFeed& feed = shared_.site.feed;
    position_ = feed.position_of(response_.live->last_event_id);
    subscription_ = feed.subscribe([weak = this->weak_from_this(), &io = shared_.io] {
      asio::post(io, [weak] {
        if (const auto self = weak.lock()) self->pump();
      });
    });
    wait();
    writing_ = true;
    // The comment opens the stream for clients that wait for its first bytes.
    write_chunk(": everdial\nretry: 1000\n\n" + response_.live->first, [](HttpSession& session) { session.written(); });
  }

  void written() {
    writing_ = false;
    pump();
  }

  void pump() {
    if (writing_) return;
    if (shared_.draining || unwelcome_) return end_live();
    std::string text = shared_.site.feed.take(response_.live->filter, position_);
    if (text.empty() && comment_due_) text = ": here\n\n";
    if (text.empty()) return;
    comment_due_ = false;
    said_something_ = true;
    writing_ = true;
    write_chunk(std::move(text), [](HttpSession& session) { session.written(); });
  }

  void wait() {
    timer_.expires_after(kStreamComment);
    timer_.async_wait([self = this->shared_from_this()](error_code error) {
      if (self->shared_.draining) return self->pump();
      if (error || !self->subscription_) return;
      self->comment_due_ = !std::exchange(self->said_something_, false);
      self->pump();
      if (++self->comments_ % kCommentsBetweenChecks == 0) self->check_welcome();
      // A listener that takes nothing for so long that its write timed out has no timer any more.
      if (self->lowest().socket().is_open()) self->wait();
    });
  }

  void check_welcome() {
    asio::post(shared_.workers, [self = this->shared_from_this()] {
      const bool welcome = self->shared_.site.still_welcome(self->request_);
      self->on_loop([welcome](HttpSession& session) {
        if (!welcome) session.unwelcome_ = true;
        session.pump();
      });
    });
  }

  void end_live() {
    subscription_.reset();
    timer_.cancel();
    writing_ = true;
    end_stream();
  }

  void close() {
    subscription_.reset();
    timer_.cancel();
    lowest().expires_after(kLinger);
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>) {
      error_code ignored;  // the other side may have gone
      lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
      if (unread_) discard();
    } else if (unread_) {
      discard();
    } else {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
    }
  }

  /// Closing with unread bytes would reset the connection, and the client might never see the answer.
  void discard() {
    buffer_.clear();
    lowest().async_read_some(buffer_.prepare(64 * 1024), [self = this->shared_from_this()](error_code error, size_t) {
      if (!error) self->discard();
    });
  }

  Stream stream_;
  const std::string peer_;
  Shared& shared_;
  Stage stage_ = Stage::reading;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpServer::Demands demands_;
  ApiRequest request_;
  bool head_only_ = false, keep_alive_ = false;
  bool unread_ = false;  ///< the client is still sending what nobody will read

  Response response_;
  std::optional<http::response<http::span_body<const char>>> message_;
  std::optional<http::response<http::empty_body>> stream_header_;
  std::optional<http::response_serializer<http::empty_body>> serializer_;
  std::string chunk_;

  asio::steady_timer timer_;
  LiveFeed::Subscription subscription_;
  LiveFeed::Position position_;
  bool writing_ = false, said_something_ = true, comment_due_ = false, unwelcome_ = false;
  int comments_ = 0;
};

}  // namespace

struct HttpServer::State {
  State(Site site, const Settings& given)
      : settings(given), shared(std::move(site), given.workers), acceptor(shared.io), drain_timer(shared.io) {}

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
      std::erase_if(sessions, [](const auto& weak) { return weak.expired(); });
      // Beyond the limit a connection is closed at once: better no answer than none for anybody.
      if (!error && sessions.size() < static_cast<size_t>(settings.most_connections)) begin(std::move(socket));
      accept();
    });
  }

  void begin(tcp::socket socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    std::string peer = endpoint.address().to_string();
    std::shared_ptr<Session> session;
    if (shared.tls)
      session = std::make_shared<HttpSession<ssl::stream<beast::tcp_stream>>>(
          ssl::stream<beast::tcp_stream>(beast::tcp_stream(std::move(socket)), *shared.tls), std::move(peer), shared);
    else session = std::make_shared<HttpSession<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), std::move(peer), shared);
    sessions.push_back(session);
    session->start();
  }

  void drain(std::function<void()> done) {
    shared.draining = true;
    error_code ignored;  // closed before: just as well
    acceptor.close(ignored);
    for (const auto& weak : sessions)
      if (const auto session = weak.lock()) session->drain();
    wait_for_the_last(std::chrono::steady_clock::now() + kDrainPatience, std::move(done));
  }

  void wait_for_the_last(std::chrono::steady_clock::time_point until, std::function<void()> done) {
    std::erase_if(sessions, [](const auto& weak) { return weak.expired(); });
    if (sessions.empty() || std::chrono::steady_clock::now() >= until) return done();
    drain_timer.expires_after(std::chrono::milliseconds(10));
    drain_timer.async_wait([this, until, done = std::move(done)](error_code error) mutable {
      if (!error) wait_for_the_last(until, std::move(done));
    });
  }

  Settings settings;
  uint16_t port = 0;
  Shared shared;
  tcp::acceptor acceptor;
  asio::steady_timer drain_timer;
  std::vector<std::weak_ptr<Session>> sessions;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard;
  std::thread thread;
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->guard.emplace(state_->shared.io.get_executor());
  state_->accept();
  state_->thread = std::thread([state = state_.get()] { state->shared.io.run(); });
}

HttpServer::~HttpServer() {
  // First the workers, which post to the loop; then the loop; connections that it still holds go with it.
  state_->shared.workers.stop();
  state_->shared.hashers.stop();
  state_->shared.workers.join();
  state_->shared.hashers.join();
  state_->shared.io.stop();
  state_->thread.join();
}

uint16_t HttpServer::port() const { return state_->port; }

void HttpServer::drain(std::function<void()> done) {
  asio::post(state_->shared.io, [state = state_.get(), done = std::move(done)]() mutable { state->drain(std::move(done)); });
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(const Settings& settings, Site site) {
  const std::string where = settings.host + ":" + std::to_string(settings.port);
  error_code error;
  const auto address = asio::ip::make_address(settings.host == "localhost" ? "127.0.0.1" : settings.host, error);
  if (error) return Error{ErrorKind::invalid, "cannot listen for HTTP on " + where + ": the host must be an IP address or localhost"};
  const bool with_tls = !settings.certificate_file.empty() || !settings.key_file.empty();
  if (!with_tls && !address.is_loopback())
    return Error{ErrorKind::invalid,
                 "refusing to serve HTTP on " + where +
                     " without TLS, as it can be reached from other machines: set a certificate and its key, or listen on 127.0.0.1"};

  auto state = std::make_unique<State>(std::move(site), settings);
  if (with_tls) {
    auto& tls = state->shared.tls.emplace(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    tls.use_certificate_chain_file(settings.certificate_file, error);
    if (error) return Error{ErrorKind::invalid, "the TLS certificate " + settings.certificate_file + " cannot be used: " + error.message()};
    tls.use_private_key_file(settings.key_file, ssl::context::pem, error);
    if (error) return Error{ErrorKind::invalid, "the TLS key " + settings.key_file + " cannot be used: " + error.message()};
  }
  const tcp::endpoint endpoint{address, settings.port};
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Error{ErrorKind::unavailable, "cannot listen for HTTP on " + where + ": " + error.message()};
  state->port = state->acceptor.local_endpoint().port();
  return std::unique_ptr<HttpServer>{new HttpServer(std::move(state))};
}

}  // namespace everdial
