#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sndfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <numbers>
#include <optional>
#include <thread>
#include <vector>

#include "media/engine.h"
#include "media/frame_analyser.h"
#include "media/ports.h"
#include "media/rtp.h"

// What tests of the engine need: a telephone that speaks RTP, a log of events, sound files.

namespace everdial::media {

class EventLog {
 public:
  void add(Event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  /// The first event of this kind for which `wanted` holds; waits for it up to `patience`.
  template <class E>
  std::optional<E> wait_for(
      std::function<bool(const E&)> wanted = [](const E&) { return true; }, Duration patience = 10s) {
    std::unique_lock lock(mutex_);
    std::optional<E> found;
    changed_.wait_for(lock, patience, [&] {
      for (const Event& event : events_)
        if (const E* e = std::get_if<E>(&event); e && wanted(*e)) {
          found = *e;
          return true;
        }
      return false;
    });
    return found;
  }

  template <class E>
  std::vector<E> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<E> found;
    for (const Event& event : events_)
      if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

class Phone {
 public:
  struct Packet {
    RtpHeader header;
    std::vector<uint8_t> payload;
    Instant at;
  };

  explicit Phone(Codec codec = Codec::pcmu) : codec_(codec), ports_(PortRange(local(), 40000, 49998).open_any().value()) {
    header_ = {.payload_type = codec == Codec::pcmu ? pcmu_payload_type : pcma_payload_type,
               .sequence = 65500,
               .timestamp = 0xfffff000,
               .ssrc = 77};
  }

  Endpoint endpoint() const { return Endpoint::parse("127.0.0.1", ports_.port).value(); }
  RtpHeader& header() { return header_; }

  void send_payload(uint16_t port, std::span<const uint8_t> payload) {
    std::vector<uint8_t> bytes(rtp_header_size);
    write_rtp_header(header_, std::span<uint8_t, rtp_header_size>(bytes.data(), rtp_header_size));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    send_bytes(ports_.rtp, port, bytes);
    ++header_.sequence;
  }
  void send_bytes(const UdpSocket& from, uint16_t port, std::span<const uint8_t> bytes) {
    const Endpoint to = Endpoint::parse("127.0.0.1", port).value();
    ::sendto(from.fd(), bytes.data(), bytes.size(), 0, to.data(), to.size());
  }
  void send_frame(uint16_t port, const Frame& frame) {
    std::array<uint8_t, frame_samples> payload;
    g711::encode(codec_, frame, payload);
    send_payload(port, payload);
    header_.timestamp += frame_samples;
  }
  /// Speaks a tone in real time; `hertz` 0 is silence. What comes meanwhile is kept for received().
  void speak(uint16_t port, int hertz, Duration time) {
    auto next = std::chrono::steady_clock::now();
    for (Duration done{}; done < time; done += frame_time) {
      send_frame(port, tone_frame(hertz));
      next += frame_time;
      collect_until(next);
    }
  }
  void listen(Duration time) { collect_until(std::chrono::steady_clock::now() + time); }
  /// Listens until `enough` packets came in all.
  bool listen_for(size_t enough, Duration patience = 5s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (received_.size() < enough && std::chrono::steady_clock::now() < end)
      collect_until(std::min(end, std::chrono::steady_clock::now() + 5ms));
    return received_.size() >= enough;
  }

  /// Takes what has come already.
  void drain() {
    uint8_t bytes[2048];
    for (ssize_t got = 0; (got = ::recv(ports_.rtp.fd(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) {
      const auto packet = parse_rtp(Bytes(bytes, static_cast<size_t>(got)));
      ASSERT_TRUE(packet);
      const auto now = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
      received_.push_back({packet->header, {packet->payload.begin(), packet->payload.end()}, Instant{now}});
    }
  }
  const std::vector<Packet>& received() const { return received_; }
  void forget() { received_.clear(); }
  const UdpSocket& rtp() const { return ports_.rtp; }
  const UdpSocket& rtcp() const { return ports_.rtcp; }

  Frame tone_frame(int hertz) {
    Frame frame;
    for (int16_t& sample : frame)
      sample = hertz == 0 ? int16_t{0} : static_cast<int16_t>(6000 * std::sin(2 * std::numbers::pi * hertz * phase_++ / sample_rate));
    return frame;
  }

  static Endpoint local() { return Endpoint::parse("127.0.0.1", 0).value(); }

 private:
  void collect_until(std::chrono::steady_clock::time_point end) {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0) return;
      pollfd ready{.fd = ports_.rtp.fd(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, static_cast<int>(left.count())) > 0) drain();
    }
  }

  Codec codec_;
  PortPair ports_;
  RtpHeader header_;
  int64_t phase_ = 0;
  std::vector<Packet> received_;
};

/// How many of the packets of audio are the tone.
inline size_t count_tone(const std::vector<Phone::Packet>& packets, int hertz, Codec codec = Codec::pcmu) {
  size_t count = 0;
  for (const auto& packet : packets) {
    if (packet.payload.size() != frame_samples) continue;
    Frame frame;
    g711::decode(codec, packet.payload, frame);
    if (std::abs(analyse_frame(frame).tone_hz - hertz) <= 15) ++count;
  }
  return count;
}

/// A folder of the test's own, removed with it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "everdial-media-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void write_tone_wav(const std::filesystem::path& file, int hertz, Duration time, int rate = 8000, int channels = 1) {
  SF_INFO info{.samplerate = rate, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
  SNDFILE* sound = sf_open(file.c_str(), SFM_WRITE, &info);
  ASSERT_TRUE(sound);
  std::vector<int16_t> samples;
  for (int64_t n = 0; n < time.count() * rate / 1'000'000; ++n)
    for (int c = 0; c < channels; ++c)
      samples.push_back(static_cast<int16_t>(6000 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(n) / rate)));
  sf_write_short(sound, samples.data(), static_cast<sf_count_t>(samples.size()));
  sf_close(sound);
}

struct Sound {
  int rate = 0, channels = 0;
  std::vector<int16_t> samples;  ///< interleaved

  /// Frames of one channel that are this tone.
  size_t count_tone(int channel, int hertz) const {
    size_t count = 0;
    const auto step = static_cast<size_t>(channels);
    for (size_t at = 0; at + frame_samples * step <= samples.size(); at += frame_samples * step) {
      Frame frame;
      for (size_t i = 0; i < frame_samples; ++i) frame[i] = samples[at + i * step + static_cast<size_t>(channel)];
      if (std::abs(analyse_frame(frame).tone_hz - hertz) <= 15) ++count;
    }
    return count;
  }
};

inline Sound read_wav(const std::filesystem::path& file) {
  SF_INFO info{};
  SNDFILE* sound = sf_open(file.c_str(), SFM_READ, &info);
  if (!sound) return {};
  Sound read{info.samplerate, info.channels, std::vector<int16_t>(static_cast<size_t>(info.frames * info.channels))};
  sf_read_short(sound, read.samples.data(), static_cast<sf_count_t>(read.samples.size()));
  sf_close(sound);
  return read;
}

}  // namespace everdial::media
