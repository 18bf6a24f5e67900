#include "campaign_director/director_service.h"

#include <algorithm>

namespace everdial {

namespace {
constexpr uint64_t kCommonLane = 100;
constexpr uint64_t kZoneLane = 101;
constexpr Duration kRenewalOverdue = 600ms;  ///< longer than from one to the next
}  // namespace

DirectorService::DirectorService(Seams& seams, DirectorStore& store, const Directory& directory,
                                 std::function<void(const LeaseGrant&)> fenced, Settings settings)
    : seams_(seams), store_(store), directory_(directory), fenced_(std::move(fenced)), settings_(settings), machine_(settings.common) {}

const Resource& DirectorService::common_resource() {
  static const Resource resource{"campaign_director"};
  return resource;
}

void DirectorService::start() { look(); }

void DirectorService::acquired(const LeaseGrant& grant) {
  if (grant.resource == common_resource()) {
    common_ = grant;
    // Zones without a director wait for us.
    if (!looking_) look();
  } else {
    const std::string zone = grant.resource.value.substr(grant.resource.value.find('/') + 1);
    zones_[zone] = std::make_shared<Zone>(Zone{grant, {}});
  }
}

void DirectorService::lost(const LeaseGrant& grant) {
  if (common_ && common_->resource == grant.resource) common_.reset();
  std::erase_if(zones_, [&](const auto& zone) { return zone.second->grant.resource == grant.resource; });
}

void DirectorService::leases_seen(const std::vector<LeaseRow>& leases) {
  const bool freed = see_agent_managers(leases);
  if (!common_ || looking_) return;
  const auto is_free = [](const LeaseRow& lease) {
    return !lease.holder && (lease.resource.value.starts_with("zone_director/") || lease.resource.value.starts_with("job/"));
  };
  if (freed || std::any_of(leases.begin(), leases.end(), is_free)) look();
}

/// Whether one of them has left a zone. The poll shows a zone that is free and not allotted only to who competes for it: that it is not
/// shown any more is the sign.
bool DirectorService::see_agent_managers(const std::vector<LeaseRow>& leases) {
  std::map<Resource, Renewal> seen;
  for (const LeaseRow& lease : leases) {
    if (!lease.holder || !zone_of_agents(lease.resource)) continue;
    const auto before = agents_managed_.find(lease.resource);
    const bool still = before != agents_managed_.end() && before->second.seq == lease.holder_renew_seq;
    seen[lease.resource] = {*lease.holder, lease.holder_renew_seq, still ? before->second.at : seams_.clock.steady()};
  }
  const bool freed =
      std::any_of(agents_managed_.begin(), agents_managed_.end(), [&](const auto& zone) { return !seen.contains(zone.first); });
  agents_managed_ = std::move(seen);
  return freed;
}

std::set<Incarnation> DirectorService::renewed_in_doubt() const {
  std::set<Incarnation> out;
  for (const auto& [zone, renewal] : agents_managed_)
    if (directory_.doubt_of(renewal.manager) && seams_.clock.steady() - renewal.at < kRenewalOverdue) out.insert(renewal.manager);
  return out;
}

void DirectorService::look_again() {
  looking_ = false;
  timer_ = seams_.clock.after(settings_.look_every, [this] { look(); });
}

void DirectorService::look() {
  looking_ = true;
  timer_.reset();
  if (!common_ && zones_.empty()) return look_again();
  run_store(
      seams_.store, kCommonLane, [&store = store_] { return store.record(); },
      [this](Result<DirectorStore::Record> record) {
        if (!record.ok()) return look_again();
        seen(std::move(*record));
      });
}

void DirectorService::seen(DirectorStore::Record record) {
  for (const auto& [name, zone] : zones_) {
    ZoneJobsSeen filtering;
    for (const JobSeen& job : record.jobs)
      if (job.zone == name && job.state == JobState::filtering) filtering.filtering.push_back(job.id);
    feed_zone(name, filtering);
  }
  if (!common_) return look_again();
  WorldSeen world{std::move(record.jobs),
                  std::move(record.zones),
                  std::move(record.agent_zones),
                  std::move(record.servers),
                  directory_.serving("campaign_manager"),
                  directory_.serving("campaign_director"),
                  directory_.serving("agent_manager"),
                  renewed_in_doubt(),
                  std::move(record.schedules),
                  record.at};
  perform(machine_.step(world, seams_.clock.steady()), *common_);
}

void DirectorService::perform(std::vector<DirectorEffect> effects, const LeaseGrant& grant) {
  if (effects.empty()) return look_again();
  run_store(
      seams_.store, kCommonLane, [&store = store_, grant, effects = std::move(effects)] { return store.commit(grant, effects); },
      [this, grant](Status status) {
        if (!status.ok() && status.error().kind == ErrorKind::fenced) fenced_(grant);
        look_again();
      });
}

void DirectorService::feed_zone(const std::string& name, const ZoneDirectorInput& input) {
  const auto zone = zones_.at(name);
  for (const ZoneDirectorEffect& effect : zone->machine.step(input, seams_.clock.now())) {
    const JobId job = std::get<FilterChunk>(effect).job;
    run_store(
        seams_.store, kZoneLane,
        [&store = store_, grant = zone->grant, job, limit = settings_.filter_chunk] { return store.filter_chunk(grant, job, limit); },
        [this, name, job, weak = std::weak_ptr(zone)](Result<bool> complete) {
          const auto alive = weak.lock();
          if (!alive) return;
          if (complete.ok()) return feed_zone(name, ChunkFiltered{job, *complete});
          feed_zone(name, ChunkFailed{job});
          if (complete.error().kind == ErrorKind::fenced) fenced_(alive->grant);
        });
  }
}

}  // namespace everdial
