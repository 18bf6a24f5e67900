#pragma once

#include <memory>

#include "ha/lease_service.h"
#include "ha/leased_work.h"
#include "list_manager/import_machine.h"
#include "list_manager/list_store.h"

namespace everdial {

/// Imports uploaded files. Each server runs one; an import belongs to whoever holds its lease, and goes on at its checkpoint with the
/// next holder.
class ListManagerService {
 public:
  struct Settings {
    size_t imports_at_once = 2;  ///< that it takes by itself; imports of a dead server come on top
    Duration poll_every = 500ms;
    Duration retry_after = 1s;  ///< after a failure of the database
    size_t bytes_per_read = 256 << 10;
    Duration clean_every = 10min;
    ImportLimits limits;
  };

  ListManagerService(Seams& seams, ListStore& store, LeaseService& leases);
  ListManagerService(Seams& seams, ListStore& store, LeaseService& leases, Settings settings);
  ~ListManagerService();

  void start();

 private:
  class Worker;

  void poll();
  void clean();

  Seams& seams_;
  ListStore& store_;
  LeaseService& leases_;
  const Settings settings_;
  LeasedWork work_;
  std::unique_ptr<Timer> timer_, clean_timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
