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

}  // namespace everdial
