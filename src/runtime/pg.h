#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

// PostgreSQL through libpq: prepared statements only, arrays for unnest, COPY, pipeline, reconnect. Blocking; runs on store threads.

namespace everdial::pg {

/// Parameters of one statement, $1 first. Vectors become PostgreSQL arrays, for unnest.
class Params {
 public:
  Params& add(std::string_view text);
  Params& add(const std::string& text) { return add(std::string_view{text}); }
  Params& add(const char* text) { return add(std::string_view{text}); }
  Params& add(int64_t value);
  Params& add(int value) { return add(static_cast<int64_t>(value)); }
  Params& add(double value);
  Params& add(bool value);
  Params& add(Instant at);
  Params& add_null();
  Params& add_bytes(std::string_view bytes);  ///< for bytea
  Params& add(const std::vector<std::string>& texts);
  Params& add(const std::vector<std::optional<std::string>>& texts);
  Params& add(const std::vector<int64_t>& values);
  Params& add(const std::vector<std::optional<int64_t>>& values);
  Params& add(const std::vector<bool>& values);
  Params& add(const std::vector<Instant>& values);
  Params& add(const std::vector<std::optional<Instant>>& values);
  template <class T>
  Params& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  std::vector<std::optional<std::string>> values_;
};

/// The rows of one answer; columns by position, 0 first. Asking for a value of another type than it holds is a bug of ours.
class Rows {
 public:
  Rows() = default;
  explicit Rows(void* pg_result);
  size_t size() const;
  bool empty() const { return size() == 0; }
  int64_t affected() const;  ///< rows touched by INSERT, UPDATE, DELETE
  bool is_null(size_t row, int column) const;
  std::string_view text(size_t row, int column) const;
  std::string string(size_t row, int column) const { return std::string(text(row, column)); }
  std::string bytes(size_t row, int column) const;  ///< of a bytea
  int64_t integer(size_t row, int column) const;
  double real(size_t row, int column) const;
  bool boolean(size_t row, int column) const;
  Instant instant(size_t row, int column) const;
  std::optional<int64_t> optional_integer(size_t row, int column) const;
  std::optional<std::string> optional_string(size_t row, int column) const;
  std::optional<Instant> optional_instant(size_t row, int column) const;

 private:
  std::shared_ptr<void> result_;
};

struct Settings {
  std::string uri;               ///< libpq connection string or URI
  std::string password;          ///< when it is not part of the URI; empty: libpq's own ways (~/.pgpass, trust)
  std::string application_name;  ///< component and server, seen in pg_stat_activity
  Duration statement_timeout = 30s;
  Duration connect_timeout = 2s;
  Duration idle_in_transaction_timeout = 1500ms;
  bool synchronous_commit = true;
  std::function<void(ErrorKind)> failed = nullptr;  ///< told of each statement and each connecting that failed, from any thread
  /// Rows are looked up by index alone. A statement's plan is kept from when it was first used, and one that scans a table while that is
  /// small is ruinous an hour later. Off where whole tables are read, as reports do.
  bool by_index = true;
};

/// One connection. Errors: SQLSTATE ED001 is `fenced`, a unique violation is `conflict`, a check or not-null violation or bad input is
/// `invalid`, a deadlock `conflict`, a lock time-out `overloaded`, a statement time-out `unavailable`. A lost connection is `unavailable`;
/// it is `unknown` when it was lost in COMMIT or in a statement outside of a transaction. All else is `internal` with PostgreSQL's message.
class Connection {
 public:
  /// To whichever of the URI's hosts takes writes.
  static Result<std::unique_ptr<Connection>> open(const Settings& settings);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Prepared on first use and kept by its text.
  Result<Rows> query(const std::string& sql, const Params& params = {});
  /// Several statements without parameters at once: for migrations and BEGIN, COMMIT, ROLLBACK.
  Status execute(const std::string& sql);
  /// COPY ... FROM STDIN; `data` in the format the statement names.
  Status copy_in(const std::string& sql, std::string_view data);
  /// Sends all at once and reads the answers; one round trip. Inside a transaction the first error fails all.
  struct Statement {
    std::string sql;
    Params params;
  };
  Result<std::vector<Rows>> pipeline(const std::vector<Statement>& statements);

  /// Waits up to `timeout` for a NOTIFY on a channel LISTENed to; true when one came.
  Result<bool> wait_for_notify(Duration timeout);

  bool broken() const;

 private:
  struct State;
  struct Host;
  static Result<std::unique_ptr<Connection>> open_at(const Settings& settings, const Host* host);
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Connections kept for reuse by many threads; opens when none is free, drops broken ones.
class Pool {
 public:
  explicit Pool(Settings settings);
  ~Pool();

  /// BEGIN, `body`, COMMIT; ROLLBACK when body gives an error. `body` may run again only if the caller calls again.
  template <class T>
  Result<T> transaction(const std::function<Result<T>(Connection&)>& body) {
    auto lease = take();
    if (!lease.ok()) return lease.error();
    Connection& connection = **lease;
    if (Status begun = connection.execute("begin"); !begun.ok()) return begun.error();
    Result<T> result = body(connection);
    const Status ended = connection.execute(result.ok() ? "commit" : "rollback");
    if (result.ok() && !ended.ok()) return ended.error();
    give_back(std::move(*lease));
    return result;
  }

  /// One statement in a transaction of its own.
  Result<Rows> query(const std::string& sql, const Params& params = {});

  Result<std::unique_ptr<Connection>> take();
  void give_back(std::unique_ptr<Connection> connection);
  const Settings& settings() const { return settings_; }

 private:
  Settings settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> free_;
};

}  // namespace everdial::pg
