#include "sip/sip_test_support.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "base/check.h"
#include "sip/message.h"

namespace everdial::sip::testing {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int bound_socket(int type, int port) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  EVERDIAL_CHECK(fd >= 0);
  const sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

int port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  EVERDIAL_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

/// Whether somebody receives at the port, as the kernel lists sockets: of TCP only who listens, since connections of others come and go
/// with any number, at their far ends too.
bool is_open(int port, bool tcp) {
  char wanted[16];
  std::snprintf(wanted, sizeof wanted, ":%04X", port);
  for (const char* family : {"", "6"}) {
    std::ifstream table(std::string("/proc/net/") + (tcp ? "tcp" : "udp") + family);
    for (std::string line; std::getline(table, line);) {
      std::istringstream fields(line);
      std::string number, here, there, state;
      if (fields >> number >> here >> there >> state && here.ends_with(wanted) && (!tcp || state == "0A")) return true;
    }
  }
  return false;
}

bool within(Duration patience, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

}  // namespace

int free_port() {
  while (true) {
    const int udp = bound_socket(SOCK_DGRAM, 0);
    const int port = port_of(udp);
    const int tcp = bound_socket(SOCK_STREAM, port);
    close(udp);
    if (tcp < 0) continue;
    close(tcp);
    return port;
  }
}

Sipp::Sipp(const std::string& scenario, std::vector<std::string> options, bool tcp, std::string address)
    : address_(std::move(address)), port_(free_port()) {
  char log[] = "/tmp/everdial-sipp-XXXXXX";
  const int out = mkstemp(log);
  EVERDIAL_CHECK(out >= 0);
  log_ = log;
  std::vector<std::string> arguments = {"sipp",     "-i", address_,         "-mi", address_, "-p", std::to_string(port_),
                                        "-nostdin", "-t", tcp ? "t1" : "u1"};
  if (!scenario.empty())
    for (const std::string& argument :
         {std::string("-sf"), std::string(EVERDIAL_SIP_SCENARIOS) + "/" + scenario + ".xml", std::string("-m"), std::string("1"),
          std::string("-timeout"), std::string("40"), std::string("-timeout_error")})
      arguments.push_back(argument);
  arguments.insert(arguments.end(), options.begin(), options.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = fork();
  EVERDIAL_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("TERM", "dumb", 1);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp("sipp", argv.data());
    _exit(127);
  }
  close(out);
  EVERDIAL_CHECK(within(10s, [&] { return is_open(port_, tcp); }));
}

Sipp::~Sipp() {
  if (pid_ > 0) die();
  unlink(log_.c_str());
}

std::string Sipp::uri(const std::string& user) const { return "sip:" + user + "@" + host_port(address_, port_); }

bool Sipp::happy() {
  int status = 0;
  if (!within(45s, [&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) return false;
  pid_ = -1;
  const bool happy = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!happy) std::cerr << "sipp ended with " << WEXITSTATUS(status) << ":\n" << std::ifstream(log_).rdbuf() << "\n";
  return happy;
}

void Sipp::die() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

HandPeer::HandPeer() : socket_(bound_socket(SOCK_DGRAM, 0)), port_(port_of(socket_)) {}
HandPeer::~HandPeer() { close(socket_); }

std::string HandPeer::receive_any(Duration patience) {
  pollfd wait{socket_, POLLIN, 0};
  if (poll(&wait, 1, static_cast<int>(patience / 1ms)) <= 0) return "";
  std::string message(65536, '\0');
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got = recvfrom(socket_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) return "";
  far_port_ = ntohs(from.sin_port);
  message.resize(static_cast<size_t>(got));
  return message;
}

std::string HandPeer::receive(const std::string& beginning, Duration patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left = std::chrono::duration_cast<Duration>(end - std::chrono::steady_clock::now());
    if (left <= Duration::zero()) return "";
    std::string message = receive_any(left);
    if (message.starts_with(beginning)) return message;
  }
}

int HandPeer::count(const std::string& beginning, Duration time) {
  const auto end = std::chrono::steady_clock::now() + time;
  int found = 0;
  while (true) {
    const auto left = std::chrono::duration_cast<Duration>(end - std::chrono::steady_clock::now());
    if (left <= 1ms) return found;
    if (receive_any(left).starts_with(beginning)) ++found;
  }
}

void HandPeer::respond(const std::string& request, const std::string& status, const std::string& to_tag, const std::string& more,
                       const std::string& body) {
  std::string to = header(request, "To");
  if (to.find(";tag=") == std::string::npos && !to_tag.empty()) to += ";tag=" + to_tag;
  send_raw("SIP/2.0 " + status + "\r\nVia: " + header(request, "Via") + "\r\nFrom: " + header(request, "From") + "\r\nTo: " + to +
               "\r\nCall-ID: " + header(request, "Call-ID") + "\r\nCSeq: " + header(request, "CSeq") + "\r\nContact: <" + uri() + ">\r\n" +
               more + (body.empty() ? "" : "Content-Type: application/sdp\r\n") + "Content-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body,
           far_port_);
}

void HandPeer::request(const std::string& invite, const std::string& to_tag, const std::string& method, int cseq, const std::string& more,
                       const std::string& body) {
  std::string to = header(invite, "To");
  if (to.find(";tag=") == std::string::npos) to += ";tag=" + to_tag;
  send_raw(method + " sip:everdial@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:" + std::to_string(port_) + ";branch=z9hG4bKhand" +
               std::to_string(cseq) + method + "\r\nFrom: " + to + "\r\nTo: " + header(invite, "From") + "\r\nCall-ID: " +
               header(invite, "Call-ID") + "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\nMax-Forwards: 70\r\nContact: <" +
               uri() + ">\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
           far_port_);
}

void HandPeer::send_raw(const std::string& bytes, int to_port) {
  const sockaddr_in to = loopback(to_port);
  EVERDIAL_CHECK(sendto(socket_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) ==
                 static_cast<ssize_t>(bytes.size()));
}

std::string header(const std::string& message, const std::string& name) {
  const size_t at = message.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const size_t start = at + name.size() + 4;
  return message.substr(start, message.find("\r\n", start) - start);
}

std::string body(const std::string& message) {
  const size_t at = message.find("\r\n\r\n");
  return at == std::string::npos ? "" : message.substr(at + 4);
}

}  // namespace everdial::sip::testing
