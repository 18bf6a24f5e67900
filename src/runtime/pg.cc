#include "runtime/pg.h"

#include <libpq-fe.h>
#include <poll.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace everdial::pg {
namespace {

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

// An embedded NUL ends a text parameter for libpq, which would store a part of the value unseen: it is refused instead.
bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::string double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

void append_element(std::string& out, const std::string& text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}
void append_element(std::string& out, int64_t value) { out += std::to_string(value); }
void append_element(std::string& out, bool value) { out += value ? 't' : 'f'; }
void append_element(std::string& out, Instant at) { out += to_iso8601(at); }
template <class T>
void append_element(std::string& out, const std::optional<T>& value) {
  if (value) append_element(out, *value);
  else out += "NULL";
}

template <class T>
std::string array_text(const std::vector<T>& values) {
  std::string out = "{";
  bool first = true;
  for (const auto& value : values) {
    if (!std::exchange(first, false)) out += ',';
    append_element(out, static_cast<const T&>(value));
  }
  return out + "}";
}

template <class Number>
Number number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  EVERDIAL_CHECK(error == std::errc{} && end == text.data() + text.size());
  return value;
}

ErrorKind kind_of(std::string_view sqlstate) {
  const std::string_view group = sqlstate.substr(0, 2);
  if (sqlstate == "ED001") return ErrorKind::fenced;
  if (sqlstate == "23505") return ErrorKind::conflict;            // unique violation
  if (group == "23" || group == "22") return ErrorKind::invalid;  // other constraints, data out of range or unreadable
  if (group == "40") return ErrorKind::conflict;                  // deadlock, serialization
  if (sqlstate == "55P03") return ErrorKind::overloaded;          // lock time-out
  if (sqlstate == "57014") return ErrorKind::unavailable;         // statement time-out
  if (sqlstate == "25006") return ErrorKind::unavailable;         // no longer the primary
  if (group == "08" || group == "53" || group == "57") return ErrorKind::unavailable;
  return ErrorKind::internal;
}

// After these the connection is of no further use: the server has ended it, has become read-only, or a cached plan has gone stale.
bool ends_connection(std::string_view sqlstate) {
  return sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" || sqlstate == "25P03" || sqlstate == "25006" ||
         sqlstate == "0A000" || sqlstate == "26000" || sqlstate.substr(0, 2) == "08";
}

std::string one_line(std::string_view text) {
  std::string line;
  for (char c : text) line += c == '\n' ? ' ' : c;
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

bool same_word(std::string_view sql, std::string_view word) {
  return std::equal(sql.begin(), sql.end(), word.begin(), word.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

}  // namespace

// ---- Params ------------------------------------------------------------------------------------------------------------------

Params& Params::add(std::string_view text) {
  values_.emplace_back(std::string(text));
  return *this;
}
Params& Params::add(int64_t value) { return add(std::to_string(value)); }
Params& Params::add(double value) { return add(double_text(value)); }
Params& Params::add(bool value) { return add(value ? "t" : "f"); }
Params& Params::add(Instant at) { return add(to_iso8601(at)); }
Params& Params::add_null() {
  values_.emplace_back();
  return *this;
}
Params& Params::add_bytes(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(2 + bytes.size() * 2, '\\');
  text[1] = 'x';
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text[2 + 2 * i] = digits[byte >> 4];
    text[3 + 2 * i] = digits[byte & 15];
  }
  values_.emplace_back(std::move(text));
  return *this;
}
Params& Params::add(const std::vector<std::string>& texts) { return add(array_text(texts)); }
Params& Params::add(const std::vector<std::optional<std::string>>& texts) { return add(array_text(texts)); }
Params& Params::add(const std::vector<int64_t>& values) { return add(array_text(values)); }
Params& Params::add(const std::vector<std::optional<int64_t>>& values) { return add(array_text(values)); }
Params& Params::add(const std::vector<bool>& values) { return add(array_text(values)); }
Params& Params::add(const std::vector<Instant>& values) { return add(array_text(values)); }
Params& Params::add(const std::vector<std::optional<Instant>>& values) { return add(array_text(values)); }

// ---- Rows --------------------------------------------------------------------------------------------------------------------

namespace {
const PGresult* raw(const std::shared_ptr<void>& result) { return static_cast<const PGresult*>(result.get()); }
}  // namespace

Rows::Rows(void* pg_result) : result_(pg_result, [](void* result) { PQclear(static_cast<PGresult*>(result)); }) {}

size_t Rows::size() const { return result_ ? static_cast<size_t>(PQntuples(raw(result_))) : 0; }

int64_t Rows::affected() const {
  if (!result_) return 0;
  const std::string_view text = PQcmdTuples(static_cast<PGresult*>(result_.get()));
  return text.empty() ? 0 : number_of<int64_t>(text);
}

bool Rows::is_null(size_t row, int column) const {
  EVERDIAL_CHECK(row < size() && column >= 0 && column < PQnfields(raw(result_)));
  return PQgetisnull(raw(result_), static_cast<int>(row), column) != 0;
}

std::string_view Rows::text(size_t row, int column) const {
  EVERDIAL_CHECK(row < size() && column >= 0 && column < PQnfields(raw(result_)));
  const auto r = static_cast<int>(row);
  return {PQgetvalue(raw(result_), r, column), static_cast<size_t>(PQgetlength(raw(result_), r, column))};
}

std::string Rows::bytes(size_t row, int column) const {
  size_t length = 0;
  const std::unique_ptr<unsigned char, decltype(&PQfreemem)> bytes{
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(text(row, column).data()), &length), &PQfreemem};
  EVERDIAL_CHECK(bytes != nullptr);
  return {reinterpret_cast<const char*>(bytes.get()), length};
}

int64_t Rows::integer(size_t row, int column) const { return number_of<int64_t>(text(row, column)); }

double Rows::real(size_t row, int column) const { return number_of<double>(text(row, column)); }

bool Rows::boolean(size_t row, int column) const {
  const std::string_view value = text(row, column);
  EVERDIAL_CHECK(value == "t" || value == "f");
  return value == "t";
}

Instant Rows::instant(size_t row, int column) const {
  // Each connection has DateStyle ISO and time zone UTC: "2026-03-01 12:00:00.5+00".
  std::string value = string(row, column);
  EVERDIAL_CHECK(value.size() >= 22 && value[10] == ' ' && value.ends_with("+00"));
  value[10] = 'T';
  value.replace(value.size() - 3, 3, "Z");
  const auto at = parse_iso8601(value);
  EVERDIAL_CHECK(at.has_value());
  return *at;
}

std::optional<int64_t> Rows::optional_integer(size_t row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return integer(row, column);
}
std::optional<std::string> Rows::optional_string(size_t row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return string(row, column);
}
std::optional<Instant> Rows::optional_instant(size_t row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return instant(row, column);
}

// ---- Connection --------------------------------------------------------------------------------------------------------------

struct Connection::State {
  PGconn* conn = nullptr;
  std::unordered_map<std::string, std::string> prepared;  ///< SQL text -> statement name
  bool useless = false;
  std::function<void(ErrorKind)> failed;

  ~State() { PQfinish(conn); }

  bool broken() const { return useless || PQstatus(conn) != CONNECTION_OK; }

  /// What a loss of the connection while `sql` runs means: inside a transaction, or with BEGIN, nothing has been done.
  ErrorKind kind_if_lost(std::string_view sql) const {
    if (same_word(sql, "begin")) return ErrorKind::unavailable;
    const bool in_transaction = PQtransactionStatus(conn) == PQTRANS_INTRANS || PQtransactionStatus(conn) == PQTRANS_INERROR;
    return in_transaction && !same_word(sql, "commit") ? ErrorKind::unavailable : ErrorKind::unknown;
  }

  Error error_of(const PGresult* result, ErrorKind if_lost) {
    Error error = describe(result, if_lost);
    if (failed) failed(error.kind);
    return error;
  }

  Error describe(const PGresult* result, ErrorKind if_lost) {
    const char* field = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    if (!field || PQstatus(conn) != CONNECTION_OK) {
      useless = true;
      return {if_lost, "database connection lost: " + one_line(PQerrorMessage(conn))};
    }
    const std::string_view sqlstate = field;
    if (ends_connection(sqlstate)) useless = true;
    ErrorKind kind = kind_of(sqlstate);
    if (kind == ErrorKind::unavailable && (sqlstate.substr(0, 3) == "57P" || sqlstate.substr(0, 2) == "08")) kind = if_lost;
    const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char* constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    std::string message = one_line(primary ? primary : "error without a message");
    if (constraint) message += std::string(" (") + constraint + ")";
    return {kind, message + " [" + std::string(sqlstate) + "]"};
  }

  /// Waits until the socket can be read, or written when `writing`; false when `until` has passed.
  bool wait_socket(bool writing, std::optional<std::chrono::steady_clock::time_point> until) const {
    for (;;) {
      pollfd fd{PQsocket(conn), static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
      int timeout = -1;
      if (until) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now()).count();
        timeout = static_cast<int>(std::max<int64_t>(left, 0));
      }
      const int ready = poll(&fd, 1, timeout);
      if (ready > 0) return true;
      if (ready == 0) return false;
      if (errno != EINTR) return true;  // let libpq find out what is wrong
    }
  }

  /// The next result in pipeline mode. Goes on sending meanwhile: were one side only to write, both would block.
  ResultPtr next_result() {
    while (PQisBusy(conn)) {
      const int unsent = PQflush(conn);
      if (unsent < 0) break;
      wait_socket(unsent > 0, std::nullopt);
      if (!PQconsumeInput(conn)) break;
    }
    return {PQgetResult(conn), &PQclear};
  }

  std::string next_name() const { return "s" + std::to_string(prepared.size() + 1); }
};

namespace {

Status check_params(const Params& params) {
  for (const auto& value : params.values())
    if (value && has_nul(*value)) return Error{ErrorKind::invalid, "a text holds a NUL character, which the database cannot store"};
  return success();
}

std::vector<const char*> pointers(const Params& params) {
  std::vector<const char*> values;
  values.reserve(params.values().size());
  for (const auto& value : params.values()) values.push_back(value ? value->c_str() : nullptr);
  return values;
}

bool succeeded(const PGresult* result) {
  const auto status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

}  // namespace

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() = default;
bool Connection::broken() const { return state_->broken(); }

/// One of several hosts that a connection string may name, as that of a PostgreSQL that fails over does.
struct Connection::Host {
  std::string host, hostaddr, port;
  std::string key() const { return host + hostaddr + ':' + port; }
};

namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= list.size(); ++at) {
    const size_t comma = std::min(list.find(',', at), list.size());
    out.emplace_back(list.substr(at, comma - at));
    at = comma;
  }
  return out;
}

/// Empty when libpq cannot read the string: it will say why when it is to connect.
template <class Host>
std::vector<Host> hosts_of(const std::string& uri) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{PQconninfoParse(uri.c_str(), nullptr), &PQconninfoFree};
  std::map<std::string_view, std::vector<std::string>> lists;
  for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option)
    if (option->val) lists[option->keyword] = split(option->val);
  const size_t count = std::max(lists["host"].size(), lists["hostaddr"].size());
  std::vector<Host> hosts;
  for (size_t i = 0; i < count; ++i) {
    const auto of = [&](const char* keyword) {
      const auto& list = lists[keyword];
      return i < list.size() ? list[i] : list.size() == 1 ? list[0] : "";
    };
    hosts.push_back({of("host"), of("hostaddr"), of("port")});
  }
  return hosts;
}

/// Hosts that did not answer at all a moment ago, which costs a time-out: the others are asked first, and as long as one of them says
/// anything, a dark one is left alone. What one thread has found out of the network holds for the whole process.
class DarkHosts {
 public:
  bool contains(const std::string& host) {
    const std::lock_guard lock(mutex_);
    const auto found = until_.find(host);
    return found != until_.end() && std::chrono::steady_clock::now() < found->second;
  }
  void add(const std::string& host) {
    const std::lock_guard lock(mutex_);
    until_[host] = std::chrono::steady_clock::now() + kDarkFor;
  }

 private:
  static constexpr auto kDarkFor = 10s;
  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> until_;
};

DarkHosts& dark_hosts() {
  static DarkHosts hosts;
  return hosts;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const Settings& settings) {
  const std::vector<Host> hosts = hosts_of<Host>(settings.uri);
  if (hosts.size() < 2) return open_at(settings, nullptr);
  std::optional<Error> error;
  for (const bool dark : {false, true}) {
    for (const Host& host : hosts) {
      if (dark_hosts().contains(host.key()) != dark) continue;
      const auto asked_at = std::chrono::steady_clock::now();
      auto connection = open_at(settings, &host);
      if (connection.ok()) return connection;
      error = connection.error();
      if (std::chrono::steady_clock::now() - asked_at >= settings.connect_timeout / 2) dark_hosts().add(host.key());
    }
    if (error) return *error;
  }
  return open_at(settings, nullptr);
}

Result<std::unique_ptr<Connection>> Connection::open_at(const Settings& settings, const Host* host) {
  const std::string connect_timeout =
      std::to_string(std::max<int64_t>(2, std::chrono::ceil<std::chrono::seconds>(settings.connect_timeout).count()));
  // What stands before dbname the URI may override; what stands after it, it may not.
  const std::vector<std::pair<const char*, const char*>> options = {
      {"target_session_attrs", "read-write"},
      {"tcp_user_timeout", "3000"},
      {"keepalives_idle", "2"},
      {"keepalives_interval", "1"},
      {"keepalives_count", "3"},
      {"connect_timeout", connect_timeout.c_str()},
      {"dbname", settings.uri.c_str()},
      {"application_name", settings.application_name.c_str()},
      {"client_encoding", "UTF8"},
  };
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : options) {
    keys.push_back(key);
    values.push_back(value);
  }
  if (!settings.password.empty()) {
    keys.push_back("password");
    values.push_back(settings.password.c_str());
  }
  if (host) {
    for (const auto& [key, value] : {std::pair{"host", &host->host}, {"hostaddr", &host->hostaddr}, {"port", &host->port}}) {
      keys.push_back(key);
      values.push_back(value->c_str());
    }
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  auto state = std::make_unique<State>();
  state->failed = settings.failed;
  state->conn = PQconnectdbParams(keys.data(), values.data(), 1);
  if (PQstatus(state->conn) != CONNECTION_OK) {
    if (settings.failed) settings.failed(ErrorKind::unavailable);
    return Error{ErrorKind::unavailable, "cannot connect to the database: " + one_line(PQerrorMessage(state->conn))};
  }
  PQsetNoticeProcessor(
      state->conn, [](void*, const char*) {}, nullptr);
  std::unique_ptr<Connection> connection{new Connection(std::move(state))};
  auto milliseconds = [](Duration duration) { return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(duration).count()); };
  // A host that lost its power never said good-bye: left to itself, the server keeps its connections for two hours, and runs out of them.
  const Status set = connection->execute(
      "set timezone = 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex'; set jit = off; set default_transaction_isolation = 'read "
      "committed'; "
      "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3; set tcp_user_timeout = 10000; "
      "set statement_timeout = " +
      milliseconds(settings.statement_timeout) + "; set idle_in_transaction_session_timeout = " +
      milliseconds(settings.idle_in_transaction_timeout) + (settings.synchronous_commit ? "" : "; set synchronous_commit = off") +
      (settings.by_index ? "; set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off"
                         : ""));
  if (!set.ok()) return Error{ErrorKind::unavailable, set.error().message};
  return connection;
}

Result<Rows> Connection::query(const std::string& sql, const Params& params) {
  if (Status fit = check_params(params); !fit.ok()) return fit.error();
  State& s = *state_;
  const ErrorKind if_lost = s.kind_if_lost(sql);
  auto found = s.prepared.find(sql);
  if (found == s.prepared.end()) {
    const std::string name = s.next_name();
    const ResultPtr result{PQprepare(s.conn, name.c_str(), sql.c_str(), 0, nullptr), &PQclear};
    if (!succeeded(result.get())) return s.error_of(result.get(), ErrorKind::unavailable);
    found = s.prepared.emplace(sql, name).first;
  }
  const auto values = pointers(params);
  ResultPtr result{PQexecPrepared(s.conn, found->second.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0),
                   &PQclear};
  if (!succeeded(result.get())) return s.error_of(result.get(), if_lost);
  return Rows{result.release()};
}

Status Connection::execute(const std::string& sql) {
  State& s = *state_;
  const ErrorKind if_lost = s.kind_if_lost(sql);
  const ResultPtr result{PQexec(s.conn, sql.c_str()), &PQclear};
  if (!succeeded(result.get())) return s.error_of(result.get(), if_lost);
  // COMMIT of a transaction in which a statement failed succeeds as a ROLLBACK: nothing of it is stored.
  if (same_word(sql, "commit") && std::string_view{PQcmdStatus(result.get())} == "ROLLBACK")
    return Error{ErrorKind::internal, "not committed: an earlier statement of the transaction had failed"};
  return success();
}

Status Connection::copy_in(const std::string& sql, std::string_view data) {
  State& s = *state_;
  const ErrorKind if_lost = s.kind_if_lost(sql);
  const ResultPtr begun{PQexec(s.conn, sql.c_str()), &PQclear};
  if (PQresultStatus(begun.get()) != PGRES_COPY_IN) return s.error_of(begun.get(), ErrorKind::unavailable);
  constexpr size_t piece = 1 << 16;
  bool sent = true;
  for (size_t at = 0; sent && at < data.size(); at += piece)
    sent = PQputCopyData(s.conn, data.data() + at, static_cast<int>(std::min(piece, data.size() - at))) == 1;
  sent = sent && PQputCopyEnd(s.conn, nullptr) == 1;
  std::optional<Error> error;
  while (ResultPtr result{PQgetResult(s.conn), &PQclear}) {
    if (!succeeded(result.get()) && !error) error = s.error_of(result.get(), if_lost);
    if (PQstatus(s.conn) != CONNECTION_OK) break;
  }
  if (error) return *error;
  if (!sent) return s.error_of(nullptr, if_lost);
  return success();
}

Result<std::vector<Rows>> Connection::pipeline(const std::vector<Statement>& statements) {
  for (const Statement& statement : statements)
    if (Status fit = check_params(statement.params); !fit.ok()) return fit.error();
  if (statements.empty()) return std::vector<Rows>{};
  State& s = *state_;
  ErrorKind if_lost = s.kind_if_lost("");
  for (const Statement& statement : statements)
    if (same_word(statement.sql, "commit")) if_lost = ErrorKind::unknown;
  if (!PQenterPipelineMode(s.conn) || PQsetnonblocking(s.conn, 1) != 0) return s.error_of(nullptr, ErrorKind::unavailable);

  struct Expected {
    const std::string* prepares = nullptr;  ///< the SQL of a PREPARE, null for the execution itself
    std::string name;
  };
  std::vector<Expected> expected;
  std::unordered_map<std::string_view, std::string> fresh;  // prepared by this pipeline, not yet known to have succeeded
  bool sent = true;
  for (const Statement& statement : statements) {
    std::string name;
    if (auto known = s.prepared.find(statement.sql); known != s.prepared.end()) {
      name = known->second;
    } else if (auto mine = fresh.find(statement.sql); mine != fresh.end()) {
      name = mine->second;
    } else {
      name = "s" + std::to_string(s.prepared.size() + fresh.size() + 1);
      fresh.emplace(statement.sql, name);
      sent = sent && PQsendPrepare(s.conn, name.c_str(), statement.sql.c_str(), 0, nullptr);
      expected.push_back({&statement.sql, name});
    }
    const auto values = pointers(statement.params);
    sent = sent && PQsendQueryPrepared(s.conn, name.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0);
    expected.push_back({});
  }
  sent = sent && PQpipelineSync(s.conn);
  if (!sent) return s.error_of(nullptr, if_lost);

  std::vector<Rows> all;
  std::optional<Error> error;
  for (const Expected& one : expected) {
    ResultPtr result = s.next_result();
    if (!result || PQstatus(s.conn) != CONNECTION_OK) return error ? *error : s.error_of(nullptr, if_lost);
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_ABORTED) {
      EVERDIAL_CHECK(error.has_value());
    } else if (!succeeded(result.get())) {
      if (!error) error = s.error_of(result.get(), if_lost);
    } else if (one.prepares) {
      s.prepared.emplace(*one.prepares, one.name);
    } else {
      all.emplace_back(result.release());
    }
    s.next_result();  // the empty one that ends each statement's results
  }
  const ResultPtr synced = s.next_result();
  if (!synced || PQresultStatus(synced.get()) != PGRES_PIPELINE_SYNC) return error ? *error : s.error_of(synced.get(), if_lost);
  PQsetnonblocking(s.conn, 0);
  EVERDIAL_CHECK(PQexitPipelineMode(s.conn));
  if (error) return *error;
  return all;
}

Result<bool> Connection::wait_for_notify(Duration timeout) {
  State& s = *state_;
  const auto until = std::chrono::steady_clock::now() + timeout;
  bool came = false;
  for (;;) {
    if (!PQconsumeInput(s.conn)) return s.error_of(nullptr, ErrorKind::unavailable);
    while (PGnotify* notify = PQnotifies(s.conn)) {
      PQfreemem(notify);
      came = true;
    }
    if (came || !s.wait_socket(false, until)) return came;
  }
}

// ---- Pool --------------------------------------------------------------------------------------------------------------------

Pool::Pool(Settings settings) : settings_(std::move(settings)) {}
Pool::~Pool() = default;

Result<Rows> Pool::query(const std::string& sql, const Params& params) {
  auto connection = take();
  if (!connection.ok()) return connection.error();
  auto rows = (*connection)->query(sql, params);
  give_back(std::move(*connection));
  return rows;
}

Result<std::unique_ptr<Connection>> Pool::take() {
  for (;;) {
    std::unique_ptr<Connection> connection;
    {
      const std::lock_guard lock{mutex_};
      if (free_.empty()) break;
      connection = std::move(free_.back());
      free_.pop_back();
    }
    // One that the server closed meanwhile shows it here, before anything is sent whose outcome would then be unknown.
    if (connection->wait_for_notify(Duration::zero()).ok() && !connection->broken()) return connection;
  }
  return Connection::open(settings_);
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  if (!connection || connection->broken()) return;
  const std::lock_guard lock{mutex_};
  free_.push_back(std::move(connection));
}

}  // namespace everdial::pg
