#include "ha/detector_machine.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/overloaded.h"

namespace everdial {
namespace {

constexpr double kNewSampleWeight = 0.02;  ///< so that the rhythm is that of the last five seconds or so
constexpr double kLeastDeviation = 50e3;   ///< microseconds: no network is so even that 100 ms more mean something
constexpr double kMostPhi = 99;
constexpr Duration kKeepClockSample = 10s;
constexpr Duration kRenewalUnderWay = 600ms;
constexpr Duration kLongSilent = 5s;  ///< who has been silent for so long did not fall silent with the others

double micros(Duration d) { return static_cast<double>(d.count()); }
std::string milliseconds(Duration d) { return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()); }

std::string quoted(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "\"" : ",\"") + name + "\"";
  return out;
}

}  // namespace

std::vector<DetectorEffect> DetectorMachine::step(const DetectorInput& input, Instant now) {
  std::vector<DetectorEffect> out;
  std::visit(Overloaded{
                 [&](const PeersSeen& i) { seen(i, now); },
                 [&](const HeartbeatReceived& i) { received(i, now); },
                 [&](const PeerRefused& i) {
                   if (const auto found = peers_.find(i.peer); found != peers_.end()) ++found->second.refusals;
                 },
                 [&](const DetectorTick& i) { tick(i, now, out); },
             },
             input);
  return out;
}

void DetectorMachine::seen(const PeersSeen& input, Instant now) {
  std::set<Incarnation> present;
  for (const PeerServer& server : input.peers) {
    // One of our own name is our last life, or we would not have been let in.
    if (server.incarnation == me_ || server.name == name_) continue;
    present.insert(server.incarnation);
    const double usual = micros(settings_.every);
    const auto [at, is_new] =
        peers_.try_emplace(server.incarnation, Peer{.heard_at = now, .interval = usual, .variance = usual * usual / 4});
    if (is_new || server.renew_seq > at->second.known.renew_seq) at->second.renewed_at = now;
    at->second.known = server;
  }
  std::erase_if(peers_, [&](const auto& entry) { return !present.contains(entry.first); });
  std::erase_if(strangers_, [&](const auto& entry) { return present.contains(entry.first) || now - entry.second > settings_.gone_after; });
}

void DetectorMachine::received(const HeartbeatReceived& input, Instant now) {
  const Heartbeat& heartbeat = input.heartbeat;
  const auto found = peers_.find(heartbeat.from);
  if (heartbeat.to != me_) return;
  if (found == peers_.end()) {
    strangers_[heartbeat.from] = now;
    return;
  }
  Peer& peer = found->second;
  if (peer.last && heartbeat.seq <= peer.last->seq) return;  // late, or sent again by somebody
  const bool first = !peer.last;
  peer.last = heartbeat;
  peer.last_received_at = input.wall;
  if (const auto acknowledged = heartbeat.echo ? sent_at_.find(heartbeat.echo->seq) : sent_at_.end(); acknowledged != sent_at_.end())
    peer.heard_us_at = acknowledged->second;
  estimate_clock(peer, input, now);
  if (heartbeat.loop_lag >= settings_.lag_is_silence) return;
  if (!first && !peer.suspicion) {
    const double gap = micros(now - peer.heard_at) - peer.interval;
    peer.interval += kNewSampleWeight * gap;
    peer.variance = (1 - kNewSampleWeight) * (peer.variance + kNewSampleWeight * gap * gap);
  }
  peer.heard_at = now;
  peer.refusals = 0;
  peer.suspicion.reset();
}

void DetectorMachine::estimate_clock(Peer& peer, const HeartbeatReceived& input, Instant now) const {
  const Heartbeat& heartbeat = input.heartbeat;
  if (!heartbeat.echo) return;
  const Duration there = heartbeat.echo->received_at - heartbeat.echo->sent_at;  // the way there, plus the offset
  const Duration back = heartbeat.sent_at - input.wall;                          // the offset, minus the way back
  const Duration round_trip = there - back;
  if (round_trip < Duration{0}) return;  // a clock was set meanwhile
  // The quickest round trip of a while says most about the clocks.
  if (!peer.clock || round_trip <= peer.clock->round_trip || now - peer.clock->at > kKeepClockSample)
    peer.clock = {round_trip, (there + back) / 2, now};
}

void DetectorMachine::tick(const DetectorTick& self, Instant now, std::vector<DetectorEffect>& out) {
  look_at_ourselves(now);
  for (auto& [_, peer] : peers_) judge(peer, now);
  beat(self, now, out);
  out.push_back(TellOutlook{{doubts(self, now), assured_until(now), isolated(now)}});
}

void DetectorMachine::look_at_ourselves(Instant now) {
  const Duration late = last_tick_ ? now - *last_tick_ - settings_.every : Duration{0};
  last_tick_ = now;
  if (late >= settings_.every) {
    // While we stood still we heard nobody: that is not their silence.
    for (auto& [_, peer] : peers_) peer.heard_at = std::min(now, peer.heard_at + late);
    lateness_ = std::min(settings_.most_stretch - 1, lateness_ + micros(late) / micros(5 * settings_.every));
  } else {
    lateness_ = std::max(0.0, lateness_ - 0.05);
  }
  int fallen_silent = 0, heard = 0;
  for (const auto& [_, peer] : peers_) {
    if (hears(peer, now)) ++heard;
    else if (peer.last && now - peer.heard_at < kLongSilent) ++fallen_silent;
  }
  alone_ = heard == 0 && fallen_silent >= 2;
}

double DetectorMachine::stretch() const { return std::min(settings_.most_stretch, (1 + lateness_) * (alone_ ? 2 : 1)); }

bool DetectorMachine::hears(const Peer& peer, Instant now) const { return peer.last && now - peer.heard_at <= 5 * settings_.every; }

double DetectorMachine::phi_of(const Peer& peer, Duration silence) const {
  const double deviation = std::max(std::sqrt(peer.variance), kLeastDeviation);
  const double tail = 0.5 * std::erfc((micros(silence) - peer.interval) / deviation / std::sqrt(2.0));
  return tail <= 0 ? kMostPhi : std::min(kMostPhi, -std::log10(tail));
}

void DetectorMachine::judge(Peer& peer, Instant now) const {
  if (peer.suspicion == DoubtKind::server_refused) return;
  const Duration silence = now - peer.heard_at;
  const Duration weighed{static_cast<int64_t>(micros(silence) / stretch())};
  const double phi = phi_of(peer, weighed);
  const Duration patience = peer.last ? settings_.silent_after : settings_.unheard_after;
  std::optional<DoubtKind> suspicion = peer.suspicion;
  if (peer.heard_us_at && peer.refusals >= 2 && silence >= settings_.refused_after) suspicion = DoubtKind::server_refused;
  else if (weighed > patience && phi >= settings_.phi) suspicion = DoubtKind::server_silent;
  if (suspicion == peer.suspicion) return;
  peer.suspicion = suspicion;
  peer.silence = silence;
  peer.phi = phi;
}

void DetectorMachine::beat(const DetectorTick& self, Instant now, std::vector<DetectorEffect>& out) {
  std::vector<Incarnation> suspected;
  for (const auto& [incarnation, peer] : peers_)
    if (peer.suspicion) suspected.push_back(incarnation);
  for (const auto& [incarnation, peer] : peers_) {
    Heartbeat heartbeat{.from = me_,
                        .to = incarnation,
                        .seq = ++seq_,
                        .sent_at = self.wall,
                        .loop_lag = self.loop_lag,
                        .database_age = self.database_age,
                        .version = version_,
                        .unfit = self.unfit,
                        .suspected = suspected};
    if (self.loop_lag < settings_.lag_is_silence) sent_at_.emplace(heartbeat.seq, now);
    if (peer.last) heartbeat.echo = {peer.last->seq, peer.last->sent_at, peer.last_received_at};
    out.push_back(SendHeartbeat{peer.known.address, std::move(heartbeat)});
  }
  while (!sent_at_.empty() && sent_at_.begin()->second + settings_.silent_after < now) sent_at_.erase(sent_at_.begin());
}

/// Nobody can call us silent before: every other server has acknowledged a heartbeat that we sent less than silent_after ago, or has not
/// been renewed for long: then it does not reach the database, without which nothing can be taken over. One that we have not found in the
/// database yet, but that sends us heartbeats, waits in vain for ours.
Instant DetectorMachine::assured_until(Instant now) const {
  if (!strangers_.empty()) return Instant::min();
  Instant since = now;
  for (const auto& [_, peer] : peers_)
    if (hears(peer, now) || now - peer.renewed_at < settings_.gone_after)
      since = std::min(since, peer.heard_us_at.value_or(Instant::min()));
  // Two ticks less: whoever relies on it looks at it ten times a second only.
  return since == Instant::min() ? since : since + settings_.silent_after - 2 * settings_.every;
}

/// Ourselves and those we hear who suspect it, when they are most of those we hear or its port refuses; else nobody.
std::vector<std::string> DetectorMachine::who_suspect(const Peer& peer, Instant now) const {
  if (!peer.suspicion) return {};
  std::vector<std::string> names{name_.value};
  size_t asked = 0;
  for (const auto& [incarnation, other] : peers_) {
    if (&other == &peer || !hears(other, now)) continue;
    ++asked;
    const auto& suspected = other.last->suspected;
    if (std::find(suspected.begin(), suspected.end(), peer.known.incarnation) != suspected.end()) names.push_back(other.known.name.value);
  }
  const bool most = 2 * (names.size() - 1) > asked || asked == 0;
  return most || peer.suspicion == DoubtKind::server_refused ? names : std::vector<std::string>{};
}

bool DetectorMachine::isolated(Instant now) const {
  size_t living = 1, in_touch = 1;  // we ourselves
  for (const auto& [_, peer] : peers_) {
    // One that we do not hear lives when it has been renewed since; what was under way when it died does not count.
    if (peer.suspicion && (peer.renewed_at < peer.heard_at + kRenewalUnderWay || now - peer.renewed_at > settings_.lives_for)) continue;
    ++living;
    const bool suspects_us =
        peer.last && std::find(peer.last->suspected.begin(), peer.last->suspected.end(), me_) != peer.last->suspected.end();
    if (!peer.suspicion && !suspects_us) ++in_touch;
  }
  return 2 * in_touch < living;
}

std::vector<Doubt> DetectorMachine::doubts(const DetectorTick& self, Instant now) {
  std::map<Incarnation, Doubt> doubts;
  const auto doubt_unfit = [&](const ServerName& server, const std::vector<Unfit>& unfit) {
    for (const Unfit& u : unfit)
      doubts[u.incarnation] = {u.incarnation, u.kind, u.for_time,
                               "{\"kind\":\"" + std::string(to_string(u.kind)) + "\",\"said_by\":\"" + server.value +
                                   "\",\"silence_ms\":" + milliseconds(u.for_time) + "}"};
  };
  doubt_unfit(name_, self.unfit);
  for (const auto& [incarnation, peer] : peers_) {
    if (peer.last && !peer.suspicion) doubt_unfit(peer.known.name, peer.last->unfit);
    const auto names = who_suspect(peer, now);
    if (names.empty()) continue;
    char phi[16];
    std::snprintf(phi, sizeof phi, "%.1f", peer.phi);
    const std::string evidence = "{\"kind\":\"" + std::string(to_string(*peer.suspicion)) + "\",\"server\":\"" + peer.known.name.value +
                                 "\",\"suspected_by\":[" + quoted(names) + "],\"silence_ms\":" + milliseconds(peer.silence) +
                                 ",\"phi\":" + phi + "}";
    for (const Incarnation& component : peer.known.components) doubts[component] = {component, *peer.suspicion, peer.silence, evidence};
  }
  // The evidence is what it was when the doubt arose.
  for (auto& [incarnation, doubt] : doubts)
    if (const auto before = doubts_.find(incarnation); before != doubts_.end() && before->second.kind == doubt.kind) doubt = before->second;
  doubts_ = std::move(doubts);
  std::vector<Doubt> out;
  for (const auto& [_, doubt] : doubts_) out.push_back(doubt);
  return out;
}

std::vector<DetectorMachine::PeerView> DetectorMachine::peers(Instant now) const {
  std::vector<PeerView> out;
  for (const auto& [incarnation, peer] : peers_) {
    PeerView view{.name = peer.known.name,
                  .incarnation = incarnation,
                  .heard = peer.last.has_value(),
                  .silence = now - peer.heard_at,
                  .phi = phi_of(peer, now - peer.heard_at),
                  .suspicion = peer.suspicion};
    if (peer.last) {
      view.version = peer.last->version;
      view.database_age = peer.last->database_age;
      view.loop_lag = peer.last->loop_lag;
    }
    if (peer.clock) {
      view.clock_offset = peer.clock->offset;
      view.round_trip = peer.clock->round_trip;
    }
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace everdial
