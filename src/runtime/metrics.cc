#include "runtime/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace everdial {

struct Metrics::State {
  Labels common;
  prometheus::Registry registry;
};

Metrics::Metrics(Labels common) : state_(std::make_unique<State>()) { state_->common = std::move(common); }
Metrics::~Metrics() = default;

void Metrics::Counter::add(double by) { counter_->Increment(by); }
void Metrics::Gauge::set(double value) { gauge_->Set(value); }
void Metrics::Histogram::observe(double value) { histogram_->Observe(value); }

Metrics::Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Labels(state_->common).Register(state_->registry);
  return Counter{family.Add(labels)};
}
Metrics::Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Labels(state_->common).Register(state_->registry);
  return Gauge{family.Add(labels)};
}
Metrics::Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                      const Labels& labels) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Labels(state_->common).Register(state_->registry);
  return Histogram{family.Add(labels, bounds)};
}

std::string Metrics::text() const { return prometheus::TextSerializer{}.Serialize(state_->registry.Collect()); }

}  // namespace everdial
