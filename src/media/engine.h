#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "media/cpa_machine.h"
#include "media/endpoint.h"
#include "media/g711.h"
#include "media/source_guard.h"

// The media engine of one MPP worker: RTP in and out, prompts, recordings, DTMF, relay, conferences, call progress analysis. It knows
// no SIP: signalling opens a port, puts it into its SDP, and tells what was negotiated.
//
//   auto engine = Engine::start(settings, [&](Event event) { loop.post([&, event] { handle(event); }); });
//   auto port = (*engine)->open_port();            // port->rtp_port goes into our SDP
//   (*engine)->connect(port->stream, negotiated);  // when the far end's SDP is known; again for each new one
//   (*engine)->analyse(port->stream);              // -> Classified, later Beep
//   (*engine)->play(port->stream, "welcome.wav");  // -> PlayEnded
//   (*engine)->close(port->stream);                // -> Closed, with the figures of the stream
//
// Methods may be called from any thread, never wait for the network or a disk, and take effect in the order called. A stream that is
// closed already is not an error: the call is ignored, since a command and the far end's BYE may cross.

namespace everdial::media {

using StreamId = StrongId<struct StreamTag>;  ///< one leg's media; never reused within an engine's life
using ConferenceId = StrongId<struct ConferenceTag>;
using PlayId = StrongId<struct PlayTag>;  ///< one call of play(), to tell its end from that of an earlier one

enum class Direction : uint8_t { inactive, send_only, receive_only, send_receive };  ///< as seen from here

/// What offer and answer came to. PCMU (0) and PCMA (8) are both understood when received; `codec` is what we send.
struct Negotiated {
  Endpoint rtp;
  std::optional<Endpoint> rtcp;  ///< empty: the RTP port + 1
  Codec codec = Codec::pcmu;
  std::optional<uint8_t> dtmf_send;     ///< telephone-event's payload type in the far end's SDP
  std::optional<uint8_t> dtmf_receive;  ///< and in ours; empty: digits are heard in band
  Duration ptime = 20ms;                ///< of what we send: 10 ms to 60 ms
  Direction direction = Direction::send_receive;
  Latch latch = Latch::same_host;
  Duration rtp_timeout{};  ///< RtpTimeout when nothing is received for so long (not when we do not receive); 0: never
};

enum class RecordMode : uint8_t { mixed, stereo };  ///< stereo: left is what the far end said, right what it heard

/// Figures of one stream, RFC 3550's meaning.
struct StreamStats {
  uint64_t packets_received = 0, packets_sent = 0;
  uint64_t octets_received = 0, octets_sent = 0;  ///< of payload
  uint64_t packets_lost = 0;                      ///< expected less received, by sequence number
  uint64_t packets_refused = 0;                   ///< not RTP, or from a source that is not the peer's
  uint32_t ssrc_changes = 0;
  Duration jitter{};                   ///< of arrival
  std::optional<Duration> round_trip;  ///< from the far end's RTCP
  std::optional<double> lost_by_peer;  ///< share of our packets the far end last said it missed, 0 to 1
};

// ---- what the engine tells -----------------------------------------------------------------------------------------------------

/// A prompt has ended, one way or another; exactly once per play().
struct PlayEnded {
  enum class How : uint8_t { finished, stopped, failed };
  StreamId stream;
  PlayId play;
  How how = How::finished;
  std::string error;  ///< with failed: which file and what was wrong with it
};

/// The far end pressed a key. Told once per key, when it is certain: at its end for RFC 4733 (or after its last packet).
struct Digit {
  StreamId stream;
  char digit = 0;  ///< 0-9 * # A-D
  Duration held{};
  bool in_band = false;
};

struct RtpTimeout {
  StreamId stream;
  Duration silent_for{};  ///< told once; again only after packets came
};

/// A recording is complete on disk, or failed; exactly once per record().
struct RecordingEnded {
  StreamId stream;
  std::filesystem::path file;
  Duration length{};  ///< of audio in the file
  Duration missed{};  ///< put in as silence, because the disk did not keep up
  std::string error;  ///< empty: good. A full disk ends here too; what had been written is kept.
};

/// Call progress analysis has decided.
struct Classified {
  StreamId stream;
  CallClassified finding;
};

/// The beep of an answering machine has ended, or it has been silent so long that there is none: now it records.
struct Beep {
  StreamId stream;
  int hertz = 0;  ///< 0: no beep was heard
};

struct Closed {
  StreamId stream;
  StreamStats stats;
};

using Event = std::variant<PlayEnded, Digit, RtpTimeout, RecordingEnded, Classified, Beep, Closed>;

// ---- the engine ----------------------------------------------------------------------------------------------------------------

struct EngineSettings {
  std::string bind_address = "127.0.0.1";  ///< numeric; the address signalling puts into SDP may be another
  uint16_t first_port = 20000;             ///< RTP ports are even, RTCP is the next; each worker of an MPP has a range of its own
  uint16_t last_port = 29999;
  size_t max_streams = 4000;
  size_t max_recordings = 1000;
  size_t prompt_cache_bytes = 64 << 20;  ///< decoded prompts kept; the least recently used are dropped
  Duration longest_prompt = 10min;
  Duration recording_buffer = 4s;  ///< per recording, between the media thread and the disk
  bool send_silence = true;        ///< while there is nothing else to send, so that the far end sees a living stream
};

class Engine {
 public:
  /// `on_event` is called on the engine's threads: it must only hand the event on.
  using EventFn = std::function<void(Event)>;

  static Result<std::unique_ptr<Engine>> start(EngineSettings settings, EventFn on_event);
  ~Engine();  ///< closes all; recordings are completed on disk first
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  struct Port {
    StreamId stream;
    uint16_t rtp_port = 0;
  };
  /// Binds an RTP/RTCP pair: the next free one of the range, or `wanted` (even), as a take-over needs when the far end still sends to a
  /// dead worker's port. `overloaded` when there is no free one or too many streams, `conflict` when `wanted` is taken.
  Result<Port> open_port(std::optional<uint16_t> wanted = std::nullopt);

  /// Starts media as negotiated, or changes it; what is playing or recording goes on. Holding is a connect() with another direction.
  void connect(StreamId stream, const Negotiated& negotiated);
  void close(StreamId stream);

  /// Plays a WAV (any rate and format libsndfile reads) from its start, after stopping what plays. A file that is missing or unreadable
  /// is PlayEnded::failed. Decoded once and shared by all calls; a changed file is read anew.
  /// `repeat`: from the start again at its end, until something else is played or it is stopped.
  PlayId play(StreamId stream, const std::filesystem::path& file, bool repeat = false);
  void stop_play(StreamId stream);
  /// Decodes a prompt into the cache and says whether it can be played. Reads from disk: for start-up and checks, not for the loop.
  Status check_prompt(const std::filesystem::path& file);

  /// Records both directions into a new WAV, 8 kHz, 16 bit; never overwrites a file. One recording per stream: a second is refused.
  void record(StreamId stream, const std::filesystem::path& file, RecordMode mode = RecordMode::stereo);
  void stop_record(StreamId stream);

  /// Listens to what the far end sends. Call it when the call is answered; -> Classified once, then Beep once if it is a machine.
  void analyse(StreamId stream, const CpaSettings& settings = {});
  void stop_analysis(StreamId stream);

  /// Presses keys for the far end: RFC 4733 when negotiated, else tones in band.
  void send_digits(StreamId stream, const std::string& digits, Duration each = 100ms);

  /// Joins two streams: what one receives the other is sent, packet by packet, translated between the codecs where they differ. Takes
  /// either out of a conference or another relay first. A prompt played to one of them is heard instead of the other until it ends.
  void relay(StreamId a, StreamId b);
  void unrelay(StreamId stream);

  ConferenceId open_conference();
  /// `talks` false: hears, is not heard. Takes the stream out of a relay or another conference first.
  void join(StreamId stream, ConferenceId conference, bool talks = true);
  /// Joins as one who hears all and is heard by `to` alone, a member already.
  void whisper(StreamId stream, ConferenceId conference, StreamId to);
  void leave(StreamId stream);
  void close_conference(ConferenceId conference);

  size_t open_streams() const;

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace everdial::media

template <>
inline constexpr auto everdial::enum_names<everdial::media::PlayEnded::How> =
    std::to_array<std::pair<everdial::media::PlayEnded::How, std::string_view>>({
        {everdial::media::PlayEnded::How::finished, "finished"},
        {everdial::media::PlayEnded::How::stopped, "stopped"},
        {everdial::media::PlayEnded::How::failed, "failed"},
    });
