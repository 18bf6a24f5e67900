#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"

namespace everdial {

/// Proof of mastership handed to every store call that changes something; the store refuses it once another has acquired.
struct LeaseGrant {
  Resource resource;
  int64_t res_id = 0;  ///< ha_lease.res_id
  Epoch epoch;
  Incarnation incarnation;
};

/// One life of one component's process, as all see it in ha_session.
struct Session {
  Incarnation incarnation;
  ServerName server;
  std::string component;  ///< "campaign_manager", "mpp"
  std::string instance;   ///< "1" for the first of several on a server, else ""
  Address address;
  std::string version;
  int64_t renew_seq = 0;
  bool draining = false;
};

/// One row of ha_lease as an observer reads it, with what it needs to know of the holder.
struct LeaseRow {
  Resource resource;
  int64_t res_id = 0;
  Epoch epoch;
  std::optional<Incarnation> holder;
  int64_t holder_renew_seq = 0;
  bool holder_draining = false;
  Address holder_address;
  std::optional<ServerName> holder_server;
  std::optional<ServerName> preferred;  ///< the server an administrator wants as master
  std::optional<Incarnation> desired;   ///< whom the director has allotted it to (jobs)
};

}  // namespace everdial
