#include "media/engine.h"

#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "media/dtmf.h"
#include "media/test_phone.h"

namespace everdial::media {
namespace {

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    EngineSettings settings{.first_port = 30000, .last_port = 31999};
    engine_ = Engine::start(settings, [this](Event event) { log_.add(std::move(event)); }).value();
  }

  struct Leg {
    Engine::Port port;
    Negotiated negotiated;
  };
  Leg connect(const Phone& phone, Codec codec = Codec::pcmu) {
    Leg leg{engine_->open_port().value(), Negotiated{.rtp = phone.endpoint(), .codec = codec, .dtmf_send = 101, .dtmf_receive = 101}};
    engine_->connect(leg.port.stream, leg.negotiated);
    return leg;
  }

  EventLog log_;
  TestFolder folder_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, plays_a_prompt_of_any_format_a_packet_every_20_ms) {
  write_tone_wav(folder_ / "prompt.wav", 440, 1s, 44100, 2);
  Phone phone;
  const Leg leg = connect(phone);
  const PlayId play = engine_->play(leg.port.stream, folder_ / "prompt.wav");
  std::optional<PlayEnded> ended;
  for (int i = 0; i < 500 && !ended; ++i) {
    phone.listen(20ms);
    ended = log_.wait_for<PlayEnded>([](auto&) { return true; }, 0ms);
  }
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->play, play);
  EXPECT_EQ(ended->how, PlayEnded::How::finished) << ended->error;

  const auto& packets = phone.received();
  EXPECT_GE(count_tone(packets, 440), 49u);
  EXPECT_LE(count_tone(packets, 440), 51u);
  for (size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].header.sequence, static_cast<uint16_t>(packets[i - 1].header.sequence + 1));
    // A machine too busy to send in time leaves ticks out.
    EXPECT_GE(packets[i].header.timestamp - packets[i - 1].header.timestamp, 160u);
    EXPECT_EQ((packets[i].header.timestamp - packets[i - 1].header.timestamp) % 160, 0u);
    EXPECT_EQ(packets[i].header.ssrc, packets[0].header.ssrc);
    EXPECT_EQ(packets[i].header.marker, false);
  }
  EXPECT_TRUE(packets[0].header.marker);
  // The timestamps say when: they go with the time on the wall. This test may read a packet late, but never early.
  const auto least_lead = [&](size_t from, size_t to) {
    Duration least = Duration::max();
    for (size_t i = from; i < to; ++i)
      least = std::min(
          least, Duration(packets[i].at - packets[0].at) - duration_of_samples(packets[i].header.timestamp - packets[0].header.timestamp));
    return static_cast<double>(least.count());
  };
  const size_t middle = packets.size() / 2;
  EXPECT_NEAR(least_lead(0, middle), least_lead(middle, packets.size()), 100'000);
}

TEST_F(EngineTest, sends_packets_of_the_length_negotiated) {
  for (const Duration ptime : {10ms, 30ms, 60ms}) {
    Phone phone;
    Leg leg = connect(phone);
    leg.negotiated.ptime = ptime;
    engine_->connect(leg.port.stream, leg.negotiated);
    phone.listen(500ms);
    ASSERT_GE(phone.received().size(), 5u);
    for (size_t i = phone.received().size() - 3; i < phone.received().size(); ++i) {
      EXPECT_EQ(phone.received()[i].payload.size(), static_cast<size_t>(ptime / 1ms) * 8);
      EXPECT_EQ(phone.received()[i].header.timestamp - phone.received()[i - 1].header.timestamp, static_cast<uint32_t>(ptime / 1ms) * 8);
    }
    engine_->close(leg.port.stream);
  }
}

TEST_F(EngineTest, says_which_prompt_is_missing_or_unreadable) {
  std::ofstream(folder_ / "text.wav") << "no sound";
  Phone phone;
  const Leg leg = connect(phone);
  engine_->play(leg.port.stream, folder_ / "missing.wav");
  const auto missing = log_.wait_for<PlayEnded>();
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->how, PlayEnded::How::failed);
  EXPECT_NE(missing->error.find("missing.wav"), std::string::npos) << missing->error;
  EXPECT_EQ(engine_->check_prompt(folder_ / "missing.wav").error().kind, ErrorKind::not_found);
  EXPECT_EQ(engine_->check_prompt(folder_ / "text.wav").error().kind, ErrorKind::invalid);
}

TEST_F(EngineTest, tells_the_end_of_each_play_once_when_stopped_or_replaced) {
  write_tone_wav(folder_ / "prompt.wav", 440, 5s);
  Phone phone;
  const Leg leg = connect(phone);
  const PlayId first = engine_->play(leg.port.stream, folder_ / "prompt.wav");
  ASSERT_TRUE(phone.listen_for(10));
  const PlayId second = engine_->play(leg.port.stream, folder_ / "prompt.wav");
  ASSERT_TRUE(phone.listen_for(20));
  engine_->stop_play(leg.port.stream);
  engine_->stop_play(leg.port.stream);
  ASSERT_TRUE(log_.wait_for<PlayEnded>([&](const PlayEnded& ended) { return ended.play == second; }));
  const auto ends = log_.all<PlayEnded>();
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].play, first);
  for (const PlayEnded& ended : ends) EXPECT_EQ(ended.how, PlayEnded::How::stopped);
}

TEST_F(EngineTest, records_the_far_end_on_the_left_and_what_it_heard_on_the_right) {
  write_tone_wav(folder_ / "prompt.wav", 440, 1s);
  Phone phone;
  const Leg leg = connect(phone);
  engine_->record(leg.port.stream, folder_ / "call.wav");
  engine_->play(leg.port.stream, folder_ / "prompt.wav");
  phone.speak(leg.port.rtp_port, 900, 1s);
  engine_->stop_record(leg.port.stream);
  const auto ended = log_.wait_for<RecordingEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->error, "");
  EXPECT_EQ(ended->missed, Duration{});
  const Sound sound = read_wav(folder_ / "call.wav");
  EXPECT_EQ(sound.channels, 2);
  EXPECT_EQ(sound.rate, 8000);
  EXPECT_EQ(duration_of_samples(static_cast<int64_t>(sound.samples.size() / 2)), ended->length);
  EXPECT_GT(sound.count_tone(0, 900), 40u);
  EXPECT_GT(sound.count_tone(1, 440), 40u);
  EXPECT_EQ(sound.count_tone(0, 440), 0u);
}

TEST_F(EngineTest, records_both_directions_into_one_channel_when_asked) {
  Phone phone;
  const Leg leg = connect(phone);
  engine_->record(leg.port.stream, folder_ / "call.wav", RecordMode::mixed);
  phone.speak(leg.port.rtp_port, 900, 500ms);
  engine_->close(leg.port.stream);  // closing completes it
  const auto ended = log_.wait_for<RecordingEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->error, "");
  const Sound sound = read_wav(folder_ / "call.wav");
  EXPECT_EQ(sound.channels, 1);
  EXPECT_GT(sound.count_tone(0, 900), 18u);
}

TEST_F(EngineTest, ends_a_recording_with_an_error_when_the_disk_takes_no_more) {
  Phone phone;
  const Leg leg = connect(phone);
  // A file size limit stands for the full disk: the same failing write.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit limit{16000, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  engine_->record(leg.port.stream, folder_ / "call.wav");
  phone.speak(leg.port.rtp_port, 900, 1s);
  const auto ended = log_.wait_for<RecordingEnded>();
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_TRUE(ended);
  EXPECT_NE(ended->error.find("call.wav"), std::string::npos) << ended->error;
  EXPECT_NE(ended->error.find("too large"), std::string::npos) << ended->error;
  phone.forget();
  phone.listen(200ms);
  EXPECT_GT(phone.received().size(), 5u) << "the call goes on";
}

TEST_F(EngineTest, never_overwrites_a_file_with_a_recording) {
  std::ofstream(folder_ / "call.wav") << "precious";
  Phone phone;
  const Leg leg = connect(phone);
  engine_->record(leg.port.stream, folder_ / "call.wav");
  engine_->record(leg.port.stream, folder_ / "other.wav");
  const auto ended = log_.wait_for<RecordingEnded>([&](const RecordingEnded& e) { return e.file == folder_ / "call.wav"; });
  ASSERT_TRUE(ended);
  EXPECT_NE(ended->error, "");
  EXPECT_EQ(std::filesystem::file_size(folder_ / "call.wav"), 8u);
}

TEST_F(EngineTest, tells_once_that_no_packets_come_and_again_after_some_came) {
  Phone phone;
  Leg leg = connect(phone);
  leg.negotiated.rtp_timeout = 600ms;
  engine_->connect(leg.port.stream, leg.negotiated);
  phone.speak(leg.port.rtp_port, 0, 1s);
  EXPECT_TRUE(log_.all<RtpTimeout>().empty());
  phone.listen(1500ms);
  EXPECT_EQ(log_.all<RtpTimeout>().size(), 1u);
  phone.speak(leg.port.rtp_port, 0, 100ms);
  phone.listen(1s);
  EXPECT_EQ(log_.all<RtpTimeout>().size(), 2u);
  leg.negotiated.direction = Direction::send_only;  // on hold nothing is expected
  engine_->connect(leg.port.stream, leg.negotiated);
  phone.speak(leg.port.rtp_port, 0, 100ms);
  phone.listen(1s);
  EXPECT_EQ(log_.all<RtpTimeout>().size(), 2u);
}

TEST_F(EngineTest, passes_keys_between_two_streams_by_events_and_by_tones) {
  for (const bool in_band : {false, true}) {
    const auto a = engine_->open_port().value(), b = engine_->open_port().value();
    auto negotiated = [&](uint16_t port) {
      Negotiated n{.rtp = Endpoint::parse("127.0.0.1", port).value(), .codec = in_band ? Codec::pcma : Codec::pcmu};
      if (!in_band) n.dtmf_send = n.dtmf_receive = 101;
      return n;
    };
    engine_->connect(a.stream, negotiated(b.rtp_port));
    engine_->connect(b.stream, negotiated(a.rtp_port));
    engine_->send_digits(a.stream, "19#");
    ASSERT_TRUE(log_.wait_for<Digit>([&](const Digit& digit) { return digit.stream == b.stream && digit.digit == '#'; }));
    std::string heard;
    for (const Digit& digit : log_.all<Digit>()) {
      if (digit.stream != b.stream) continue;
      heard += digit.digit;
      EXPECT_EQ(digit.in_band, in_band);
      if (!in_band) {
        EXPECT_EQ(digit.held, 100ms);
      }
    }
    EXPECT_EQ(heard, "19#");
    engine_->close(a.stream);
    engine_->close(b.stream);
  }
}

TEST_F(EngineTest, relays_two_legs_with_numbers_of_their_own_and_translates_between_codecs) {
  Phone alice(Codec::pcmu), bob(Codec::pcma);
  const Leg a = connect(alice, Codec::pcmu), b = connect(bob, Codec::pcma);
  ASSERT_TRUE(bob.listen_for(10));  // silence of ours, before the relay
  const uint32_t ssrc = bob.received().back().header.ssrc;
  engine_->relay(a.port.stream, b.port.stream);
  alice.speak(a.port.rtp_port, 600, 600ms);
  bob.listen(100ms);
  const auto& packets = bob.received();
  EXPECT_GE(count_tone(packets, 600, Codec::pcma), 28u);
  for (size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].header.sequence, static_cast<uint16_t>(packets[i - 1].header.sequence + 1));
    EXPECT_GT(static_cast<int32_t>(packets[i].header.timestamp - packets[i - 1].header.timestamp), 0);
    EXPECT_EQ(packets[i].header.ssrc, ssrc);
    EXPECT_EQ(packets[i].header.payload_type, pcma_payload_type);
  }

  // A prompt to one leg is heard instead of the other, which comes back when it has ended.
  write_tone_wav(folder_ / "prompt.wav", 440, 400ms);
  bob.forget();
  engine_->play(b.port.stream, folder_ / "prompt.wav");
  alice.speak(a.port.rtp_port, 600, 800ms);
  bob.listen(100ms);
  EXPECT_GE(count_tone(bob.received(), 440, Codec::pcma), 18u);
  EXPECT_GE(count_tone(bob.received(), 600, Codec::pcma), 12u);
  EXPECT_LE(bob.received().size(), 45u);
  for (size_t i = 1; i < bob.received().size(); ++i) {
    EXPECT_EQ(bob.received()[i].header.sequence, static_cast<uint16_t>(bob.received()[i - 1].header.sequence + 1));
    EXPECT_GT(static_cast<int32_t>(bob.received()[i].header.timestamp - bob.received()[i - 1].header.timestamp), 0);
  }

  // Apart again, each hears silence of ours.
  engine_->unrelay(a.port.stream);
  bob.listen(100ms);
  bob.forget();
  alice.speak(a.port.rtp_port, 600, 200ms);
  bob.listen(50ms);
  EXPECT_EQ(count_tone(bob.received(), 600, Codec::pcma), 0u);
  EXPECT_GE(bob.received().size(), 8u);
}

TEST_F(EngineTest, relays_a_sender_that_starts_anew_as_one_stream) {
  Phone alice, bob;
  const Leg a = connect(alice), b = connect(bob);
  engine_->relay(a.port.stream, b.port.stream);
  alice.speak(a.port.rtp_port, 600, 200ms);
  alice.header() = {.payload_type = 0, .sequence = 7, .timestamp = 12345, .ssrc = 99};
  alice.speak(a.port.rtp_port, 600, 200ms);
  bob.listen(50ms);
  std::vector<Phone::Packet> packets;
  for (const auto& packet : bob.received())
    if (count_tone({packet}, 600)) packets.push_back(packet);
  ASSERT_GE(packets.size(), 18u);
  for (size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].header.sequence, static_cast<uint16_t>(packets[i - 1].header.sequence + 1));
    const auto step = static_cast<int32_t>(packets[i].header.timestamp - packets[i - 1].header.timestamp);
    EXPECT_GT(step, 0);
    EXPECT_LT(step, 800);
  }
  engine_->close(a.port.stream);
  const auto closed = log_.wait_for<Closed>();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->stats.ssrc_changes, 1u);
  EXPECT_EQ(closed->stats.packets_received, 20u);
  EXPECT_EQ(closed->stats.packets_lost, 0u);
}

TEST_F(EngineTest, turns_a_key_into_tones_for_a_relayed_leg_that_knows_no_events) {
  Phone alice, bob;
  const Leg a = connect(alice);
  Leg b = connect(bob);
  b.negotiated.dtmf_send.reset();
  engine_->connect(b.port.stream, b.negotiated);
  engine_->relay(a.port.stream, b.port.stream);
  alice.speak(a.port.rtp_port, 0, 100ms);
  alice.header().payload_type = 101;
  const uint8_t pressed[] = {6, 0x80, 3, 32};
  alice.send_payload(a.port.rtp_port, pressed);
  ASSERT_TRUE(log_.wait_for<Digit>());
  alice.header().payload_type = pcmu_payload_type;
  alice.speak(a.port.rtp_port, 0, 300ms);
  bob.listen(200ms);
  DtmfListener listener;
  std::string heard;
  for (const auto& packet : bob.received()) {
    Frame frame;
    ASSERT_EQ(packet.payload.size(), frame.size());
    g711::decode(Codec::pcmu, packet.payload, frame);
    for (const Key& key : listener.hear(frame)) heard += key.digit;
  }
  EXPECT_EQ(heard, "6");
}

TEST_F(EngineTest, sends_nothing_to_a_leg_on_hold_and_goes_on_after_it) {
  Phone phone;
  Leg leg = connect(phone);
  ASSERT_TRUE(phone.listen_for(3));
  leg.negotiated.direction = Direction::inactive;
  engine_->connect(leg.port.stream, leg.negotiated);
  phone.listen(100ms);
  phone.forget();
  phone.listen(200ms);
  EXPECT_TRUE(phone.received().empty());
  leg.negotiated.direction = Direction::send_receive;
  engine_->connect(leg.port.stream, leg.negotiated);
  ASSERT_TRUE(phone.listen_for(3));
  EXPECT_TRUE(phone.received()[0].header.marker);
}

TEST_F(EngineTest, speaks_ipv6) {
  auto engine = Engine::start({.bind_address = "::1", .first_port = 32200, .last_port = 32299}, [this](Event event) {
                  log_.add(std::move(event));
                }).value();
  const auto a = engine->open_port().value(), b = engine->open_port().value();
  auto negotiated = [](uint16_t port) {
    return Negotiated{.rtp = Endpoint::parse("::1", port).value(), .dtmf_send = 96, .dtmf_receive = 96};
  };
  engine->connect(a.stream, negotiated(b.rtp_port));
  engine->connect(b.stream, negotiated(a.rtp_port));
  engine->send_digits(a.stream, "5");
  const auto digit = log_.wait_for<Digit>();
  ASSERT_TRUE(digit);
  EXPECT_EQ(digit->stream, b.stream);
  engine.reset();
}

TEST_F(EngineTest, records_a_relayed_leg_with_both_sides) {
  Phone alice, bob;
  const Leg a = connect(alice), b = connect(bob);
  engine_->relay(a.port.stream, b.port.stream);
  engine_->record(a.port.stream, folder_ / "call.wav");
  std::thread other([&] { bob.speak(b.port.rtp_port, 1300, 700ms); });
  alice.speak(a.port.rtp_port, 600, 700ms);
  other.join();
  engine_->stop_record(a.port.stream);
  ASSERT_TRUE(log_.wait_for<RecordingEnded>());
  const Sound sound = read_wav(folder_ / "call.wav");
  EXPECT_GT(sound.count_tone(0, 600), 25u);
  EXPECT_GT(sound.count_tone(1, 1300), 25u);
}

/// How many packets hold these two tones at once.
size_t count_both(const Phone& phone, int lower, int higher) {
  size_t both = 0;
  for (const auto& packet : phone.received()) {
    Frame frame;
    g711::decode(Codec::pcmu, packet.payload, frame);
    const FrameFeatures features = analyse_frame(frame);
    if (std::abs(features.tone_hz - lower) <= 15 && std::abs(features.second_hz - higher) <= 15) ++both;
  }
  return both;
}

TEST_F(EngineTest, a_whisper_is_heard_by_one_and_by_nobody_else) {
  Phone customer, agent, supervisor;
  Leg legs[3] = {connect(customer), connect(agent), connect(supervisor)};
  const ConferenceId conference = engine_->open_conference();
  engine_->join(legs[0].port.stream, conference);
  engine_->join(legs[1].port.stream, conference);
  engine_->whisper(legs[2].port.stream, conference, legs[1].port.stream);
  std::thread one([&] { customer.speak(legs[0].port.rtp_port, 600, 800ms); });
  std::thread other([&] { agent.speak(legs[1].port.rtp_port, 1000, 800ms); });
  supervisor.speak(legs[2].port.rtp_port, 1600, 800ms);
  one.join(), other.join();
  EXPECT_GT(count_both(agent, 600, 1600), 25u) << "the customer and the whisper";
  EXPECT_GT(count_both(supervisor, 600, 1000), 25u) << "all who talk";
  EXPECT_GT(count_tone(customer.received(), 1000), 25u);
  EXPECT_EQ(count_both(customer, 1000, 1600), 0u) << "the agent alone";

  engine_->close(legs[2].port.stream);
  agent.listen(100ms), agent.forget();
  customer.speak(legs[0].port.rtp_port, 600, 200ms);
  agent.listen(50ms);
  EXPECT_GT(count_tone(agent.received(), 600), 5u) << "who whispered is gone";
}

TEST_F(EngineTest, lets_everyone_in_a_conference_hear_the_others_and_not_themselves) {
  Phone phones[3];
  const int hertz[3] = {600, 1000, 1600};
  Leg legs[3] = {connect(phones[0]), connect(phones[1]), connect(phones[2])};
  const ConferenceId conference = engine_->open_conference();
  engine_->join(legs[0].port.stream, conference);
  engine_->join(legs[1].port.stream, conference);
  engine_->join(legs[2].port.stream, conference, false);  // listens only
  std::vector<std::thread> speakers;
  for (int i = 0; i < 3; ++i) speakers.emplace_back([&, i] { phones[i].speak(legs[i].port.rtp_port, hertz[i], 800ms); });
  for (auto& speaker : speakers) speaker.join();
  EXPECT_GT(count_tone(phones[0].received(), 1000), 25u);
  EXPECT_GT(count_tone(phones[1].received(), 600), 25u);
  EXPECT_EQ(count_tone(phones[0].received(), 600) + count_tone(phones[1].received(), 1000), 0u);
  // The third hears the sum of both: two tones, of which the lower is told.
  EXPECT_GT(count_both(phones[2], 600, 1000), 25u);

  engine_->close_conference(conference);
  for (Phone& phone : phones) phone.listen(100ms), phone.forget();
  phones[0].speak(legs[0].port.rtp_port, 600, 200ms);
  phones[1].listen(50ms);
  EXPECT_EQ(count_tone(phones[1].received(), 600), 0u);
}

TEST_F(EngineTest, sends_where_packets_come_from_and_refuses_other_sources) {
  Phone phone, stranger;
  Phone announced;  // the SDP's port, behind which nobody is
  const Leg leg = connect(announced);
  phone.speak(leg.port.rtp_port, 0, 100ms);
  phone.forget();
  stranger.speak(leg.port.rtp_port, 0, 100ms);
  const uint8_t junk[] = {1, 2, 3};
  phone.send_bytes(phone.rtp(), leg.port.rtp_port, junk);
  phone.listen(100ms);
  stranger.listen(50ms);
  EXPECT_GE(phone.received().size(), 4u);
  EXPECT_TRUE(stranger.received().empty());
  engine_->close(leg.port.stream);
  EXPECT_EQ(log_.wait_for<Closed>()->stats.packets_refused, 6u);
}

TEST_F(EngineTest, binds_the_port_of_a_dead_worker_again) {
  const auto port = engine_->open_port().value();
  EXPECT_EQ(engine_->open_port(port.rtp_port).error().kind, ErrorKind::conflict);
  engine_->close(port.stream);
  ASSERT_TRUE(log_.wait_for<Closed>());
  Result<Engine::Port> again = engine_->open_port(port.rtp_port);
  for (int i = 0; i < 100 && !again.ok(); ++i) {
    std::this_thread::yield();
    again = engine_->open_port(port.rtp_port);
  }
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->rtp_port, port.rtp_port);
  EXPECT_EQ(engine_->open_port(30001).error().kind, ErrorKind::invalid);
}

TEST_F(EngineTest, refuses_streams_beyond_its_limits) {
  auto small = Engine::start({.first_port = 32000, .last_port = 32099, .max_streams = 3}, [](Event) {}).value();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(small->open_port().ok());
  EXPECT_EQ(small->open_port().error().kind, ErrorKind::overloaded);
  auto narrow = Engine::start({.first_port = 32101, .last_port = 32105}, [](Event) {}).value();
  EXPECT_EQ(narrow->open_port()->rtp_port, 32102);
  EXPECT_EQ(narrow->open_port()->rtp_port, 32104);
  EXPECT_EQ(narrow->open_port().error().kind, ErrorKind::overloaded);
  EXPECT_FALSE(Engine::start({.bind_address = "nowhere"}, [](Event) {}).ok());
}

TEST_F(EngineTest, classifies_a_fax_by_its_tone) {
  Phone phone;
  const Leg leg = connect(phone);
  engine_->analyse(leg.port.stream);
  phone.speak(leg.port.rtp_port, 0, 300ms);
  phone.speak(leg.port.rtp_port, 2100, 700ms);
  const auto classified = log_.wait_for<Classified>();
  ASSERT_TRUE(classified);
  EXPECT_EQ(classified->finding.call_class, CallClass::fax);
}

TEST_F(EngineTest, reports_by_rtcp_and_learns_the_round_trip_from_the_answer) {
  Phone phone;
  const Leg leg = connect(phone);
  phone.speak(leg.port.rtp_port, 0, 200ms);
  pollfd ready{.fd = phone.rtcp().fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  uint8_t bytes[512];
  const ssize_t got = ::recv(phone.rtcp().fd(), bytes, sizeof bytes, 0);
  const auto report = parse_rtcp(Bytes(bytes, static_cast<size_t>(got)), 77);
  ASSERT_TRUE(report && report->sender && report->block);
  EXPECT_GT(report->sender->packets, 5u);
  EXPECT_EQ(report->block->highest_sequence, 65509u);
  EXPECT_EQ(report->block->lost, 0);

  std::array<uint8_t, rtcp_report_capacity> answer;
  const RtcpReport ours{
      .ssrc = 77,
      .block = ReportBlock{.ssrc = report->ssrc, .fraction_lost = 64, .last_sr = static_cast<uint32_t>(report->sender->ntp >> 16)}};
  const size_t size = write_rtcp(ours, "phone", answer);
  phone.send_bytes(phone.rtcp(), static_cast<uint16_t>(leg.port.rtp_port + 1), std::span(answer).first(size));
  phone.listen(50ms);
  engine_->close(leg.port.stream);
  const auto closed = log_.wait_for<Closed>();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->stats.lost_by_peer, 0.25);
  ASSERT_TRUE(closed->stats.round_trip);
  EXPECT_LT(*closed->stats.round_trip, 1s);
}

TEST_F(EngineTest, keeps_two_hundred_prompts_in_time) {
  write_tone_wav(folder_ / "prompt.wav", 440, 2s);
  std::vector<std::unique_ptr<Phone>> phones;
  std::vector<Leg> legs;
  for (int i = 0; i < 200; ++i) {
    phones.push_back(std::make_unique<Phone>());
    legs.push_back(connect(*phones.back()));
  }
  for (const Leg& leg : legs) engine_->play(leg.port.stream, folder_ / "prompt.wav");
  for (const Leg& leg : legs)
    ASSERT_TRUE(log_.wait_for<PlayEnded>([&](const PlayEnded& ended) { return ended.stream == leg.port.stream; }));
  for (const PlayEnded& ended : log_.all<PlayEnded>()) EXPECT_EQ(ended.how, PlayEnded::How::finished);
  for (auto& phone : phones) {
    phone->drain();
    const auto loud = std::count_if(phone->received().begin(), phone->received().end(), [](const Phone::Packet& packet) {
      return std::any_of(packet.payload.begin(), packet.payload.end(), [](uint8_t byte) { return byte != g711::silence(Codec::pcmu); });
    });
    EXPECT_EQ(loud, 100);
  }
}

TEST_F(EngineTest, completes_recordings_and_closes_streams_when_it_is_taken_down) {
  Phone phone;
  const Leg leg = connect(phone);
  engine_->record(leg.port.stream, folder_ / "call.wav");
  phone.speak(leg.port.rtp_port, 900, 300ms);
  engine_.reset();
  EXPECT_EQ(log_.all<Closed>().size(), 1u);
  ASSERT_EQ(log_.all<RecordingEnded>().size(), 1u);
  EXPECT_EQ(log_.all<RecordingEnded>()[0].error, "");
  EXPECT_GT(read_wav(folder_ / "call.wav").count_tone(0, 900), 8u);
}

}  // namespace
}  // namespace everdial::media
