#include "dashboard/live_feed.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace everdial {

std::string event_text(LiveTopic topic, std::string_view data, std::string_view id) {
  std::string out;
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  return out.append("event: ").append(to_string(topic)).append("\ndata: ").append(data).append("\n\n");
}

void LiveFeed::publish(LiveTopic topic, int64_t id, std::string data, std::string sameness) {
  const std::lock_guard lock{mutex_};
  Item& item = items_[{topic, id}];
  if (item.version > 0 && item.sameness == sameness) return;
  item = Item{++version_, std::move(data), std::move(sameness)};
}

void LiveFeed::retain(LiveTopic topic, const std::function<bool(int64_t)>& keep) {
  const std::lock_guard lock{mutex_};
  std::erase_if(items_, [&](const auto& entry) { return entry.first.first == topic && !keep(entry.first.second); });
}

void LiveFeed::wake() {
  const std::lock_guard lock{listeners_mutex_};
  for (const auto& listener : listeners_) listener();
}

LiveFeed::Subscription LiveFeed::subscribe(std::function<void()> wake) {
  const std::lock_guard lock{listeners_mutex_};
  const auto entry = listeners_.insert(listeners_.end(), std::move(wake));
  // Points at something, so that a subscription that is held is not taken for none.
  return Subscription(this, [this, entry](void*) {
    const std::lock_guard guard{listeners_mutex_};
    listeners_.erase(entry);
  });
}

LiveFeed::Position LiveFeed::position_of(const std::string& last_event_id) const {
  const size_t dash = last_event_id.rfind('-');
  if (dash == std::string::npos || last_event_id.substr(0, dash) != life_) return {};
  Position position;
  const char* const end = last_event_id.data() + last_event_id.size();
  const auto [read, error] = std::from_chars(last_event_id.data() + dash + 1, end, position.seen);
  return error == std::errc{} && read == end ? position : Position{};
}

bool LiveFeed::passes(const LiveFilter& filter, LiveTopic topic, int64_t id) {
  switch (topic) {
    case LiveTopic::status:
      return filter.status;
    case LiveTopic::job_progress:
    case LiveTopic::job_agents:
      return filter.jobs && (!filter.job || *filter.job == id);
    case LiveTopic::import_progress:
      return filter.imports && (!filter.import || *filter.import == id);
  }
  return false;
}

std::string LiveFeed::take(const LiveFilter& filter, Position& position) const {
  const std::lock_guard lock{mutex_};
  std::vector<std::pair<uint64_t, std::string>> events;
  for (const auto& [key, item] : items_)
    if (item.version > position.seen && passes(filter, key.first, key.second))
      events.emplace_back(item.version, event_text(key.first, item.data, life_ + "-" + std::to_string(item.version)));
  position.seen = version_;
  // By version, so that the last event's id stands for all before it.
  std::sort(events.begin(), events.end());
  std::string out;
  for (const auto& [version, text] : events) out += text;
  return out;
}

}  // namespace everdial
