#include "agent_sdk/websocket_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <future>
#include <thread>
#include <utility>

#include "runtime/loop.h"
#include "runtime/test_certificates.h"

namespace everdial {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

/// A server that says back what it hears; "bye" closes.
class WebSocketServerTest : public testing::Test {
 protected:
  explicit WebSocketServerTest(const TestAuthority::Files& tls = {}) {
    auto opened = WebSocketServer::open(
        loop.context(), {.port = 0, .advertised = "127.0.0.1", .certificate_file = tls.cert, .key_file = tls.key, .most_connections = 3},
        {.opened = [this](WebSocketServer::Id) { ++connected; },
         .heard =
             [this](WebSocketServer::Id id, const std::string& text) {
               if (text == "bye") return server->close(id, 4000, "going down");
               server->say(id, "first " + text);
               server->say(id, "then " + text);
             },
         .written = [this](WebSocketServer::Id) { ++written; },
         .lost = [this](WebSocketServer::Id) { ++lost; },
         .others = [] { return std::vector<std::string>{"wss://as2.example:8443/agent/v1"}; }});
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    server = std::move(*opened);
    thread = std::thread([this] { loop.run(); });
  }
  ~WebSocketServerTest() override {
    loop.stop();
    thread.join();
  }

  using Client = websocket::stream<tcp::socket>;
  tcp::endpoint endpoint() const { return {asio::ip::make_address("127.0.0.1"), server->port()}; }
  bool connect(Client& client) {
    client.next_layer().connect(endpoint());
    return upgrade(client);
  }
  template <class Stream>
  static bool upgrade(websocket::stream<Stream>& client) {
    client.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::origin, "http://127.0.0.1:8080");
      request.set(beast::http::field::sec_websocket_protocol, "everdial.agent.v1");
    }));
    beast::error_code error;
    client.handshake("127.0.0.1", "/agent/v1", error);
    return !error;
  }
  /// The first line that answers such a handshake.
  std::string knock(const std::string& path, const std::string& header) {
    tcp::socket socket(io);
    socket.connect(endpoint());
    asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + header + "\r\n"));
    std::string answer;
    asio::read_until(socket, asio::dynamic_buffer(answer), "\r\n");
    return answer.substr(0, answer.find('\r'));
  }
  template <class Stream>
  static std::string read(websocket::stream<Stream>& client) {
    beast::flat_buffer buffer;
    client.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }
  /// Waits for what happens on the loop.
  template <class Fn>
  bool soon(Fn fn) {
    for (int i = 0; i < 500; ++i) {
      std::promise<bool> answer;
      loop.post([&] { answer.set_value(fn()); });
      if (answer.get_future().get()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  Loop loop;
  std::unique_ptr<WebSocketServer> server;
  std::thread thread;
  int connected = 0, written = 0, lost = 0;
  asio::io_context io;
};

TEST_F(WebSocketServerTest, A_04_carries_texts_both_ways_in_order) {
  Client client(io);
  ASSERT_TRUE(connect(client));
  client.write(asio::buffer(std::string("hello")));
  EXPECT_EQ(read(client), "first hello");
  EXPECT_EQ(read(client), "then hello");
  EXPECT_TRUE(soon([&] { return written == 2; }));
  client.close(websocket::close_code::normal);
  EXPECT_TRUE(soon([&] { return lost == 1; }));
}

TEST_F(WebSocketServerTest, closes_with_a_code_after_what_was_said) {
  Client client(io);
  ASSERT_TRUE(connect(client));
  client.write(asio::buffer(std::string("x")));
  client.write(asio::buffer(std::string("bye")));
  EXPECT_EQ(read(client), "first x");
  EXPECT_EQ(read(client), "then x");
  beast::flat_buffer buffer;
  beast::error_code error;
  client.read(buffer, error);
  EXPECT_EQ(error, websocket::error::closed);
  EXPECT_EQ(client.reason().code, 4000);
  EXPECT_EQ(std::string(client.reason().reason.c_str()), "going down");
}

TEST_F(WebSocketServerTest, refuses_other_origins_protocols_and_paths) {
  const std::string ours = "Sec-WebSocket-Protocol: everdial.agent.v1\r\n";
  EXPECT_EQ(knock("/agent/v1", ours + "Origin: https://evil.example\r\n"), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(knock("/agent/v1", ours + "Origin: https://as2.example\r\n"), "HTTP/1.1 101 Switching Protocols") << "another server's";
  EXPECT_EQ(knock("/agent/v1", "Sec-WebSocket-Protocol: chat\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(knock("/", ours), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(knock("/agent/v1", ours), "HTTP/1.1 101 Switching Protocols");
  EXPECT_TRUE(soon([&] { return connected == 2; }));
}

TEST_F(WebSocketServerTest, ends_a_connection_whose_message_is_too_long) {
  Client client(io);
  ASSERT_TRUE(connect(client));
  client.write(asio::buffer(std::string(64 * 1024 + 1, 'x')));
  beast::flat_buffer buffer;
  beast::error_code error;
  client.read(buffer, error);
  EXPECT_TRUE(error);
  EXPECT_TRUE(soon([&] { return lost == 1; }));
}

TEST_F(WebSocketServerTest, takes_so_many_connections_and_no_more) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(connect(*clients.emplace_back(std::make_unique<Client>(io))));
  Client one_more(io);
  EXPECT_FALSE(connect(one_more));
}

struct Authority {
  TestAuthority authority;
  TestAuthority::Files files = authority.issue();
};
class WebSocketServerTls : private Authority, public WebSocketServerTest {
 protected:
  WebSocketServerTls() : WebSocketServerTest(files) {}
  using Authority::files;
};

TEST_F(WebSocketServerTls, A_04_carries_texts_for_whoever_trusts_its_certificate) {
  ssl::context trust(ssl::context::tls_client);
  trust.load_verify_file(files.ca);
  trust.set_verify_mode(ssl::verify_peer);
  websocket::stream<ssl::stream<tcp::socket>> client(io, trust);
  client.next_layer().set_verify_callback(ssl::host_name_verification("127.0.0.1"));
  beast::get_lowest_layer(client).connect(endpoint());
  client.next_layer().handshake(ssl::stream_base::client);
  ASSERT_TRUE(upgrade(client));
  client.write(asio::buffer(std::string("hello")));
  EXPECT_EQ(read(client), "first hello");
  EXPECT_EQ(read(client), "then hello");
}

TEST_F(WebSocketServerTls, does_not_speak_with_who_speaks_plainly_or_does_not_trust_it) {
  Client plain(io);
  EXPECT_FALSE(connect(plain));
  ssl::context trust(ssl::context::tls_client);
  trust.set_verify_mode(ssl::verify_peer);
  ssl::stream<tcp::socket> stranger(io, trust);
  stranger.next_layer().connect(endpoint());
  beast::error_code error;
  stranger.handshake(ssl::stream_base::client, error);
  EXPECT_TRUE(error);
  EXPECT_EQ(connected, 0);
}

TEST(WebSocketServerOrigins, of_the_configured_pages_or_else_of_this_host) {
  EXPECT_TRUE(WebSocketServer::allows("https://desk.example", {"https://desk.example"}, {"as1.example"}));
  EXPECT_FALSE(WebSocketServer::allows("https://as1.example", {"https://desk.example"}, {"as1.example"}));
  EXPECT_TRUE(WebSocketServer::allows("https://as1.example:8080", {}, {"as1.example"}));
  EXPECT_FALSE(WebSocketServer::allows("https://as1.example.evil.example", {}, {"as1.example"}));
  EXPECT_TRUE(WebSocketServer::allows("https://as2.example", {}, {"as1.example", "as2.example"}))
      << "the server that gave the page is lost";
  EXPECT_FALSE(WebSocketServer::allows("null", {}, {"as1.example"}));
  EXPECT_TRUE(WebSocketServer::allows("http://localhost:8080", {}, {"127.0.0.1"}));
  EXPECT_TRUE(WebSocketServer::allows("http://[::1]:8080", {}, {"127.0.0.1"}));
  EXPECT_FALSE(WebSocketServer::allows("http://127.0.0.1", {}, {"as1.example"}));
}

TEST(WebSocketServerListening, refuses_to_be_reached_from_other_machines_without_tls) {
  Loop loop;
  EXPECT_THAT(WebSocketServer::open(loop.context(), {.host = "0.0.0.0"}, {}).error().message, testing::HasSubstr("without TLS"));
}

TEST(WebSocketServerListening, names_the_certificate_that_it_cannot_use) {
  Loop loop;
  const auto wrong = WebSocketServer::open(loop.context(), {.certificate_file = "/nowhere/cert.pem", .key_file = "/nowhere/key.pem"}, {});
  EXPECT_THAT(wrong.error().message, testing::HasSubstr("/nowhere/cert.pem"));
}

}  // namespace
}  // namespace everdial
