#include "media/dtmf.h"

#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include "base/check.h"

// spandsp's headers must come in this order.
// clang-format off
#include <spandsp/telephony.h>
#include <spandsp/complex.h>
#include <spandsp/logging.h>
#include <spandsp/tone_detect.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>
// clang-format on

namespace everdial::media {
namespace {
constexpr std::string_view keys = "0123456789*#ABCD";
constexpr int step_samples = static_cast<int>(frame_samples);
constexpr int shortest_key = 320, longest_key = 8000;

int samples_of(Duration duration) { return static_cast<int>(duration.count() * sample_rate / 1'000'000); }
int key_samples(Duration each) { return std::clamp(samples_of(each), shortest_key, longest_key); }
}  // namespace

std::optional<uint8_t> event_of_digit(char digit) {
  const size_t at = keys.find(digit);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<uint8_t>(at));
}

std::optional<char> digit_of_event(uint8_t event) { return event < keys.size() ? std::optional(keys[event]) : std::nullopt; }

std::vector<Key> DtmfReceiver::take(uint32_t timestamp, const TelephoneEvent& event, Instant now) {
  std::vector<Key> told;
  if (!digit_of_event(event.event)) return told;
  // The end packet's copies, and packets overtaken on the way.
  if (last_finished_ && static_cast<int32_t>(timestamp - *last_finished_) <= 0) return told;
  if (pressed_ && static_cast<int32_t>(timestamp - pressed_->timestamp) < 0) return told;
  if (pressed_ && timestamp != pressed_->timestamp) {
    const bool next_segment = event.event == pressed_->event && pressed_->duration == 0xffff && timestamp == pressed_->timestamp + 0xffff;
    if (next_segment) {
      pressed_->before += pressed_->duration;
      pressed_->timestamp = timestamp;
      pressed_->duration = 0;
    } else if (auto key = finish()) {
      told.push_back(*key);
    }
  }
  if (!pressed_) pressed_ = Pressed{.event = event.event, .timestamp = timestamp};
  pressed_->duration = std::max(pressed_->duration, event.duration);
  pressed_->last_heard = now;
  if (event.end)
    if (auto key = finish()) told.push_back(*key);
  return told;
}

std::optional<Key> DtmfReceiver::expire(Instant now) {
  if (!pressed_ || now - pressed_->last_heard < give_up_after) return std::nullopt;
  return finish();
}

std::optional<Key> DtmfReceiver::finish() {
  const Pressed pressed = *pressed_;
  pressed_.reset();
  last_finished_ = pressed.timestamp;
  const auto digit = digit_of_event(pressed.event);
  EVERDIAL_CHECK(digit);
  return Key{*digit, duration_of_samples(static_cast<int64_t>(pressed.before) + pressed.duration)};
}

void DtmfSender::press(const std::string& digits, Duration each) {
  for (const char digit : digits)
    if (const auto event = event_of_digit(digit); event && waiting_.size() < most_waiting) waiting_.push_back({*event, key_samples(each)});
}

std::optional<DtmfSender::Packet> DtmfSender::step() {
  if (now_ && now_->pause_left > 0) {
    now_->pause_left -= step_samples;
    if (now_->pause_left <= 0) now_.reset();
    return std::nullopt;
  }
  if (!now_) {
    if (waiting_.empty()) return std::nullopt;
    now_ = Sending{.key = waiting_.front()};
    waiting_.pop_front();
  }
  Packet packet{.first = now_->sent == 0};
  now_->sent = std::min(now_->sent + step_samples, now_->key.samples);
  packet.event.event = now_->key.event;
  packet.event.duration = static_cast<uint16_t>(now_->sent);
  if (now_->sent == now_->key.samples) {
    packet.event.end = true;
    packet.copies = 3;
    now_->pause_left = samples_of(pause);
  }
  return packet;
}

void DtmfTones::press(const std::string& digits, Duration each) {
  for (const char digit : digits)
    if (const auto event = event_of_digit(digit); event && waiting_.size() < DtmfSender::most_waiting)
      waiting_.push_back({*event, key_samples(each), samples_of(DtmfSender::pause)});
}

void DtmfTones::fill(Frame& out) {
  static constexpr std::array<std::pair<int, int>, 16> hertz{{{941, 1336},
                                                              {697, 1209},
                                                              {697, 1336},
                                                              {697, 1477},
                                                              {770, 1209},
                                                              {770, 1336},
                                                              {770, 1477},
                                                              {852, 1209},
                                                              {852, 1336},
                                                              {852, 1477},
                                                              {941, 1209},
                                                              {941, 1477},
                                                              {697, 1633},
                                                              {770, 1633},
                                                              {852, 1633},
                                                              {941, 1633}}};
  constexpr double amplitude = 4000;  // each tone about -18 dBm0
  constexpr double turn = 2 * std::numbers::pi / sample_rate;
  for (int16_t& sample : out) {
    sample = 0;
    if (waiting_.empty()) continue;
    Tone& tone = waiting_.front();
    if (tone.done < tone.samples) {
      const auto [low, high] = hertz[tone.event];
      sample = static_cast<int16_t>(amplitude * (std::sin(turn * low * tone.done) + std::sin(turn * high * tone.done)));
    }
    if (++tone.done >= tone.samples + tone.pause) waiting_.pop_front();
  }
}

DtmfListener::DtmfListener()
    : detector_(dtmf_rx_init(nullptr, nullptr, nullptr), [](void* detector) { dtmf_rx_free(static_cast<dtmf_rx_state_t*>(detector)); }) {
  EVERDIAL_CHECK(detector_ != nullptr);
}

std::vector<Key> DtmfListener::hear(const Frame& frame) {
  auto* detector = static_cast<dtmf_rx_state_t*>(detector_.get());
  dtmf_rx(detector, frame.data(), static_cast<int>(frame.size()));
  char digits[16];
  const size_t count = dtmf_rx_get(detector, digits, sizeof digits - 1);
  std::vector<Key> told;
  for (size_t i = 0; i < count; ++i) told.push_back({digits[i], Duration{}});
  return told;
}

}  // namespace everdial::media
