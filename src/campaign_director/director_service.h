#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "campaign_director/common_director_machine.h"
#include "campaign_director/director_store.h"
#include "campaign_director/zone_director_machine.h"
#include "runtime/directory.h"
#include "runtime/seams.h"

namespace everdial {

/// The shell of a campaign director: acts as the common director under lease `campaign_director`, and as the director of each zone
/// whose lease `zone_director/ZONE` it holds; dormant when it holds none.
class DirectorService {
 public:
  struct Settings {
    Duration look_every = 100ms;
    CommonDirectorMachine::Settings common;
    int filter_chunk = 5000;
  };

  DirectorService(Seams& seams, DirectorStore& store, const Directory& directory, std::function<void(const LeaseGrant&)> fenced,
                  Settings settings);

  static const Resource& common_resource();
  static Resource zone_resource(const std::string& zone) { return Resource{"zone_director/" + zone}; }

  void start();
  void acquired(const LeaseGrant& grant);
  void lost(const LeaseGrant& grant);
  /// As the poll of the leases shows them: zones or jobs that nobody has do not wait for the next look.
  void leases_seen(const std::vector<LeaseRow>& leases);

 private:
  struct Zone {
    LeaseGrant grant;
    ZoneDirectorMachine machine;
  };

  struct Renewal {
    Incarnation manager;
    int64_t seq = 0;
    Instant at;  ///< when this was first seen, by the steady clock
  };

  bool see_agent_managers(const std::vector<LeaseRow>& leases);
  /// Agent managers that the failure detector doubts, and that are renewed all the same.
  std::set<Incarnation> renewed_in_doubt() const;
  void look();
  void seen(DirectorStore::Record record);
  void perform(std::vector<DirectorEffect> effects, const LeaseGrant& grant);
  void feed_zone(const std::string& name, const ZoneDirectorInput& input);
  void look_again();

  Seams& seams_;
  DirectorStore& store_;
  const Directory& directory_;
  std::function<void(const LeaseGrant&)> fenced_;
  Settings settings_;
  std::optional<LeaseGrant> common_;
  CommonDirectorMachine machine_;
  std::map<std::string, std::shared_ptr<Zone>> zones_;
  std::unique_ptr<Timer> timer_;
  std::map<Resource, Renewal> agents_managed_;  ///< zones of agents with their managers, as the poll of the leases showed them
  bool looking_ = false;                        ///< a look, or what follows from it, is under way
};

}  // namespace everdial
