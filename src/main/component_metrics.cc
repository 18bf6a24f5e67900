#include "main/component_metrics.h"

#include <memory>

namespace everdial {
namespace {
constexpr Duration kPatience = 500ms;
}

struct ComponentMetrics::Reading {
  std::vector<std::string> texts;
  size_t waiting = 0;
  std::function<void(std::string)> done;
};

void ComponentMetrics::read(const std::vector<Component>& components, std::function<void(std::string)> done) {
  const auto reading = std::make_shared<Reading>(Reading{{}, components.size(), std::move(done)});
  const auto finish = [this, reading] {
    reading->texts.insert(reading->texts.begin(), own_.text());
    reading->done(merge_metrics(reading->texts));
  };
  if (components.empty()) return finish();
  for (const Component& component : components) {
    const auto answered = [this, reading, finish, name = component.name](Result<Reply> reply) {
      auto* read = reply.ok() ? std::get_if<MetricsRead>(&*reply) : nullptr;
      own_.gauge("everdial_component_answers", "1: the component has given its metrics for this page.", {{"child", name}})
          .set(read ? 1 : 0);
      if (read) reading->texts.push_back(std::move(read->text));
      if (--reading->waiting == 0) finish();
    };
    if (component.address.value.empty()) answered(Error{ErrorKind::unavailable, "it does not run"});
    else network_.request(component.address, ReadMetrics{}, kPatience, answered);
  }
}

}  // namespace everdial
