#include "application_server/result_courier.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace everdial {

void ResultCourier::send(CallRecord record) {
  Job& job = jobs_[record.resource];
  const auto [place, fresh] = job.places.try_emplace(record.attempt, job.waiting.size());
  if (fresh) job.waiting.push_back(std::move(record));
  else if (record.stage >= job.waiting[place->second].stage) job.waiting[place->second] = std::move(record);
  if (timer_ || job.under_way) return;
  timer_ = seams_.clock.after(settings_.gather, [this] {
    timer_.reset();
    deliver();
  });
}

void ResultCourier::deliver() {
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    const auto next = std::next(job);
    if (!job->second.under_way) deliver_to(job->first, job->second);
    job = next;
  }
}

void ResultCourier::deliver_to(const Resource& resource, Job& job) {
  auto owner = directory_.holder_address(resource);
  if (!owner) {
    // A job that has ended is nobody's; any manager can look up whether its attempts are settled.
    const auto managers = directory_.serving("campaign_manager");
    if (!managers.empty()) owner = managers.front().address;
  }
  if (!owner || job.waiting.empty()) {
    jobs_.erase(Resource{resource});
    return;
  }
  std::vector<CallRecord> records = std::exchange(job.waiting, {});
  job.places.clear();
  if (records.size() > settings_.most) {
    for (size_t i = settings_.most; i < records.size(); ++i) {
      job.places.emplace(records[i].attempt, job.waiting.size());
      job.waiting.push_back(std::move(records[i]));
    }
    records.resize(settings_.most);
  }
  job.under_way = true;
  seams_.network.request(*owner, AttemptResults{resource, std::move(records)}, settings_.timeout,
                         [this, resource, alive = std::weak_ptr(alive_)](Result<Reply>) {
                           if (alive.expired()) return;
                           const auto job = jobs_.find(resource);
                           if (job == jobs_.end()) return;
                           job->second.under_way = false;
                           deliver_to(resource, job->second);
                         });
}

}  // namespace everdial
