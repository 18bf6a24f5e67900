#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/metrics.h"
#include "runtime/seams.h"

namespace everdial {

/// The page of a server with the metrics of its components: each is asked when somebody looks. One that does not answer in time does not
/// hold the page up; it is shown as not answering.
class ComponentMetrics {
 public:
  struct Component {
    std::string name;  ///< "mpp/1"
    Address address;   ///< empty: none is running
  };

  ComponentMetrics(Network& network, Metrics& own) : network_(network), own_(own) {}

  /// `done` gets the server's own metrics and those of all who answered.
  void read(const std::vector<Component>& components, std::function<void(std::string)> done);

 private:
  struct Reading;

  Network& network_;
  Metrics& own_;
};

}  // namespace everdial
