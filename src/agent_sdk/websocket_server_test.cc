#include "agent_sdk/websocket_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <future>
#include <thread>
#include <utility>

#include "runtime/loop.h"

namespace everdial {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

/// A server that says back what it hears; "bye" closes.
class WebSocketServerTest : public testing::Test {
 protected:
  WebSocketServerTest() {
    auto opened = WebSocketServer::open(loop.context(), {.port = 0, .advertised = "127.0.0.1", .most_connections = 3},
                                        {.opened = [this](WebSocketServer::Id) { ++connected; },
                                         .heard =
                                             [this](WebSocketServer::Id id, const std::string& text) {
                                               if (text == "bye") return server->close(id, 4000, "going down");
                                               server->say(id, "first " + text);
                                               server->say(id, "then " + text);
                                             },
                                         .written = [this](WebSocketServer::Id) { ++written; },
                                         .lost = [this](WebSocketServer::Id) { ++lost; }});
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
  static std::string read(Client& client) {
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
  EXPECT_EQ(knock("/agent/v1", "Sec-WebSocket-Protocol: chat\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(knock("/", ours), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(knock("/agent/v1", ours), "HTTP/1.1 101 Switching Protocols");
  EXPECT_TRUE(soon([&] { return connected == 1; }));
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

TEST(WebSocketServerOrigins, of_the_configured_pages_or_else_of_this_host) {
  EXPECT_TRUE(WebSocketServer::allows("https://desk.example", {"https://desk.example"}, "as1.example"));
  EXPECT_FALSE(WebSocketServer::allows("https://as1.example", {"https://desk.example"}, "as1.example"));
  EXPECT_TRUE(WebSocketServer::allows("https://as1.example:8080", {}, "as1.example"));
  EXPECT_FALSE(WebSocketServer::allows("https://as1.example.evil.example", {}, "as1.example"));
  EXPECT_FALSE(WebSocketServer::allows("null", {}, "as1.example"));
  EXPECT_TRUE(WebSocketServer::allows("http://localhost:8080", {}, "127.0.0.1"));
  EXPECT_TRUE(WebSocketServer::allows("http://[::1]:8080", {}, "127.0.0.1"));
  EXPECT_FALSE(WebSocketServer::allows("http://127.0.0.1", {}, "as1.example"));
}

TEST(WebSocketServerListening, refuses_to_be_reached_from_other_machines_without_tls) {
  Loop loop;
  EXPECT_THAT(WebSocketServer::open(loop.context(), {.host = "0.0.0.0"}, {}).error().message, testing::HasSubstr("without TLS"));
}

}  // namespace
}  // namespace everdial
