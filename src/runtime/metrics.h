#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace everdial {

/// What a process counts, in Prometheus's text format. Handles stay valid as long as the registry; all may be used from any thread.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  class Counter {
   public:
    void add(double by = 1);

   private:
    friend class Metrics;
    explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
    prometheus::Counter* counter_;
  };
  class Gauge {
   public:
    void set(double value);

   private:
    friend class Metrics;
    explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
    prometheus::Gauge* gauge_;
  };
  class Histogram {
   public:
    void observe(double value);

   private:
    friend class Metrics;
    explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
    prometheus::Histogram* histogram_;
  };

  /// `common` labels stand on every line: server, component.
  explicit Metrics(Labels common);
  ~Metrics();

  /// The same name and labels give the same metric. Names start with everdial_ and end in their unit, counters in _total.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds, const Labels& labels = {});

  /// `fn` runs before each text(), on its thread: for what is worth looking up only when somebody reads.
  void before_text(std::function<void()> fn);
  std::string text();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The texts of several processes as one, in which each metric is described once with all its lines together, as Prometheus wants it.
std::string merge_metrics(const std::vector<std::string>& texts);

}  // namespace everdial
