#pragma once

#include "model/lease.h"
#include "runtime/pg.h"

namespace everdial {

/// The first statement of every transaction a lease's holder makes: all that follows fails with `fenced` once the lease has gone on
/// (ha_fence of schema/0001_leases.sql).
inline pg::Connection::Statement fence(const LeaseGrant& grant) {
  return {"select ha_fence($1::bigint, $2::bigint, $3::uuid)",
          pg::Params{}.add(grant.res_id).add(grant.epoch.value).add(grant.incarnation.value)};
}

/// The fence and these statements in one transaction and one round trip. The last of them must find its one row as the caller knows it,
/// else nothing is changed: ErrorKind::conflict with `otherwise`.
inline Status change_one(pg::Pool& pool, const LeaseGrant& grant, std::vector<pg::Connection::Statement> statements,
                         const char* otherwise) {
  statements.insert(statements.begin(), fence(grant));
  return pool.transaction<std::monostate>([&](pg::Connection& connection) -> Status {
    auto results = connection.pipeline(statements);
    if (!results.ok()) return results.error();
    if (results->back().affected() != 1) return Error{ErrorKind::conflict, otherwise};
    return success();
  });
}

}  // namespace everdial
