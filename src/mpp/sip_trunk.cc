#include "mpp/sip_trunk.h"

#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "media/engine.h"
#include "mpp/rooms.h"
#include "sip/sdp.h"
#include "sip/user_agent.h"

namespace everdial {
namespace {

/// "sip:host:port" without the scheme and any user.
std::string host_of(const std::string& uri) {
  std::string host = uri.substr(uri.find(':') + 1);
  if (const size_t at = host.find('@'); at != std::string::npos) host.erase(0, at + 1);
  return host;
}

media::Direction to_media(sip::Direction direction) {
  switch (direction) {
    case sip::Direction::sendrecv:
      return media::Direction::send_receive;
    case sip::Direction::sendonly:
      return media::Direction::send_only;
    case sip::Direction::recvonly:
      return media::Direction::receive_only;
    case sip::Direction::inactive:
      return media::Direction::inactive;
  }
  return media::Direction::inactive;
}

bool may_converse(const CallPlan& plan) { return plan.party == Party::agent || !plan.agents.value.empty(); }

struct Leg {
  LegOrder order;
  sip::CallHandle call;
  media::StreamId stream;
  sip::LocalAudio local;
  media::PlayId playing;
  bool ringing = false;
  bool answered = false;
};

}  // namespace

/// Lives on the loop, but for `arrive` and `keep`, which the SIP and media threads call.
class SipTrunk::State : public std::enable_shared_from_this<SipTrunk::State> {
 public:
  State(Clock& loop, Settings settings) : loop_(loop), settings_(std::move(settings)) {}

  Status start();
  void close();

  void listen(Handler handler, Keep keep);
  void place(LegOrder order);
  void play(const AttemptId& attempt, const std::string& prompt);
  void converse(const Conversation& conversation) { rooms_->converse(conversation); }
  void press(const AttemptId& attempt, const std::string& digits);
  void hang_up(const AttemptId& attempt);
  void end_restored(const AttemptId& attempt, const std::string& snapshot);
  int sip_port() const { return agent_->udp_port(); }

 private:
  using Arrived = std::variant<sip::Event, media::Event>;

  void arrive(Arrived event);
  void keep(const sip::SnapshotChanged& changed);
  void take_arrived();
  void flush();

  void on(sip::Provisional& event);
  void on(sip::Answered& event);
  void on(sip::Failed& event);
  void on(sip::Ended& event);
  void on(sip::Offered& event);
  void on(sip::Renegotiated&) {}
  void on(sip::InfoDigit& event);
  void on(sip::SnapshotChanged&) {}
  void on(sip::PeerHealth& event);
  void on(media::PlayEnded& event);
  void on(media::Digit& event);
  void on(media::RtpTimeout& event);
  void on(media::RecordingEnded& event);
  void on(media::Classified& event);
  void on(media::Beep& event);
  void on(media::Closed&) {}

  bool connect(Leg& leg, const std::string& remote_sdp);
  void remove(const Leg& leg);
  Leg* leg_of(sip::CallHandle call);
  Leg* leg_of(media::StreamId stream);
  Leg* leg_of(const AttemptId& attempt);
  const Carrier* carrier(const std::string& name) const;
  void tell(TrunkEvent event) { told_.push_back(std::move(event)); }
  void tell(const Leg& leg, TrunkEvent::Kind kind) { tell({.kind = kind, .attempt = leg.order.attempt, .trunk = leg.order.trunk}); }
  void note(const std::string& text) const {
    if (settings_.note) settings_.note(text);
  }

  Clock& loop_;
  Settings settings_;
  Handler handler_;
  Keep keep_;
  std::unique_ptr<media::Engine> engine_;
  std::unique_ptr<sip::UserAgent> agent_;
  std::optional<Rooms> rooms_;
  std::unordered_map<AttemptId, Leg> legs_;
  std::unordered_map<media::StreamId, AttemptId> by_stream_;
  uint64_t sessions_ = 0;
  std::vector<TrunkEvent> told_;  ///< gathered for the handler
  bool flushing_ = false;

  std::mutex calls_mutex_;  ///< of by_call_ alone, held while a call is being named, so that no word of it comes before its name
  std::unordered_map<sip::CallHandle, AttemptId> by_call_;
  std::mutex mutex_;
  std::vector<Arrived> arrived_;
  bool closed_ = false;
};

// ---- threads -----------------------------------------------------------------------------------------------------------------------

Status SipTrunk::State::start() {
  std::error_code error;
  if (!settings_.recordings.empty()) std::filesystem::create_directories(settings_.recordings, error);
  if (error) return Error{ErrorKind::unavailable, settings_.recordings.string() + ": " + error.message()};
  // Threads of both may still tell something while they are being ended: they find the state by a weak pointer.
  const auto weak = weak_from_this();
  auto engine = media::Engine::start({.bind_address = settings_.address,
                                      .first_port = settings_.first_rtp_port,
                                      .last_port = settings_.last_rtp_port,
                                      .max_streams = settings_.max_calls},
                                     [weak](media::Event event) {
                                       if (const auto self = weak.lock()) self->arrive(std::move(event));
                                     });
  if (!engine.ok()) return engine.error();
  engine_ = std::move(*engine);
  rooms_.emplace(*engine_, settings_.prompts / "hold.wav");
  auto agent = sip::UserAgent::start({.address = settings_.address, .udp_port = settings_.sip_port, .tcp_port = settings_.sip_port},
                                     [weak](sip::Event event) {
                                       const auto self = weak.lock();
                                       if (!self) return;
                                       if (const auto* changed = std::get_if<sip::SnapshotChanged>(&event)) self->keep(*changed);
                                       else self->arrive(std::move(event));
                                     });
  if (!agent.ok()) return agent.error();
  agent_ = std::move(*agent);
  if (settings_.advertised.empty()) settings_.advertised = settings_.address;
  return success();
}

void SipTrunk::State::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  agent_.reset();
  engine_.reset();
}

void SipTrunk::State::arrive(Arrived event) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  arrived_.push_back(std::move(event));
  // One turn of the loop takes all that has come until then.
  if (arrived_.size() == 1)
    loop_.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->take_arrived();
    });
}

void SipTrunk::State::keep(const sip::SnapshotChanged& changed) {
  std::optional<AttemptId> attempt;
  {
    const std::lock_guard lock(calls_mutex_);
    if (const auto found = by_call_.find(changed.call); found != by_call_.end()) attempt = found->second;
  }
  if (attempt) keep_(*attempt, encode(changed.snapshot));
}

void SipTrunk::State::take_arrived() {
  std::vector<Arrived> arrived;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    arrived.swap(arrived_);
  }
  for (Arrived& from : arrived) std::visit([this](auto& source) { std::visit([this](auto& event) { on(event); }, source); }, from);
  if (!told_.empty()) handler_(std::exchange(told_, {}));
}

void SipTrunk::State::flush() {
  // From inside a command: the handler is called later, never within it.
  if (std::exchange(flushing_, true)) return;
  loop_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flushing_ = false;
    if (!self->told_.empty()) self->handler_(std::exchange(self->told_, {}));
  });
}

// ---- commands ----------------------------------------------------------------------------------------------------------------------

void SipTrunk::State::listen(Handler handler, Keep keep) {
  handler_ = std::move(handler);
  keep_ = std::move(keep);
  for (const Carrier& each : settings_.carriers) {
    if (each.options_interval <= Duration{}) continue;
    agent_->watch(each.name,
                  {.uri = each.uri, .transport = each.tcp ? sip::Transport::tcp : sip::Transport::udp, .interval = each.options_interval});
  }
}

void SipTrunk::State::place(LegOrder order) {
  const bool direct = order.trunk.empty();
  const Carrier* to = direct && !is_sip_address(order.plan.phone) ? nullptr : carrier(order.trunk);
  auto port = to ? engine_->open_port() : Result<media::Engine::Port>(Error{ErrorKind::not_found, "there is no trunk " + order.trunk});
  if (!port.ok()) {
    note("attempt " + to_string(order.attempt) + ": " + port.error().message);
    rooms_->leave(order.attempt);
    tell({.kind = TrunkEvent::Kind::failed, .attempt = order.attempt, .trunk = order.trunk});
    return flush();
  }
  Leg leg;
  leg.stream = port->stream;
  leg.local = {.address = settings_.advertised, .port = port->rtp_port, .session_id = ++sessions_};
  const std::string caller = order.plan.caller_id.empty() ? to->from_user : order.plan.caller_id;
  const std::string from_host = to->from_host.empty() ? settings_.advertised : to->from_host;
  const AttemptId attempt = order.attempt;
  const std::lock_guard lock(calls_mutex_);
  std::vector<std::pair<std::string, std::string>> headers{{"X-Everdial-Attempt", to_string(attempt)}};
  // An agent's phone goes off the hook by itself; phones differ in what they listen to (RFC 5373, and what came before it).
  if (order.plan.party == Party::agent)
    headers.insert(headers.end(), {{"Answer-Mode", "Auto"},
                                   {"Call-Info", "<sip:" + settings_.advertised + ">;answer-after=0"},
                                   {"Alert-Info", "<http://" + settings_.advertised + ">;info=alert-autoanswer;delay=0"}});
  leg.call = agent_->invite({.request_uri = direct ? order.plan.phone : "sip:" + order.plan.phone + "@" + host_of(to->uri),
                             .from = "sip:" + (caller.empty() ? std::string("anonymous") : caller) + "@" + from_host,
                             .transport = to->tcp || (direct && order.plan.phone.find(";transport=tcp") != std::string::npos)
                                              ? sip::Transport::tcp
                                              : sip::Transport::udp,
                             .offer = sip::to_text(sip::make_offer(leg.local)),
                             .headers = std::move(headers),
                             .credentials = {to->user, to->password}});
  leg.order = std::move(order);
  by_call_[leg.call] = attempt;
  by_stream_[leg.stream] = attempt;
  legs_[attempt] = std::move(leg);
}

void SipTrunk::State::play(const AttemptId& attempt, const std::string& prompt) {
  Leg* leg = leg_of(attempt);
  if (!leg) return;
  // A prompt is a file of the folder and nothing outside it.
  leg->playing = engine_->play(leg->stream, settings_.prompts / std::filesystem::path(prompt).filename());
}

void SipTrunk::State::press(const AttemptId& attempt, const std::string& digits) {
  if (const Leg* leg = leg_of(attempt)) engine_->send_digits(leg->stream, digits);
}

void SipTrunk::State::hang_up(const AttemptId& attempt) {
  Leg* leg = leg_of(attempt);
  if (!leg) return;
  agent_->hang_up(leg->call);
  if (!leg->answered) return;  // who knows what crosses the CANCEL
  // The far end may be slow to answer our BYE, or gone: for us the call is over.
  tell(*leg, TrunkEvent::Kind::ended);
  remove(*leg);
  flush();
}

void SipTrunk::State::end_restored(const AttemptId& attempt, const std::string& snapshot) {
  if (leg_of(attempt)) return hang_up(attempt);
  if (snapshot.empty()) return;  // its INVITE had not left
  auto dialog = sip::decode_snapshot(snapshot);
  if (!dialog.ok()) {
    note("attempt " + to_string(attempt) + ": its call cannot be ended: " + dialog.error().message);
    tell({.kind = TrunkEvent::Kind::failed, .attempt = attempt});
    return flush();
  }
  Leg leg;
  leg.order.attempt = attempt;
  const std::lock_guard lock(calls_mutex_);
  leg.call = agent_->restore(std::move(*dialog));
  agent_->hang_up(leg.call);
  by_call_[leg.call] = attempt;
  legs_[attempt] = std::move(leg);
}

// ---- what SIP tells ----------------------------------------------------------------------------------------------------------------

void SipTrunk::State::on(sip::Provisional& event) {
  Leg* leg = leg_of(event.call);
  if (!leg || event.status < 180 || std::exchange(leg->ringing, true)) return;
  tell(*leg, TrunkEvent::Kind::ringing);
}

void SipTrunk::State::on(sip::Answered& event) {
  Leg* leg = leg_of(event.call);
  if (!leg) return;
  leg->answered = true;
  tell(*leg, TrunkEvent::Kind::answered);
  if (!connect(*leg, event.sdp)) return agent_->hang_up(leg->call, "no audio that we can take");
  if (!leg->order.recording.empty()) engine_->record(leg->stream, settings_.recordings / leg->order.recording);
  if (leg->order.plan.analyse) engine_->analyse(leg->stream);
  if (may_converse(leg->order.plan)) rooms_->enter(leg->order.attempt, leg->stream);
}

bool SipTrunk::State::connect(Leg& leg, const std::string& remote_sdp) {
  const auto remote = sip::parse_sdp(remote_sdp);
  if (!remote.ok()) return false;
  const auto agreed = sip::agree(*remote);
  if (!agreed.ok()) return false;
  const auto rtp = media::Endpoint::parse(agreed->address, static_cast<uint16_t>(agreed->port));
  if (!rtp.ok()) return false;
  media::Negotiated negotiated{.rtp = *rtp,
                               .codec = agreed->codec.name == "PCMA" ? media::Codec::pcma : media::Codec::pcmu,
                               .ptime = std::chrono::milliseconds(agreed->ptime_ms),
                               .direction = to_media(agreed->direction)};
  if (agreed->digits) negotiated.dtmf_send = negotiated.dtmf_receive = static_cast<uint8_t>(*agreed->digits);
  // An agent's phone may be muted for hours: its session timer tells when it is gone.
  if (const Carrier* via = carrier(leg.order.trunk); via && leg.order.plan.party != Party::agent) negotiated.rtp_timeout = via->rtp_timeout;
  engine_->connect(leg.stream, negotiated);
  return true;
}

void SipTrunk::State::on(sip::Failed& event) {
  const Leg* leg = leg_of(event.call);
  if (!leg) return;
  tell({.kind = event.picked_up ? TrunkEvent::Kind::ended : TrunkEvent::Kind::failed,
        .attempt = leg->order.attempt,
        .trunk = leg->order.trunk,
        .sip_status = event.status});
  remove(*leg);
}

void SipTrunk::State::on(sip::Ended& event) {
  const Leg* leg = leg_of(event.call);
  if (!leg) return;
  tell(*leg, TrunkEvent::Kind::ended);
  remove(*leg);
}

void SipTrunk::State::on(sip::Offered& event) {
  Leg* leg = leg_of(event.call);
  if (!leg) return;
  sip::LocalAudio local = leg->local;
  ++local.version;
  if (event.sdp.empty()) {
    leg->local = local;
    return agent_->answer(event.call, sip::to_text(sip::make_offer(local)));
  }
  const auto offer = sip::parse_sdp(event.sdp);
  const auto answer = offer.ok() ? sip::make_answer(*offer, local) : Result<sip::SessionDescription>(offer.error());
  if (!answer.ok() || !connect(*leg, event.sdp)) return agent_->refuse(event.call);
  leg->local = local;
  agent_->answer(event.call, sip::to_text(*answer));
}

void SipTrunk::State::on(sip::InfoDigit& event) {
  const Leg* leg = leg_of(event.call);
  if (leg) tell({.kind = TrunkEvent::Kind::digit, .attempt = leg->order.attempt, .trunk = leg->order.trunk, .digit = event.digit});
}

void SipTrunk::State::on(sip::PeerHealth& event) {
  note("trunk " + event.peer + (event.up ? " is up" : " is down: " + event.reason));
  tell({.kind = event.up ? TrunkEvent::Kind::trunk_up : TrunkEvent::Kind::trunk_down, .trunk = event.peer});
}

// ---- what media tells --------------------------------------------------------------------------------------------------------------

void SipTrunk::State::on(media::PlayEnded& event) {
  const Leg* leg = leg_of(event.stream);
  if (event.how == media::PlayEnded::How::failed && rooms_->failed(event.play)) return note("hold music: " + event.error);
  if (!leg || leg->playing != event.play || event.how == media::PlayEnded::How::stopped) return;
  rooms_->resume_music(leg->order.attempt);
  if (event.how == media::PlayEnded::How::failed) note("attempt " + to_string(leg->order.attempt) + ": prompt: " + event.error);
  tell(*leg, TrunkEvent::Kind::prompt_done);
}

void SipTrunk::State::on(media::Digit& event) {
  const Leg* leg = leg_of(event.stream);
  if (leg) tell({.kind = TrunkEvent::Kind::digit, .attempt = leg->order.attempt, .trunk = leg->order.trunk, .digit = event.digit});
}

void SipTrunk::State::on(media::RtpTimeout& event) {
  if (const Leg* leg = leg_of(event.stream)) tell(*leg, TrunkEvent::Kind::media_silent);
}

void SipTrunk::State::on(media::RecordingEnded& event) {
  if (!event.error.empty()) note("recording " + event.file.string() + ": " + event.error);
}

void SipTrunk::State::on(media::Classified& event) {
  const Leg* leg = leg_of(event.stream);
  if (!leg) return;
  tell({.kind = TrunkEvent::Kind::classified,
        .attempt = leg->order.attempt,
        .trunk = leg->order.trunk,
        .analysis = media::completion_code_of(event.finding.call_class)});
}

void SipTrunk::State::on(media::Beep& event) {
  if (const Leg* leg = leg_of(event.stream)) tell(*leg, TrunkEvent::Kind::beep);
}

// ---- legs --------------------------------------------------------------------------------------------------------------------------

void SipTrunk::State::remove(const Leg& leg) {
  if (may_converse(leg.order.plan)) rooms_->leave(leg.order.attempt);
  if (leg.stream != media::StreamId{}) engine_->close(leg.stream);  // a leg taken up to be ended has none
  {
    const std::lock_guard lock(calls_mutex_);
    by_call_.erase(leg.call);
  }
  by_stream_.erase(leg.stream);
  legs_.erase(AttemptId{leg.order.attempt});
}

Leg* SipTrunk::State::leg_of(sip::CallHandle call) {
  std::optional<AttemptId> attempt;
  {
    const std::lock_guard lock(calls_mutex_);
    if (const auto found = by_call_.find(call); found != by_call_.end()) attempt = found->second;
  }
  return attempt ? leg_of(*attempt) : nullptr;
}

Leg* SipTrunk::State::leg_of(media::StreamId stream) {
  const auto found = by_stream_.find(stream);
  return found == by_stream_.end() ? nullptr : leg_of(found->second);
}

Leg* SipTrunk::State::leg_of(const AttemptId& attempt) {
  const auto found = legs_.find(attempt);
  return found == legs_.end() ? nullptr : &found->second;
}

const SipTrunk::Carrier* SipTrunk::State::carrier(const std::string& name) const {
  static const Carrier direct;
  if (name.empty()) return &direct;
  for (const Carrier& each : settings_.carriers)
    if (each.name == name) return &each;
  return nullptr;
}

// ---- the handle --------------------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<SipTrunk>> SipTrunk::start(Clock& loop, Settings settings) {
  auto state = std::make_shared<State>(loop, std::move(settings));
  if (Status started = state->start(); !started.ok()) return started.error();
  return std::unique_ptr<SipTrunk>(new SipTrunk(std::move(state)));
}

SipTrunk::SipTrunk(std::shared_ptr<State> state) : state_(std::move(state)) {}
SipTrunk::~SipTrunk() { state_->close(); }
void SipTrunk::listen(Handler handler, Keep keep) { state_->listen(std::move(handler), std::move(keep)); }
void SipTrunk::place(LegOrder order) { state_->place(std::move(order)); }
void SipTrunk::play(const AttemptId& attempt, const std::string& prompt) { state_->play(attempt, prompt); }
void SipTrunk::converse(const Conversation& conversation) { state_->converse(conversation); }
void SipTrunk::press(const AttemptId& attempt, const std::string& digits) { state_->press(attempt, digits); }
void SipTrunk::hang_up(const AttemptId& attempt) { state_->hang_up(attempt); }
void SipTrunk::end_restored(const AttemptId& attempt, const std::string& snapshot) { state_->end_restored(attempt, snapshot); }
int SipTrunk::sip_port() const { return state_->sip_port(); }

}  // namespace everdial
