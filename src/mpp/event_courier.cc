#include "mpp/event_courier.h"

#include <algorithm>
#include <iterator>

namespace everdial {

void EventCourier::send(const Address& preferred, CallEvents::Event event) {
  gathered_.push_back({preferred, std::move(event)});
  gather();
}

void EventCourier::clear() {
  gathered_.clear();
  routes_.clear();
  timer_.reset();
  alive_ = std::make_shared<char>();
}

void EventCourier::gather() {
  if (timer_) return;
  timer_ = seams_.clock.after(settings_.gather, [this] {
    timer_.reset();
    deliver();
  });
}

bool EventCourier::avoided(const Address& address) const {
  const auto found = avoid_until_.find(address);
  return found != avoid_until_.end() && seams_.clock.steady() < found->second;
}

std::optional<Address> EventCourier::choose(const Parcel& parcel) const {
  const std::vector<Session> living = directory_.serving("application_server");
  if (living.empty()) return std::nullopt;
  const auto is_preferred = [&](const Session& session) { return session.address == parcel.preferred; };
  if (!avoided(parcel.preferred) && std::any_of(living.begin(), living.end(), is_preferred)) return parcel.preferred;
  // The same one for all events of a call, so that they stay in order.
  const size_t first = std::hash<AttemptId>{}(parcel.event.record.attempt) % living.size();
  for (size_t i = 0; i < living.size(); ++i)
    if (const Address& candidate = living[(first + i) % living.size()].address; !avoided(candidate)) return candidate;
  return living[first].address;
}

void EventCourier::deliver() {
  std::vector<Parcel> homeless;
  for (Parcel& parcel : std::exchange(gathered_, {})) {
    if (const auto to = choose(parcel)) {
      const CallRecord& record = parcel.event.record;
      routes_[{*to, steered_by(record.resource, record.plan)}].waiting.push_back(std::move(parcel));
    } else if (parcel.event.kind != CallEvents::Kind::ended) {
      homeless.push_back(std::move(parcel));  // ends are told again anyway
    }
  }
  for (auto& [way, route] : routes_)
    if (!route.under_way && !route.waiting.empty()) deliver_to(way, route);
  if (!homeless.empty()) redeliver(std::move(homeless));
}

void EventCourier::deliver_to(const Way& way, Route& route) {
  route.under_way = true;
  const size_t count = std::min(route.waiting.size(), settings_.most);
  std::vector<Parcel> parcels(std::make_move_iterator(route.waiting.begin()), std::make_move_iterator(route.waiting.begin() + count));
  route.waiting.erase(route.waiting.begin(), route.waiting.begin() + count);
  CallEvents message{mpp_, {}};
  message.events.reserve(count);
  for (const Parcel& parcel : parcels) message.events.push_back(parcel.event);
  const auto undelivered = std::make_shared<std::vector<Parcel>>(std::move(parcels));
  seams_.network.request(way.first, std::move(message), settings_.timeout,
                         [this, way, undelivered, alive = std::weak_ptr(alive_)](Result<Reply> reply) {
                           if (alive.expired()) return;
                           Route& route = routes_[way];
                           if (!reply.ok() && reply.error().kind == ErrorKind::conflict) return keep(way, route, std::move(*undelivered));
                           route.under_way = false;
                           if (!reply.ok()) {
                             avoid_until_[way.first] = seams_.clock.steady() + settings_.avoid_for;
                             std::move(route.waiting.begin(), route.waiting.end(), std::back_inserter(*undelivered));
                             routes_.erase(way);
                             return redeliver(std::move(*undelivered));
                           }
                           avoid_until_.erase(way.first);
                           if (route.waiting.empty()) routes_.erase(way);
                           else deliver_to(way, route);
                         });
}

/// The zone's manager has not taken these: all are told again in order, but of what is told again anyway the last alone.
void EventCourier::keep(const Way& way, Route& route, std::vector<Parcel> untaken) {
  std::move(route.waiting.begin(), route.waiting.end(), std::back_inserter(untaken));
  route.waiting.clear();
  std::map<std::pair<AttemptId, CallEvents::Kind>, size_t> places;
  for (Parcel& parcel : untaken) {
    const auto [place, fresh] = places.try_emplace({parcel.event.record.attempt, parcel.event.kind}, route.waiting.size());
    if (fresh || parcel.event.kind == CallEvents::Kind::digit) route.waiting.push_back(std::move(parcel));
    else route.waiting[place->second] = std::move(parcel);
  }
  route.again = seams_.clock.after(settings_.untaken, [this, way] {
    // By now the application server may have gone, and another be the way.
    auto route = routes_.extract(way);
    redeliver(std::move(route.mapped().waiting));
  });
}

void EventCourier::redeliver(std::vector<Parcel> parcels) {
  gathered_.insert(gathered_.begin(), std::make_move_iterator(parcels.begin()), std::make_move_iterator(parcels.end()));
  // Not at once: when nobody is there, asking a hundred times a second is enough.
  timer_ = seams_.clock.after(std::max<Duration>(settings_.gather, 10ms), [this] {
    timer_.reset();
    deliver();
  });
}

}  // namespace everdial
