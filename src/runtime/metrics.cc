#include "runtime/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

namespace everdial {

struct Metrics::State {
  Labels common;
  prometheus::Registry registry;
  std::vector<std::function<void()>> before_text;
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

void Metrics::before_text(std::function<void()> fn) { state_->before_text.push_back(std::move(fn)); }

std::string Metrics::text() {
  for (const auto& fn : state_->before_text) fn();
  return prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
}

std::string merge_metrics(const std::vector<std::string>& texts) {
  struct Family {
    std::string description, samples;
  };
  std::map<std::string, Family> families;
  for (const std::string& text : texts) {
    Family* family = nullptr;
    bool described = false;  // by an earlier text
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# HELP ")) {
        const size_t end = line.find(' ', 7);
        family = &families[line.substr(7, end == std::string::npos ? end : end - 7)];
        described = !family->description.empty();
      }
      if (!family || line.empty()) continue;
      if (!line.starts_with("#")) family->samples += line + "\n";
      else if (!described) family->description += line + "\n";
    }
  }
  std::string out;
  for (const auto& [name, family] : families) out += family.description + family.samples;
  return out;
}

}  // namespace everdial
