#include "ha/lease_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;

std::vector<std::string> texts(const std::vector<Incarnation>& incarnations) {
  std::vector<std::string> out;
  for (const auto& i : incarnations) out.push_back(i.value);
  return out;
}

std::optional<Incarnation> incarnation(const Rows& rows, size_t row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return Incarnation{rows.string(row, column)};
}

Status done(Result<Rows> result) {
  if (!result.ok()) return result.error();
  return success();
}

class PgLeaseStore final : public LeaseStore {
 public:
  explicit PgLeaseStore(pg::Pool& pool) : pool_(pool) {}

  Status open_session(const Session& s) override {
    return done(pool_.query(
        "insert into ha_session (incarnation, server, component, instance, address, version) values ($1::uuid, $2, $3, $4, $5, $6) "
        "on conflict (incarnation) do update set address = excluded.address, version = excluded.version",
        Params{}.add(s.incarnation.value).add(s.server.value).add(s.component).add(s.instance).add(s.address.value).add(s.version)));
  }

  Status set_draining(const Incarnation& i) override {
    return done(pool_.query("update ha_session set draining = true where incarnation = $1::uuid", Params{}.add(i.value)));
  }

  Status renew(const std::vector<Incarnation>& incarnations) override {
    if (incarnations.empty()) return success();
    return pool_.transaction<std::monostate>([&](Connection& c) -> Status {
      if (auto set = c.query("set local synchronous_commit = off"); !set.ok()) return set.error();
      return done(
          c.query("update ha_session set renew_seq = renew_seq + 1, last_seen = clock_timestamp() where incarnation = any($1::uuid[])",
                  Params{}.add(texts(incarnations))));
    });
  }

  Result<std::vector<Session>> sessions() override {
    auto rows = pool_.query(
        "select incarnation, server, component, instance, address, version, renew_seq, draining from ha_session order by server, "
        "component, instance");
    if (!rows.ok()) return rows.error();
    std::vector<Session> out;
    for (size_t r = 0; r < rows->size(); ++r)
      out.push_back(Session{Incarnation{rows->string(r, 0)}, ServerName{rows->string(r, 1)}, rows->string(r, 2), rows->string(r, 3),
                            Address{rows->string(r, 4)}, rows->string(r, 5), rows->integer(r, 6), rows->boolean(r, 7)});
    return out;
  }

  Result<std::vector<LeaseRow>> leases(const std::vector<Resource>& also) override {
    std::vector<std::string> names;
    for (const auto& r : also) names.push_back(r.value);
    auto rows = pool_.query(
        "select l.resource, l.res_id, l.epoch, l.incarnation, coalesce(s.renew_seq, -1), coalesce(s.draining, false), coalesce(s.address, "
        "''), s.server, "
        "l.preferred, l.desired from ha_lease l left join ha_session s on s.incarnation = l.incarnation "
        "where l.incarnation is not null or l.desired is not null or l.resource = any($1::text[])",
        Params{}.add(names));
    if (!rows.ok()) return rows.error();
    std::vector<LeaseRow> out;
    for (size_t r = 0; r < rows->size(); ++r) {
      LeaseRow lease;
      lease.resource = Resource{rows->string(r, 0)};
      lease.res_id = rows->integer(r, 1);
      lease.epoch = Epoch{rows->integer(r, 2)};
      lease.holder = incarnation(*rows, r, 3);
      lease.holder_renew_seq = rows->integer(r, 4);
      lease.holder_draining = rows->boolean(r, 5);
      lease.holder_address = Address{rows->string(r, 6)};
      if (!rows->is_null(r, 7)) lease.holder_server = ServerName{rows->string(r, 7)};
      if (!rows->is_null(r, 8)) lease.preferred = ServerName{rows->string(r, 8)};
      lease.desired = incarnation(*rows, r, 9);
      out.push_back(std::move(lease));
    }
    return out;
  }

  Status ensure(const std::vector<Resource>& resources) override {
    std::vector<std::string> names;
    for (const auto& r : resources) names.push_back(r.value);
    return done(pool_.query("insert into ha_lease (resource) select unnest($1::text[]) on conflict do nothing", Params{}.add(names)));
  }

  Result<std::optional<LeaseGrant>> acquire(const Acquire& request) override {
    auto granted = try_acquire(request);
    if (!granted.ok() && granted.error().message.find("lock timeout") != std::string::npos && request.seen.holder) {
      // A stopped or hung old holder sits on the lock inside a transaction: end its backends, then try once more.
      (void)pool_.query(
          "select pg_terminate_backend(l.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid "
          "where l.locktype = 'advisory' and l.objid = $1::bigint::oid and a.application_name like '%' || $2",
          Params{}.add(request.seen.res_id).add(request.seen.holder->value.substr(0, 8)));
      granted = try_acquire(request);
    }
    return granted;
  }

  Status release(const LeaseGrant& grant, const std::string& reason) override {
    return pool_.transaction<std::monostate>([&](Connection& c) -> Status {
      if (auto lock = c.query("select pg_advisory_xact_lock(hashtext('everdial.lease'), $1::bigint::int)", Params{}.add(grant.res_id));
          !lock.ok())
        return lock.error();
      return done(
          c.query("with released as (update ha_lease set incarnation = null where res_id = $1 and epoch = $2 and incarnation = $3::uuid "
                  "returning res_id, epoch) "
                  "insert into ha_history (res_id, epoch, from_incarnation, reason) select res_id, epoch, $3::uuid, $4 from released",
                  Params{}.add(grant.res_id).add(grant.epoch.value).add(grant.incarnation.value).add(reason)));
    });
  }

  Status bury(const std::vector<Incarnation>& incarnations, const std::string& reason) override {
    return done(pool_.query("select ha_release($1::uuid[], $2, true)", Params{}.add(texts(incarnations)).add(reason)));
  }

  Result<std::vector<History>> history(const Resource& resource) override {
    auto rows = pool_.query(
        "select h.epoch, h.from_incarnation, h.to_incarnation, h.reason, coalesce(h.detect_ms, 0), coalesce(h.acquire_ms, 0), "
        "coalesce(h.barrier_ms, 0), h.at, h.evidence::text "
        "from ha_history h join ha_lease l using (res_id) where l.resource = $1 order by h.id",
        Params{}.add(resource.value));
    if (!rows.ok()) return rows.error();
    std::vector<History> out;
    for (size_t r = 0; r < rows->size(); ++r)
      out.push_back(History{resource, Epoch{rows->integer(r, 0)}, incarnation(*rows, r, 1), incarnation(*rows, r, 2), rows->string(r, 3),
                            rows->real(r, 4), rows->real(r, 5), rows->real(r, 6), rows->instant(r, 7), rows->string(r, 8)});
    return out;
  }

  Result<Instant> clock() override {
    auto rows = pool_.query("select clock_timestamp()");
    if (!rows.ok()) return rows.error();
    return rows->instant(0, 0);
  }

  Result<std::string> heartbeat_key() override {
    auto rows = pool_.query("select heartbeat_key from ha_secret");
    if (!rows.ok()) return rows.error();
    return rows->string(0, 0);
  }

 private:
  Result<std::optional<LeaseGrant>> try_acquire(const Acquire& request) {
    const LeaseRow& seen = request.seen;
    return pool_.transaction<std::optional<LeaseGrant>>([&](Connection& c) -> Result<std::optional<LeaseGrant>> {
      if (auto set = c.query("set local lock_timeout = 300"); !set.ok()) return set.error();
      auto rows = c.query("select ha_acquire($1, $2, $3::uuid, $4, $5::uuid, $6, $7::jsonb, $8)",
                          Params{}
                              .add(seen.res_id)
                              .add(seen.epoch.value)
                              .add(seen.holder ? std::optional(seen.holder->value) : std::nullopt)
                              .add(seen.holder_renew_seq)
                              .add(request.me.value)
                              .add(request.reason)
                              .add(request.evidence)
                              .add(std::chrono::duration<double, std::milli>(request.detect).count()));
      if (!rows.ok()) return rows.error();
      if (rows->is_null(0, 0)) return std::optional<LeaseGrant>{};
      if (seen.desired && *seen.desired != request.me)
        if (auto ended = c.query("update ha_lease set desired = null where res_id = $1 and desired = $2::uuid",
                                 Params{}.add(seen.res_id).add(seen.desired->value));
            !ended.ok())
          return ended.error();
      return std::optional(LeaseGrant{seen.resource, seen.res_id, Epoch{rows->integer(0, 0)}, request.me});
    });
  }

  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<LeaseStore> make_pg_lease_store(pg::Pool& pool) { return std::make_unique<PgLeaseStore>(pool); }

}  // namespace everdial
