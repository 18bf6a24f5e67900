#pragma once

#include <memory>
#include <string>

#include "runtime/pg.h"

namespace everdial {

/// A migrated database of one test's own, dropped with it. Needs EVERDIAL_TEST_PG: the URI of a server where databases may be made
/// (./dev test starts one); without it the test fails.
class TestDatabase {
 public:
  enum Contents { empty, migrated };

  explicit TestDatabase(Contents contents = migrated);
  ~TestDatabase();
  pg::Pool& pool() { return *pool_; }
  const std::string& uri() const { return uri_; }

 private:
  std::string name_, uri_;
  std::unique_ptr<pg::Pool> pool_;
};

}  // namespace everdial
