#pragma once

#include <map>
#include <memory>
#include <vector>

#include "model/messages.h"
#include "runtime/directory.h"
#include "runtime/seams.h"

namespace everdial {

/// Brings the events of calls to application servers, many to a message, in order as long as the same one lives. What one does not
/// acknowledge goes to another, so a call is steered on by whoever is there.
class EventCourier {
 public:
  struct Settings {
    Duration gather = 3ms;  ///< how long an event waits for others
    Duration timeout = 1s;  ///< an application server that has not acknowledged for so long is passed over for a while
    Duration avoid_for = 2s;
    Duration untaken = 250ms;  ///< then what a zone's manager has not taken is told it again
    size_t most = 500;         ///< events in one message
  };

  EventCourier(Seams& seams, const Directory& directory, Settings settings) : seams_(seams), directory_(directory), settings_(settings) {}

  /// Where commands for these calls go; told with every message.
  void set_return_address(Address mpp) { mpp_ = std::move(mpp); }

  /// `preferred` is the application server that ordered the call; empty: any.
  void send(const Address& preferred, CallEvents::Event event);

  /// Forgets what has not been delivered.
  void clear();

 private:
  struct Parcel {
    Address preferred;
    CallEvents::Event event;
  };
  /// To one application server: the events for one zone's manager, or all that are for none. So nobody waits for a manager who is away
  /// but those who need him.
  using Way = std::pair<Address, Resource>;
  struct Route {
    std::vector<Parcel> waiting;
    bool under_way = false;
    std::unique_ptr<Timer> again;
  };

  std::optional<Address> choose(const Parcel& parcel) const;
  bool avoided(const Address& address) const;
  void gather();
  void deliver();
  void deliver_to(const Way& way, Route& route);
  void keep(const Way& way, Route& route, std::vector<Parcel> untaken);
  void redeliver(std::vector<Parcel> parcels);

  Seams& seams_;
  const Directory& directory_;
  Settings settings_;
  Address mpp_;
  std::vector<Parcel> gathered_;
  std::map<Way, Route> routes_;
  std::map<Address, Instant> avoid_until_;  ///< by the steady clock
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
