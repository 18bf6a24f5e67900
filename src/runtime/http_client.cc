#include "runtime/http_client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <utility>  // before Asio, which forgets it

namespace everdial {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr uint64_t kMostAnswerBytes = uint64_t{1} << 30;

/// Runs one asynchronous step to its end: only those know time-outs.
template <class Start>
error_code run(asio::io_context& io, Start start) {
  error_code result = asio::error::operation_aborted;
  start([&result](error_code error, auto&&...) { result = error; });
  io.restart();
  io.run();
  return result;
}

Error unreachable(const Url& url, const error_code& error) {
  return {ErrorKind::unavailable, url.host + ":" + url.port + ": " + error.message()};
}

template <class Stream>
Result<HttpAnswer> exchange(asio::io_context& io, Stream& stream, const Url& url, const HttpRequest& request) {
  http::request<http::string_body> message{http::string_to_verb(request.method), request.target, 11};
  message.set(http::field::host, url.host + ":" + url.port);
  message.set(http::field::user_agent, "everdial");
  message.keep_alive(false);
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  if (const auto error = run(io, [&](auto then) { http::async_write(stream, message, then); }))
    return Error{ErrorKind::unknown, unreachable(url, error).message};

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswerBytes);
  if (const auto error = run(io, [&](auto then) { http::async_read(stream, buffer, parser, then); }))
    return Error{ErrorKind::unknown, unreachable(url, error).message};
  HttpAnswer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.content_type = std::string(parser.get()[http::field::content_type]);
  for (const auto& field : parser.get())
    if (field.name() == http::field::set_cookie) answer.cookies.emplace_back(field.value());
  answer.body = std::move(parser.get().body());
  return answer;
}

Result<HttpAnswer> exchange_tls(asio::io_context& io, beast::tcp_stream tcp_stream, const Url& url, const HttpRequest& request,
                                const std::string& ca_file) {
  ssl::context context(ssl::context::tls_client);
  error_code error;
  context.set_default_verify_paths(error);
  if (!ca_file.empty()) context.load_verify_file(ca_file, error);
  if (error) return Error{ErrorKind::invalid, "the file of authorities " + ca_file + " cannot be used: " + error.message()};
  ssl::stream<beast::tcp_stream> stream(std::move(tcp_stream), context);
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback(ssl::host_name_verification(url.host));
  SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
  const auto failed = run(io, [&](auto then) { stream.async_handshake(ssl::stream_base::client, then); });
  if (!failed) return exchange(io, stream, url, request);
  if (ERR_GET_REASON(static_cast<unsigned long>(failed.value())) != SSL_R_CERTIFICATE_VERIFY_FAILED) return unreachable(url, failed);
  const long why = SSL_get_verify_result(stream.native_handle());
  return Error{ErrorKind::conflict,
               url.host + ":" + url.port + ": its certificate cannot be trusted: " +
                   (why == X509_V_ERR_UNSPECIFIED ? "it is not for the name " + url.host : X509_verify_cert_error_string(why))};
}

}  // namespace

Result<Url> parse_url(const std::string& text) {
  const Error wrong{ErrorKind::invalid, "\"" + text + "\" is not the URL of a server, such as https://as1.example:8443"};
  Url url;
  const size_t slashes = text.find("://");
  const std::string scheme = text.substr(0, slashes);
  if (slashes == std::string::npos || (scheme != "http" && scheme != "https")) return wrong;
  url.tls = scheme == "https";
  std::string rest = text.substr(slashes + 3);
  while (rest.ends_with('/')) rest.pop_back();
  size_t colon = rest.rfind(':');
  if (rest.starts_with('[')) {
    const size_t end = rest.find(']');
    if (end == std::string::npos) return wrong;
    url.host = rest.substr(1, end - 1);
    colon = end + 1 < rest.size() ? end + 1 : std::string::npos;
    if (colon != std::string::npos && rest[colon] != ':') return wrong;
  } else {
    url.host = rest.substr(0, colon);
  }
  url.port = colon == std::string::npos ? (url.tls ? "443" : "80") : rest.substr(colon + 1);
  const bool number = !url.port.empty() && url.port.size() <= 5 && url.port.find_first_not_of("0123456789") == std::string::npos;
  if (url.host.empty() || url.host.find_first_of("/?#@ ") != std::string::npos || !number) return wrong;
  return url;
}

Result<HttpAnswer> send_http(const Url& url, const HttpRequest& request, const std::string& ca_file, std::chrono::milliseconds timeout) {
  asio::io_context io;
  error_code error;
  tcp::resolver resolver(io);
  const auto addresses = resolver.resolve(url.host, url.port, error);
  if (error) return unreachable(url, error);
  beast::tcp_stream stream(io);
  stream.expires_after(timeout);
  if (const auto failed = run(io, [&](auto then) { stream.async_connect(addresses, then); })) return unreachable(url, failed);
  return url.tls ? exchange_tls(io, std::move(stream), url, request, ca_file) : exchange(io, stream, url, request);
}

}  // namespace everdial
