#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "list_manager/export_store_memory.h"
#include "runtime/test_database.h"

namespace everdial {
namespace {

const Incarnation kMe{"00000000-0000-4000-8000-000000000001"}, kOther{"00000000-0000-4000-8000-000000000002"};

/// A store with an export of seven contacts: number, reference, zone, and attributes city and age, of which some are missing.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual LeaseStore& leases() = 0;
  virtual ExportStore& store() = 0;
  virtual ExportId contacts() = 0;
  virtual std::string file(ExportId id) = 0;
  virtual void cancel(ExportId id) = 0;
};

class MemoryBackend final : public Backend {
 public:
  LeaseStore& leases() override { return leases_; }
  ExportStore& store() override { return store_; }
  ExportId contacts() override {
    std::vector<ExportRow> rows;
    for (int n = 1; n <= 7; ++n)
      rows.push_back({n,
                      0,
                      {"+1212555010" + std::to_string(n), n == 3 ? std::nullopt : std::optional("c" + std::to_string(n)), "UTC",
                       n == 4 ? "=1+\"1\"" : "Oslo", n == 5 ? std::nullopt : std::optional<std::string>("40")}});
    return store_.add(ExportKind::contacts, {"city", "age"}, std::move(rows));
  }
  std::string file(ExportId id) override { return store_.file(id); }
  void cancel(ExportId id) override { store_.cancel(id); }

 private:
  MemoryLeaseStore leases_{[] { return Instant{}; }};
  MemoryExportStore store_{leases_};
};

class PgBackend final : public Backend {
 public:
  LeaseStore& leases() override { return *leases_; }
  ExportStore& store() override { return *store_; }
  ExportId contacts() override {
    if (must("select count(*) from contact_list").integer(0, 0) == 0) {
      must("insert into contact_list (name) values ('l'), ('other')");
      must(
          "insert into contact_import (list_id, file_name, state, accepted, layout) values (1, 'f.csv', 'completed', 7, "
          R"('{"separator": ",", "header": true, "columns": ["mobile", "city", "id", "age"], "phone": 0, "ref": 2}'))");
      must(
          "insert into contact (list_id, phone, time_zone, ref, attributes, import_id, import_row) select case n when 8 then 2 else 1 end, "
          "'+1212555010' || n, 'UTC', case n when 3 then null else 'c' || n end, json_strip_nulls(json_build_object("
          "'city', case n when 4 then '=1+\"1\"' else 'Oslo' end, 'age', case n when 5 then null else '40' end)), 1, n "
          "from generate_series(1, 8) n");
    }
    return ExportId{must("insert into data_export (kind, list_id) values ('contacts', 1) returning id").integer(0, 0)};
  }
  std::string file(ExportId id) override {
    const auto rows = must("select data from data_export_chunk where export_id = " + to_string(id) + " order by first_byte");
    std::string out;
    for (size_t r = 0; r < rows.size(); ++r) out += rows.bytes(r, 0);
    return out;
  }
  void cancel(ExportId id) override { must("update data_export set state = 'cancelled' where id = " + to_string(id)); }

  pg::Rows must(const std::string& sql) {
    auto rows = database_.pool().query(sql);
    EXPECT_TRUE(rows.ok()) << sql << ": " << (rows.ok() ? "" : rows.error().message);
    return *rows;
  }

 private:
  TestDatabase database_;
  std::unique_ptr<LeaseStore> leases_ = make_pg_lease_store(database_.pool());
  std::unique_ptr<ExportStore> store_ = make_pg_export_store(database_.pool());
};

class Exports : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "pg") backend = std::make_unique<PgBackend>();
    else backend = std::make_unique<MemoryBackend>();
    for (const auto& me : {kMe, kOther}) ASSERT_TRUE(backend->leases().open_session(Session{me, ServerName{"as1"}, "list_manager"}).ok());
  }
  LeaseGrant acquire(ExportId id, const Incarnation& me = kMe) {
    const Resource resource = export_resource(id);
    EXPECT_TRUE(backend->leases().ensure({resource}).ok());
    for (const LeaseRow& row : backend->leases().leases({resource}).value())
      if (row.resource == resource) return backend->leases().acquire({row, me, "test", 0ms}).value().value();
    ADD_FAILURE();
    return {};
  }
  Result<bool> step(const LeaseGrant& grant, ExportLimits limits = {.rows_per_chunk = 3}) {
    return export_step(backend->store(), grant, limits);
  }

  const std::string whole =
      "\"phone\",\"ref\",\"time_zone\",\"city\",\"age\"\r\n"
      "\"+12125550101\",\"c1\",\"UTC\",\"Oslo\",\"40\"\r\n"
      "\"+12125550102\",\"c2\",\"UTC\",\"Oslo\",\"40\"\r\n"
      "\"+12125550103\",,\"UTC\",\"Oslo\",\"40\"\r\n"
      "\"+12125550104\",\"c4\",\"UTC\",\"'=1+\"\"1\"\"\",\"40\"\r\n"
      "\"+12125550105\",\"c5\",\"UTC\",\"Oslo\",\r\n"
      "\"+12125550106\",\"c6\",\"UTC\",\"Oslo\",\"40\"\r\n"
      "\"+12125550107\",\"c7\",\"UTC\",\"Oslo\",\"40\"\r\n";
  std::unique_ptr<Backend> backend;
};

TEST_P(Exports, C_08_are_the_same_bytes_whatever_the_chunks_and_whoever_makes_them) {
  for (const ExportLimits& limits : {ExportLimits{.rows_per_chunk = 1},
                                     {.rows_per_chunk = 3},
                                     {.rows_per_chunk = 7},
                                     {.rows_per_chunk = 100},
                                     {.rows_per_chunk = 5, .bytes_per_chunk = 60}}) {
    const ExportId id = backend->contacts();
    LeaseGrant grant = acquire(id);
    int steps = 0;
    while (!step(grant, limits).value()) {
      ASSERT_LT(++steps, 20);
      grant = acquire(id, steps % 2 ? kOther : kMe);
    }
    EXPECT_EQ(backend->file(id), whole) << limits.rows_per_chunk;
    const Export done = backend->store().load_export(id).value();
    EXPECT_EQ(done.state, ExportState::completed);
    EXPECT_EQ(done.checkpoint.rows, 7);
    EXPECT_EQ(done.checkpoint.bytes, static_cast<int64_t>(whole.size()));
  }
  EXPECT_TRUE(backend->store().waiting_exports().value().empty());
}

TEST_P(Exports, C_08_take_nothing_from_whom_they_are_taken_from_and_nothing_twice) {
  const ExportId id = backend->contacts();
  const LeaseGrant grant = acquire(id);
  ASSERT_EQ(backend->store().waiting_exports().value().size(), 1u);
  EXPECT_TRUE(backend->store().waiting_exports().value()[0].held);
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(step(grant).value());
  const Export before = backend->store().load_export(id).value();
  ASSERT_FALSE(step(grant).value());
  EXPECT_EQ(backend->store().save_chunk(grant, before, "again", before.checkpoint).error().kind, ErrorKind::conflict);
  acquire(id, kOther);
  EXPECT_EQ(step(grant).error().kind, ErrorKind::fenced);
}

TEST_P(Exports, end_when_cancelled_and_when_too_large_and_are_no_work_when_gone) {
  const ExportId id = backend->contacts();
  const LeaseGrant grant = acquire(id);
  ASSERT_FALSE(step(grant).value());
  ASSERT_FALSE(step(grant).value());
  backend->cancel(id);
  EXPECT_TRUE(step(grant).value());
  const ExportId large = backend->contacts();
  const LeaseGrant other = acquire(large);
  ASSERT_FALSE(step(other).value());
  EXPECT_TRUE(step(other, {.most_bytes = 20}).value());
  EXPECT_EQ(backend->store().load_export(large).value().state, ExportState::failed);
  EXPECT_TRUE(step(acquire(ExportId{99})).value());
}

INSTANTIATE_TEST_SUITE_P(Stores, Exports, testing::Values("memory", "pg"), [](const auto& info) { return std::string(info.param); });

TEST(PgExports, C_08_hold_a_jobs_attempts_settled_until_they_were_asked_for) {
  TestDatabase database;
  const auto must = [&](const std::string& sql) {
    auto rows = database.pool().query(sql);
    ASSERT_TRUE(rows.ok()) << rows.error().message;
  };
  must("insert into contact_list (name) values ('l')");
  must("insert into contact (list_id, phone, time_zone, ref, import_id, import_row) values (1, '+12125550101', 'UTC', 'c1', 1, 1)");
  must("insert into campaign (name, list_id, strategy) values ('c', 1, '{}')");
  must("insert into job (campaign_id) values (1)");
  must(
      "insert into attempt (job_id, contact_id, number, phone, state, code, intent_at, done_at, intent_epoch, intent_by) select 1, 1, n, "
      "'+12125550101', case n when 3 then 'intent' else 'done' end, case n when 3 then null else 'call_busy' end, '2026-07-01 12:00Z', "
      "case n when 1 then timestamptz '2026-07-01 12:00:01.5Z' when 2 then 'infinity' end, 1, gen_random_uuid() from generate_series(1, 3) "
      "n");
  must("insert into data_export (kind, job_id) values ('attempts', 1)");
  const auto leases = make_pg_lease_store(database.pool());
  const auto store = make_pg_export_store(database.pool());
  ASSERT_TRUE(leases->open_session(Session{kMe, ServerName{"as1"}, "list_manager"}).ok());
  ASSERT_TRUE(leases->ensure({Resource{"export/1"}}).ok());
  const LeaseGrant grant = leases->acquire({leases->leases({Resource{"export/1"}}).value().at(0), kMe, "test", 0ms}).value().value();
  while (!export_step(*store, grant, {}).value()) {
  }
  const auto file = database.pool().query("select string_agg(convert_from(data, 'UTF8'), '' order by first_byte) from data_export_chunk");
  EXPECT_EQ(file->string(0, 0),
            "\"attempt\",\"contact_id\",\"number\",\"phone\",\"ref\",\"state\",\"code\",\"sip_status\",\"trunk\",\"mpp\",\"intent_at\","
            "\"placed_at\",\"ringing_at\",\"answered_at\",\"ended_at\",\"analysis\",\"digits\",\"recording\",\"done_at\"\r\n"
            "\"1-1-1\",\"1\",\"1\",\"+12125550101\",\"c1\",\"done\",\"call_busy\",,,,\"2026-07-01T12:00:00.000000Z\",,,,,,,,"
            "\"2026-07-01T12:00:01.500000Z\"\r\n");
}

}  // namespace
}  // namespace everdial
