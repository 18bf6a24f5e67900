#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "media/g711.h"
#include "media/rtp.h"

// Keys pressed: as RFC 4733 events and as tones, heard and sent.

namespace everdial::media {

struct Key {
  char digit = 0;
  Duration held{};
  bool operator==(const Key&) const = default;
};

/// '0'-'9', '*', '#', 'A'-'D' to 0-15 and back; empty for anything else.
std::optional<uint8_t> event_of_digit(char digit);
std::optional<char> digit_of_event(uint8_t event);

/// Tells each key once out of the dozen packets that carry it: packets of one key have one timestamp.
class DtmfReceiver {
 public:
  static constexpr Duration give_up_after = 200ms;  ///< of hearing no more of a key, all of whose end packets were lost

  std::vector<Key> take(uint32_t timestamp, const TelephoneEvent& event, Instant now);
  std::optional<Key> expire(Instant now);
  /// The sender is another one: what it sends has nothing to do with what came before.
  void reset() { *this = DtmfReceiver{}; }

 private:
  struct Pressed {
    uint8_t event = 0;
    uint32_t timestamp = 0;
    uint32_t before = 0;  ///< samples in earlier segments of a key held longer than 8 s
    uint16_t duration = 0;
    Instant last_heard;
  };
  std::optional<Key> finish();

  std::optional<Pressed> pressed_;
  std::optional<uint32_t> last_finished_;  ///< timestamp
};

/// Presses keys by RFC 4733: a packet every 20 ms, the last of a key three times, a pause before the next.
class DtmfSender {
 public:
  static constexpr Duration pause = 60ms;
  static constexpr size_t most_waiting = 64;

  /// Characters that are no keys are passed over.
  void press(const std::string& digits, Duration each);
  bool busy() const { return now_ || !waiting_.empty(); }

  struct Packet {
    TelephoneEvent event;
    bool first = false;  ///< of the key: carries the marker bit, and its timestamp is that of all the key's packets
    int copies = 1;
  };
  /// Every 20 ms while busy; empty in the pauses.
  std::optional<Packet> step();

 private:
  struct Waiting {
    uint8_t event = 0;
    int samples = 0;
  };
  struct Sending {
    Waiting key;
    int sent = 0;
    int pause_left = 0;
  };
  std::deque<Waiting> waiting_;
  std::optional<Sending> now_;
};

/// Presses keys by their two tones.
class DtmfTones {
 public:
  void press(const std::string& digits, Duration each);
  bool busy() const { return !waiting_.empty(); }
  void fill(Frame& out);

 private:
  struct Tone {
    uint8_t event = 0;
    int samples = 0;
    int pause = 0;
    int done = 0;
  };
  std::deque<Tone> waiting_;
};

/// Hears keys in audio.
class DtmfListener {
 public:
  DtmfListener();
  std::vector<Key> hear(const Frame& frame);

 private:
  std::shared_ptr<void> detector_;  ///< spandsp's
};

}  // namespace everdial::media
