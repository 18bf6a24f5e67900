#pragma once

#include <functional>
#include <memory>

#include "load_monitor/load_machine.h"
#include "load_monitor/load_store.h"
#include "runtime/seams.h"

namespace everdial {

/// Each load monitor reports its own server's load; the master (lease `load_monitor`) decides the level of all (L-01).
class LoadMonitorService {
 public:
  struct Settings {
    Duration every = 1s;
    LoadMachine machine{};
  };

  LoadMonitorService(Seams& seams, LoadStore& store, ServerName server, std::function<std::optional<HostLoad>()> measure,
                     std::function<void(const LeaseGrant&)> fenced, Settings settings);

  static const Resource& resource();
  void start();
  void acquired(const LeaseGrant& grant) { grant_ = grant; }
  void lost(const LeaseGrant&) { grant_.reset(); }

 private:
  void tick();
  void judge(const LoadsSeen& seen);

  Seams& seams_;
  LoadStore& store_;
  const ServerName server_;
  const std::function<std::optional<HostLoad>()> measure_;
  const std::function<void(const LeaseGrant&)> fenced_;
  const Settings settings_;
  std::optional<LeaseGrant> grant_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
