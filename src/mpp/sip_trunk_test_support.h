#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <numbers>
#include <thread>

#include "mpp/mpp_service.h"
#include "mpp/sip_trunk.h"
#include "runtime/loop.h"
#include "sip/sip_test_support.h"

// What the tests of the real trunk share: signalling against SIPp, sound against a socket of the test's own.

namespace everdial {

using Kind = TrunkEvent::Kind;
using sip::testing::free_port;
using sip::testing::Sipp;

inline const AttemptId attempt{JobId{7}, ContactId{1}, 1};

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "everdial_trunk_XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void append_number(std::string& to, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i));
}

/// A tone as a WAV of 8 kHz, 16 bit.
inline void write_tone(const std::filesystem::path& file, Duration length) {
  const auto samples = static_cast<uint32_t>(length / 125us);
  std::string wav = "RIFF";
  append_number(wav, 36 + 2 * samples, 4);
  wav += "WAVEfmt ";
  append_number(wav, 16, 4);
  append_number(wav, 1, 2), append_number(wav, 1, 2), append_number(wav, 8000, 4), append_number(wav, 16000, 4);
  append_number(wav, 2, 2), append_number(wav, 16, 2);
  wav += "data";
  append_number(wav, 2 * samples, 4);
  for (uint32_t i = 0; i < samples; ++i)
    append_number(wav, static_cast<uint16_t>(static_cast<int16_t>(9000 * std::sin(2 * std::numbers::pi * 440 * i / 8000))), 2);
  std::ofstream(file, std::ios::binary) << wav;
}

/// The callee's telephone: hears and sends RTP on a port of its own.
class Telephone {
 public:
  Telephone() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    // An even port, as RTP has it.
    do {
      port_ = free_port() & ~1;
      me_.sin_family = AF_INET;
      me_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      me_.sin_port = htons(static_cast<uint16_t>(port_));
    } while (bind(socket_, reinterpret_cast<const sockaddr*>(&me_), sizeof me_) != 0);
  }
  ~Telephone() { close(socket_); }
  int port() const { return port_; }

  /// How many packets of sound, not of silence, come until `patience` has passed without any packet, or `enough` have come.
  int hear(int enough, Duration patience = 2s) {
    int sound = 0;
    std::string packet;
    while (sound < enough && receive(packet, patience)) {
      const auto loud = [](char c) { return (static_cast<unsigned char>(~c) & 0x7f) > 0x20; };
      sound += std::count_if(packet.begin() + 12, packet.end(), loud) > 80;
    }
    return sound;
  }
  /// Says a tone for so long to who has sent something before, and takes what comes meanwhile; how much of that was sound.
  int talk(Duration length) {
    int sound = 0;
    for (Duration said{}; said < length; said += 20ms) {
      std::string packet(172, static_cast<char>(0x80));
      if (!receive(packet, 1s)) return sound;
      const auto loud = [](char c) { return (static_cast<unsigned char>(~c) & 0x7f) > 0x20; };
      sound += std::count_if(packet.begin() + 12, packet.end(), loud) > 80;
      packet.assign(172, 0);
      packet[0] = static_cast<char>(0x80);
      packet[2] = static_cast<char>(sequence_ >> 8), packet[3] = static_cast<char>(sequence_);
      const uint32_t timestamp = 160u * sequence_++;
      for (int i = 0; i < 4; ++i) packet[4 + i] = static_cast<char>(timestamp >> (24 - 8 * i));
      packet[11] = 9;
      for (int i = 0; i < 160; ++i) packet[12 + i] = static_cast<char>(i / 8 % 2 ? 0x90 : 0x10);  // 500 Hz, loud
      sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&far_), sizeof far_);
    }
    return sound;
  }
  /// Presses a key as RFC 4733 says: while it is held, then its end three times.
  void press(char digit) {
    std::string packet;
    ASSERT_TRUE(receive(packet, 5s)) << "no RTP has come, so it is not known where to send";
    for (int i = 0; i < 6; ++i) send(digit, i >= 3, static_cast<uint16_t>(160 * std::min(i + 1, 4)), i == 0);
  }

 private:
  bool receive(std::string& packet, Duration patience) {
    pollfd wait{socket_, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(patience / 1ms)) <= 0) return false;
    packet.resize(2048);
    socklen_t size = sizeof far_;
    const ssize_t got = recvfrom(socket_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&far_), &size);
    packet.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return got >= 12;
  }
  void send(char digit, bool end, uint16_t held, bool first) {
    const uint16_t number = sequence_++;
    const unsigned char packet[16] = {0x80,
                                      static_cast<unsigned char>(101 | (first ? 0x80 : 0)),
                                      static_cast<unsigned char>(number >> 8),
                                      static_cast<unsigned char>(number),
                                      0,
                                      0,
                                      0x10,
                                      0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      static_cast<unsigned char>(digit - '0'),
                                      static_cast<unsigned char>(end ? 0x8a : 0x0a),
                                      static_cast<unsigned char>(held >> 8),
                                      static_cast<unsigned char>(held)};
    sendto(socket_, packet, sizeof packet, 0, reinterpret_cast<const sockaddr*>(&far_), sizeof far_);
  }

  int socket_, port_ = 0;
  sockaddr_in me_{}, far_{};
  uint16_t sequence_ = 1;
};

class SipTrunkTest : public testing::Test {
 protected:
  ~SipTrunkTest() override {
    if (!thread_.joinable()) return;
    loop_.post([this] {
      trunk_.reset();
      loop_.stop();
    });
    thread_.join();
  }

  SipTrunk::Settings settings(int far_port) {
    const auto first_rtp = static_cast<uint16_t>(20000 + getpid() % 1000 * 20);
    return {.carriers = {{.name = "carrier",
                          .uri = "sip:127.0.0.1:" + std::to_string(far_port),
                          .from_user = "+15550100",
                          .rtp_timeout = rtp_timeout_,
                          .options_interval = options_interval_}},
            .address = address_,
            .first_rtp_port = first_rtp,
            .last_rtp_port = static_cast<uint16_t>(first_rtp + 19),
            .prompts = folder_.path(),
            .recordings = folder_.path() / "recordings"};
  }
  void start(int far_port) {
    auto trunk = SipTrunk::start(loop_, settings(far_port));
    ASSERT_TRUE(trunk.ok()) << trunk.error().message;
    trunk_ = std::move(*trunk);
    trunk_->listen(
        [this](std::vector<TrunkEvent> events) {
          const std::lock_guard lock(mutex_);
          for (TrunkEvent& event : events) events_.push_back(std::move(event));
          changed_.notify_all();
        },
        [](const AttemptId&, const std::string&) {});
    thread_ = std::thread([this] { loop_.run(); });
  }
  void place(bool analyse = false, const std::string& recording = {}, const std::string& trunk = "carrier") {
    LegOrder order{.attempt = attempt, .trunk = trunk, .recording = recording};
    order.plan.phone = "+15550123";
    order.plan.analyse = analyse;
    on_loop([this, order] { trunk_->place(order); });
  }
  void on_loop(std::function<void()> fn) { loop_.post(std::move(fn)); }

  /// The next event of the call or, for its health, of the trunk; of any kind but those of the other sort.
  std::optional<TrunkEvent> next(bool of_call = true, Duration patience = 10s) {
    std::unique_lock lock(mutex_);
    std::optional<TrunkEvent> found;
    changed_.wait_for(lock, patience, [&] {
      while (!found && !events_.empty()) {
        const bool health = events_.front().kind == Kind::trunk_up || events_.front().kind == Kind::trunk_down;
        if (health != of_call) found = std::move(events_.front());
        events_.pop_front();
      }
      return found.has_value();
    });
    return found;
  }
  void expect(Kind kind) {
    const auto event = next();
    ASSERT_TRUE(event) << "waiting for " << to_string(kind);
    EXPECT_EQ(to_string(event->kind), to_string(kind));
  }

  std::string address_ = "127.0.0.1";
  Duration rtp_timeout_ = 20s;
  Duration options_interval_{};  // SIPp takes an OPTIONS for its one call
  Folder folder_;
  Loop loop_;
  std::thread thread_;
  std::unique_ptr<SipTrunk> trunk_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<TrunkEvent> events_;
};

}  // namespace everdial
