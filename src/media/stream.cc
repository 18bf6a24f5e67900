#include "media/stream.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/overloaded.h"

namespace everdial::media {
namespace {

constexpr std::string_view cname = "everdial";
constexpr Duration report_interval = 5s;

uint8_t payload_type_of(Codec codec) { return codec == Codec::pcmu ? pcmu_payload_type : pcma_payload_type; }

std::optional<Codec> codec_of(uint8_t payload_type) {
  if (payload_type == pcmu_payload_type) return Codec::pcmu;
  if (payload_type == pcma_payload_type) return Codec::pcma;
  return std::nullopt;
}

/// Seconds since 1900 in 32.32 bits.
uint64_t ntp_now() {
  const auto micros = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto seconds = static_cast<uint64_t>(micros / 1'000'000) + 2'208'988'800u;
  return seconds << 32 | (static_cast<uint64_t>(micros % 1'000'000) << 32) / 1'000'000;
}

}  // namespace

Stream::Stream(StreamId id, PortPair ports, std::array<uint32_t, 3> random, Surroundings surroundings)
    : id_(id),
      ports_(std::move(ports)),
      surroundings_(surroundings),
      ssrc_(random[0]),
      next_sequence_(static_cast<uint16_t>(random[1])),
      timestamp_base_(random[2]),
      last_timestamp_(random[2]) {}

bool Stream::sends() const {
  return connected_ && (negotiated_.direction == Direction::send_only || negotiated_.direction == Direction::send_receive);
}
bool Stream::receives() const {
  return connected_ && (negotiated_.direction == Direction::receive_only || negotiated_.direction == Direction::send_receive);
}
bool Stream::wants_frames() const { return analysis_ || tone_listener_ || recording_ || mix_ || (partner_ && partner_->recording_); }
bool Stream::needs_ticks() const {
  return connected_ && (wants_frames() || speaks_itself() || (surroundings_.settings.send_silence && !partner_ && sends()));
}

void Stream::update_listening() {
  if (!wants_frames()) jitter_.reset();
  else if (!jitter_) jitter_ = std::make_unique<JitterBuffer>();
}

// ---- commands --------------------------------------------------------------------------------------------------------------------

void Stream::connect(const Negotiated& negotiated, Instant now) {
  const bool received = receives();
  negotiated_ = negotiated;
  negotiated_.ptime = std::clamp(negotiated.ptime, Duration{10ms}, Duration{60ms});
  connected_ = true;
  guard_.expect(negotiated.rtp, negotiated.latch);
  if (!received) heard_at_ = now;
  if (negotiated.dtmf_receive || !receives()) tone_listener_.reset();
  else if (!tone_listener_) tone_listener_ = std::make_unique<DtmfListener>();
  pending_size_ = 0;
  pause_before_ = true;
  renumbering_.reset();
  if (!next_report_) next_report_ = now + report_interval / 2;
}

void Stream::expect_prompt(PlayId play, bool repeat) {
  if (play_) end_play(PlayEnded::How::stopped);
  play_ = Play{.id = play, .repeat = repeat};
}

void Stream::prompt_ready(PlayId play, Result<std::shared_ptr<const Prompt>> prompt) {
  if (!play_ || play_->id != play) return;  // stopped meanwhile, and told so
  if (!prompt.ok()) return end_play(PlayEnded::How::failed, prompt.error().message);
  play_->prompt = std::move(prompt).value();
}

void Stream::stop_play() {
  if (play_) end_play(PlayEnded::How::stopped);
}

void Stream::end_play(PlayEnded::How how, std::string error) {
  const PlayId play = play_->id;
  play_.reset();
  surroundings_.tell(PlayEnded{id_, play, how, std::move(error)});
}

void Stream::record(const std::filesystem::path& file, RecordMode mode) {
  if (recording_)
    return surroundings_.tell(RecordingEnded{.stream = id_, .file = file, .error = "recording '" + file.string() + "': one is under way"});
  recording_ = surroundings_.recorder.start(id_, file, mode);
  if (!recording_)
    surroundings_.tell(
        RecordingEnded{.stream = id_, .file = file, .error = "recording '" + file.string() + "': too many recordings at once"});
}

void Stream::stop_record() {
  if (!recording_) return;
  recording_->finish();
  recording_.reset();
  surroundings_.recorder.wake();
}

void Stream::analyse(const CpaSettings& settings) { analysis_ = std::make_unique<CpaMachine>(settings); }

void Stream::send_digits(const std::string& digits, Duration each) {
  if (negotiated_.dtmf_send) keys_.press(digits, each);
  else tones_.press(digits, each);
}

void Stream::close() {
  stop_play();
  stop_record();
  surroundings_.tell(Closed{id_, stats()});
}

void Stream::join(Stream* partner) {
  partner_ = partner;
  renumbering_.reset();
}

void Stream::join(const Mix* mix, bool talks) {
  mix_ = mix;
  talks_ = talks;
  whisperers_.clear();
}

// ---- what comes in -----------------------------------------------------------------------------------------------------------------

bool Stream::take_rtp(std::span<uint8_t> bytes, const Endpoint& from, Instant now) {
  const auto packet = parse_rtp(bytes);
  if (!packet || !guard_.accept(from, now)) {
    ++packets_refused_;
    return false;
  }
  const RtpHeader& header = packet->header;
  const Reception::Took took = reception_.take(header, now);
  octets_received_ += packet->payload.size();
  heard_at_ = now;
  timeout_told_ = false;
  if (took == Reception::Took::jump || !receives()) return false;
  if (took == Reception::Took::new_source) {
    dtmf_.reset();
    if (jitter_) jitter_->reset();
  }
  const std::span<uint8_t> payload = bytes.subspan(static_cast<size_t>(packet->payload.data() - bytes.data()), packet->payload.size());
  if (negotiated_.dtmf_receive == header.payload_type) {
    take_event(*packet, now);
    if (partner_ && partner_->negotiated_.dtmf_send) partner_->relayed(header, *partner_->negotiated_.dtmf_send, payload, now);
    return true;
  }
  const auto codec = codec_of(header.payload_type);
  if (!codec) return false;
  if (jitter_ && payload.size() <= 2 * pending_.size()) {
    std::array<int16_t, 2 * std::tuple_size_v<decltype(pending_)>> samples;
    const std::span<int16_t> decoded(samples.data(), payload.size());
    g711::decode(*codec, payload, decoded);
    jitter_->put(header.timestamp, decoded);
  }
  if (!partner_) return false;
  if (*codec != partner_->negotiated_.codec) g711::transcode(*codec, payload);
  partner_->relayed(header, payload_type_of(partner_->negotiated_.codec), payload, now);
  return false;
}

void Stream::take_event(const RtpPacket& packet, Instant now) {
  const auto event = parse_telephone_event(packet.payload);
  if (!event) return;
  for (const Key& key : dtmf_.take(packet.header.timestamp, *event, now)) tell_key(key, false);
}

void Stream::tell_key(const Key& key, bool in_band) {
  surroundings_.tell(Digit{id_, key.digit, key.held, in_band});
  // A partner who knows no events hears the key as tones; in band it hears it anyway.
  if (!in_band && partner_ && !partner_->negotiated_.dtmf_send) partner_->tones_.press(std::string(1, key.digit), 100ms);
}

// The header is written over the bytes before the payload, which are the sender's header.
void Stream::relayed(const RtpHeader& header, uint8_t payload_type, std::span<uint8_t> payload, Instant now) {
  if (!sends() || speaks_itself()) return;
  RtpHeader out{.payload_type = payload_type, .marker = header.marker, .ssrc = ssrc_};
  if (!renumbering_ || renumbering_->ssrc != header.ssrc) {
    renumbering_ = Renumbering{.ssrc = header.ssrc,
                               .sequence = static_cast<uint16_t>(next_sequence_ - header.sequence),
                               .timestamp = clock(now) - header.timestamp};
    out.marker = true;
  }
  out.sequence = static_cast<uint16_t>(header.sequence + renumbering_->sequence);
  out.timestamp = header.timestamp + renumbering_->timestamp;
  if (static_cast<int16_t>(out.sequence - next_sequence_) >= 0) {
    next_sequence_ = static_cast<uint16_t>(out.sequence + 1);
    last_timestamp_ = out.timestamp;
  }
  pause_before_ = true;
  uint8_t* const begin = payload.data() - rtp_header_size;
  write_rtp_header(out, std::span<uint8_t, rtp_header_size>(begin, rtp_header_size));
  transmit({begin, rtp_header_size + payload.size()});
}

void Stream::take_rtcp(Bytes bytes, const Endpoint& from, Instant now) {
  const auto report = guard_.send_to().same_host(from) ? parse_rtcp(bytes, ssrc_) : std::nullopt;
  if (!report) {
    ++packets_refused_;
    return;
  }
  if (report->sender && reception_.ssrc() == report->ssrc) reception_.take_sender_report(*report->sender, now);
  if (!report->block) return;
  lost_by_peer_ = report->block->fraction_lost / 256.0;
  if (report->block->last_sr == 0) return;
  const auto elapsed = static_cast<uint32_t>(ntp_now() >> 16) - report->block->last_sr - report->block->since_sr;
  // More than a minute is a clock that was set, or a lie.
  if (elapsed < 60u << 16) round_trip_ = Duration{static_cast<int64_t>(elapsed) * 1'000'000 >> 16};
}

void Stream::listen() {
  update_listening();
  if (!jitter_) return heard_.fill(0);
  const bool sound = jitter_->take(heard_) != JitterBuffer::Heard::nothing;
  if (tone_listener_ && sound)
    for (const Key& key : tone_listener_->hear(heard_)) tell_key(key, true);
  if (!analysis_) return;
  for (CpaFinding& finding : analysis_->step(analyse_frame(heard_)))
    std::visit(Overloaded{[&](CallClassified& classified) {
                            surroundings_.tell(Classified{id_, std::move(classified)});
                          },
                          [&](BeepHeard& beep) {
                            surroundings_.tell(Beep{id_, beep.hertz});
                          }},
               finding);
  if (analysis_->finished()) analysis_.reset();
}

// ---- what goes out -----------------------------------------------------------------------------------------------------------------

void Stream::speak(Instant tick) {
  bool prompt_over = false;
  if (keys_.busy()) {
    said_.fill(0);
    speak_key(tick);
  } else if (next_sound(said_)) {
    send_frame(said_, tick);
    prompt_over = play_ && play_->prompt && play_->at >= play_->prompt->samples.size();
  } else if (partner_) {
    said_ = partner_->heard_;
  } else {
    pause_before_ = true;
  }
  if (recording_) recording_->put(heard_, said_);
  if (prompt_over) end_play(PlayEnded::How::finished);
}

bool Stream::next_sound(Frame& out) {
  if (tones_.busy()) {
    tones_.fill(out);
  } else if (play_ && play_->prompt) {
    const auto& samples = play_->prompt->samples;
    const size_t count = std::min(frame_samples, samples.size() - play_->at);
    std::copy_n(samples.begin() + static_cast<ptrdiff_t>(play_->at), count, out.begin());
    std::fill(out.begin() + static_cast<ptrdiff_t>(count), out.end(), int16_t{0});
    play_->at += count;
    if (play_->repeat && play_->at >= samples.size()) play_->at = 0;
  } else if (mix_) {
    if (talks_) mix_->without(heard_, out);
    else mix_->all(out);
    for (const Stream* whisperer : whisperers_)
      for (size_t i = 0; i < frame_samples; ++i) out[i] = Mix::saturate(out[i] + whisperer->heard_[i]);
  } else {
    out.fill(0);
    return !partner_ && surroundings_.settings.send_silence;
  }
  return true;
}

void Stream::speak_key(Instant tick) {
  const auto packet = keys_.step();
  pause_before_ = true;
  pending_size_ = 0;
  if (!packet || !sends() || !negotiated_.dtmf_send) return;
  if (packet->first) key_timestamp_ = clock(tick);
  std::array<uint8_t, telephone_event_size> payload;
  write_telephone_event(packet->event, payload);
  for (int copy = 0; copy < packet->copies; ++copy) send_own(*negotiated_.dtmf_send, packet->first, key_timestamp_, payload);
}

void Stream::send_frame(const Frame& frame, Instant tick) {
  if (!sends()) return;
  const uint32_t timestamp = clock(tick);
  if (pending_size_ == 0 || pending_timestamp_ + pending_size_ != timestamp) {
    pending_size_ = 0;
    pending_timestamp_ = timestamp;
  }
  const size_t packet_size = static_cast<size_t>(negotiated_.ptime.count()) * sample_rate / 1'000'000;
  size_t taken = 0;
  while (taken < frame_samples) {
    const size_t count = std::min(packet_size - pending_size_, frame_samples - taken);
    g711::encode(negotiated_.codec, {frame.data() + taken, count}, {pending_.data() + pending_size_, count});
    pending_size_ += count;
    taken += count;
    if (pending_size_ < packet_size) return;
    send_own(payload_type_of(negotiated_.codec), pause_before_, pending_timestamp_, {pending_.data(), packet_size});
    pause_before_ = false;
    pending_timestamp_ += static_cast<uint32_t>(packet_size);
    pending_size_ = 0;
  }
}

// Our timestamps follow our clock; after packets of a partner whose clock is fast they are moved so that they never step back.
uint32_t Stream::clock(Instant at) const { return timestamp_base_ + static_cast<uint32_t>(to_micros(at) * sample_rate / 1'000'000); }

void Stream::send_own(uint8_t payload_type, bool marker, uint32_t timestamp, std::span<const uint8_t> payload) {
  if (renumbering_) {
    renumbering_.reset();
    const auto behind = static_cast<int32_t>(last_timestamp_ + frame_samples - timestamp);
    if (behind > 0) {
      timestamp_base_ += static_cast<uint32_t>(behind);
      pending_timestamp_ += static_cast<uint32_t>(behind);
      key_timestamp_ += static_cast<uint32_t>(behind);
      timestamp += static_cast<uint32_t>(behind);
    }
  }
  std::array<uint8_t, rtp_header_size + std::tuple_size_v<decltype(pending_)>> packet;
  const RtpHeader header{
      .payload_type = payload_type, .marker = marker, .sequence = next_sequence_++, .timestamp = timestamp, .ssrc = ssrc_};
  write_rtp_header(header, std::span<uint8_t, rtp_header_size>(packet.data(), rtp_header_size));
  std::copy(payload.begin(), payload.end(), packet.begin() + rtp_header_size);
  last_timestamp_ = timestamp;
  transmit({packet.data(), rtp_header_size + payload.size()});
}

void Stream::transmit(std::span<const uint8_t> packet) {
  const Endpoint& to = guard_.send_to();
  if (::sendto(rtp_fd(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.data(), to.size()) < 0) return;
  ++packets_sent_;
  octets_sent_ += packet.size() - rtp_header_size;
}

// ---- now and then ------------------------------------------------------------------------------------------------------------------

void Stream::look_after(Instant now, uint32_t random) {
  if (!connected_) return;
  if (const auto key = dtmf_.expire(now)) tell_key(*key, false);
  const Duration silent_for = now - heard_at_;
  if (negotiated_.rtp_timeout > Duration{} && receives() && !timeout_told_ && silent_for >= negotiated_.rtp_timeout) {
    timeout_told_ = true;
    surroundings_.tell(RtpTimeout{id_, silent_for});
  }
  if (now >= *next_report_) {
    send_report(now);
    // Half to one and a half intervals, so that the reports of many calls do not fall together (RFC 3550 section 6.3.1).
    next_report_ = now + report_interval / 2 + Duration{random % static_cast<uint32_t>(report_interval.count())};
  }
}

void Stream::send_report(Instant now) {
  RtcpReport report{.ssrc = ssrc_, .block = reception_.report(now)};
  if (packets_sent_ > 0) {
    report.sender = SenderInfo{.ntp = ntp_now(),
                               .rtp_timestamp = clock(now),
                               .packets = static_cast<uint32_t>(packets_sent_),
                               .octets = static_cast<uint32_t>(octets_sent_)};
  }
  std::array<uint8_t, rtcp_report_capacity> bytes;
  const size_t size = write_rtcp(report, cname, bytes);
  Endpoint to = guard_.send_to();
  to.set_port(static_cast<uint16_t>(to.port() + 1));
  if (negotiated_.rtcp && guard_.send_to() == negotiated_.rtp) to = *negotiated_.rtcp;
  ::sendto(rtcp_fd(), bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL, to.data(), to.size());
}

StreamStats Stream::stats() const {
  return {.packets_received = reception_.packets(),
          .packets_sent = packets_sent_,
          .octets_received = octets_received_,
          .octets_sent = octets_sent_,
          .packets_lost = reception_.lost(),
          .packets_refused = packets_refused_,
          .ssrc_changes = reception_.source_changes(),
          .jitter = reception_.jitter(),
          .round_trip = round_trip_,
          .lost_by_peer = lost_by_peer_};
}

}  // namespace everdial::media
