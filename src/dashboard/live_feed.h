#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/enum_names.h"
#include "dashboard/api_message.h"

namespace everdial {

enum class LiveTopic { status, job_progress, job_agents, import_progress };
template <>
inline constexpr auto enum_names<LiveTopic> = std::to_array<std::pair<LiveTopic, std::string_view>>({
    {LiveTopic::status, "status"},
    {LiveTopic::job_progress, "job_progress"},
    {LiveTopic::job_agents, "job_agents"},
    {LiveTopic::import_progress, "import_progress"},
});

/// The newest state of everything live, for any number of listeners. Each state takes the place of the one before it, so a slow
/// listener misses steps and never piles anything up. Safe from any thread.
class LiveFeed {
 public:
  /// `life` tells event ids of this process from those of others.
  explicit LiveFeed(std::string life) : life_(std::move(life)) {}

  /// `data` is one line of JSON. Nothing happens when `sameness` is what it was at the last publishing.
  void publish(LiveTopic topic, int64_t id, std::string data, std::string sameness);
  /// Keeps of this topic only what `keep` says yes to.
  void retain(LiveTopic topic, const std::function<bool(int64_t)>& keep);
  /// Tells listeners that there may be more to take.
  void wake();

  /// Destroying it ends it: `wake` is not called any more afterwards.
  using Subscription = std::shared_ptr<void>;
  Subscription subscribe(std::function<void()> wake);

  /// Where a listener stands; `take` moves it on.
  struct Position {
    uint64_t seen = 0;
  };
  Position position_of(const std::string& last_event_id) const;
  /// What the filter lets through and is newer than the position, as text of the stream.
  std::string take(const LiveFilter& filter, Position& position) const;

  static bool passes(const LiveFilter& filter, LiveTopic topic, int64_t id);

 private:
  struct Item {
    uint64_t version = 0;
    std::string data, sameness;
  };
  const std::string life_;
  mutable std::mutex mutex_;
  uint64_t version_ = 0;
  std::map<std::pair<LiveTopic, int64_t>, Item> items_;
  std::mutex listeners_mutex_;  ///< held while waking, so that none is woken after its end
  std::list<std::function<void()>> listeners_;
};

/// One event as it stands in the stream.
std::string event_text(LiveTopic topic, std::string_view data, std::string_view id = {});

}  // namespace everdial
