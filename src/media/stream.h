#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/cpa_machine.h"
#include "media/dtmf.h"
#include "media/engine.h"
#include "media/jitter_buffer.h"
#include "media/mixer.h"
#include "media/ports.h"
#include "media/prompt_cache.h"
#include "media/reception.h"
#include "media/recorder.h"
#include "media/rtp.h"
#include "media/source_guard.h"

namespace everdial::media {

/// One leg's media: its sockets, what it is sent, what is heard from it. Lives on the media thread. A stream that does anything with
/// sound has a tick every 20 ms, in two halves: all listen, then all speak, so that a conference hears everyone's same 20 ms. A stream
/// that is only relayed needs no ticks: its packets go on as they come.
class Stream {
 public:
  struct Surroundings {
    const EngineSettings& settings;
    const Engine::EventFn& tell;
    Recorder& recorder;
  };

  /// `random` is where its SSRC, sequence numbers and timestamps begin.
  Stream(StreamId id, PortPair ports, std::array<uint32_t, 3> random, Surroundings surroundings);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  StreamId id() const { return id_; }
  int rtp_fd() const { return ports_.rtp.fd(); }
  int rtcp_fd() const { return ports_.rtcp.fd(); }

  // Commands; see Engine.
  void connect(const Negotiated& negotiated, Instant now);
  void expect_prompt(PlayId play, bool repeat);
  void prompt_ready(PlayId play, Result<std::shared_ptr<const Prompt>> prompt);
  void stop_play();
  void record(const std::filesystem::path& file, RecordMode mode);
  void stop_record();
  void analyse(const CpaSettings& settings);
  void stop_analysis() { analysis_.reset(); }
  void send_digits(const std::string& digits, Duration each);
  /// Ends what plays and records; says the last figures.
  void close();

  /// The other leg of a relay, or none.
  void join(Stream* partner);
  /// The conference's mix, or none.
  void join(const Mix* mix, bool talks);
  Stream* partner() const { return partner_; }
  /// A member of the same conference who is heard here and nowhere else.
  void hear_also(const Stream& whisperer) { whisperers_.push_back(&whisperer); }
  void hear_no_more(const Stream& whisperer) { std::erase(whisperers_, &whisperer); }
  bool in_conference() const { return mix_ != nullptr; }
  bool talks() const { return mix_ != nullptr && talks_; }
  const Frame& heard() const { return heard_; }

  /// The bytes may be changed. True when a digit was pressed, which the partner may now be sent as tones: it may need ticks.
  bool take_rtp(std::span<uint8_t> bytes, const Endpoint& from, Instant now);
  void take_rtcp(Bytes bytes, const Endpoint& from, Instant now);

  bool needs_ticks() const;
  /// After a command: packets are decoded from now on, or not any more.
  void update_listening();
  void listen();
  void speak(Instant tick);
  /// Several times a second: time-outs, reports. `random` spreads the reports.
  void look_after(Instant now, uint32_t random);

  // The loop's notes.
  size_t slot = 0;
  std::optional<size_t> place_in_slot;  ///< empty: has no ticks now

 private:
  struct Play {
    PlayId id;
    std::shared_ptr<const Prompt> prompt;  ///< null while it is read
    size_t at = 0;
    bool repeat = false;
  };
  /// How the sequence numbers and timestamps of packets relayed to this stream become its own.
  struct Renumbering {
    uint32_t ssrc = 0;
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
  };

  bool sends() const;
  bool receives() const;
  bool wants_frames() const;
  bool speaks_itself() const { return (play_ && play_->prompt) || keys_.busy() || tones_.busy(); }

  void take_event(const RtpPacket& packet, Instant now);
  void tell_key(const Key& key, bool in_band);
  void relayed(const RtpHeader& header, uint8_t payload_type, std::span<uint8_t> payload, Instant now);

  void speak_key(Instant tick);
  bool next_sound(Frame& out);
  void send_frame(const Frame& frame, Instant tick);
  void end_play(PlayEnded::How how, std::string error = "");

  uint32_t clock(Instant at) const;
  void send_own(uint8_t payload_type, bool marker, uint32_t timestamp, std::span<const uint8_t> payload);
  void transmit(std::span<const uint8_t> packet);
  void send_report(Instant now);
  StreamStats stats() const;

  const StreamId id_;
  const PortPair ports_;
  const Surroundings surroundings_;

  bool connected_ = false;
  Negotiated negotiated_;
  SourceGuard guard_;

  // What comes in.
  Reception reception_;
  Instant heard_at_;
  bool timeout_told_ = false;
  uint64_t octets_received_ = 0, packets_refused_ = 0;
  DtmfReceiver dtmf_;
  std::unique_ptr<JitterBuffer> jitter_;  ///< only while somebody wants frames
  std::unique_ptr<DtmfListener> tone_listener_;
  std::unique_ptr<CpaMachine> analysis_;
  Frame heard_{};

  // What goes out.
  const uint32_t ssrc_;
  uint16_t next_sequence_;
  uint32_t timestamp_base_;
  uint32_t last_timestamp_;
  bool pause_before_ = true;  ///< the next packet of ours begins a talk spurt
  std::array<uint8_t, 480> pending_{};
  size_t pending_size_ = 0;
  uint32_t pending_timestamp_ = 0;
  std::optional<Renumbering> renumbering_;
  uint64_t packets_sent_ = 0, octets_sent_ = 0;
  std::optional<Play> play_;
  DtmfSender keys_;
  uint32_t key_timestamp_ = 0;
  DtmfTones tones_;
  Frame said_{};
  std::shared_ptr<Recording> recording_;

  Stream* partner_ = nullptr;
  const Mix* mix_ = nullptr;
  bool talks_ = false;
  std::vector<const Stream*> whisperers_;

  std::optional<Instant> next_report_;
  std::optional<Duration> round_trip_;
  std::optional<double> lost_by_peer_;
};

}  // namespace everdial::media
