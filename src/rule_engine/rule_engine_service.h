#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "rule_engine/rule_machine.h"
#include "rule_engine/rule_store.h"
#include "runtime/seams.h"

namespace everdial {

/// The shell of the rule engine: answers while it holds lease `rule_engine`, and refuses as `unavailable` while it does not.
class RuleEngineService {
 public:
  struct Settings {
    Duration valid_for = 10s;
  };

  RuleEngineService(Seams& seams, RuleStore& store, std::function<void(const LeaseGrant&)> fenced, Settings settings);

  static const Resource& resource();
  void acquired(const LeaseGrant& grant);
  void lost(const LeaseGrant& grant);
  void handle(Request request, ReplyFn reply);  ///< CheckContacts

 private:
  void feed(const RuleInput& input);
  void read(ReadDnc effect);

  Seams& seams_;
  RuleStore& store_;
  std::function<void(const LeaseGrant&)> fenced_;
  Settings settings_;
  std::optional<LeaseGrant> grant_;
  RuleMachine machine_;
  std::map<uint64_t, ReplyFn> replies_;
  uint64_t last_asked_ = 0;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
