#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "agent_sdk/error_texts.h"
#include "agent_sdk/question_store.h"
#include "model/agent_view.h"
#include "model/json_reader.h"
#include "runtime/pg.h"

namespace everdial::desk {
namespace {

using model_json::json;
using model_json::Reader;
using pg::Params;
using pg::Rows;

constexpr int kUsualPage = 50, kLongestPage = 200;
constexpr size_t kLongestCursor = 200;

/// What the agent works on, at this session's desktop.
struct Work {
  std::optional<JobId> job;
  std::optional<AttemptId> attempt;
  std::string phone;
  std::optional<AgentSettings> settings;  ///< of the job's campaign
};

/// Where a page begins: after `after`, which is empty for the first one.
struct PageAsked {
  std::string after;
  int limit = kUsualPage;

  int64_t after_number(int64_t otherwise) const { return after.empty() ? otherwise : std::strtoll(after.c_str(), nullptr, 10); }
};

Error no_contact() { return {ErrorKind::conflict, "there is no contact: you neither see nor talk to one"}; }

/// One row more than the page was read, to know whether there is a next one.
template <class Item, class Key>
std::string page(const Rows& rows, int limit, Item item, Key key) {
  json out = {{"items", json::array()}};
  const size_t count = std::min(rows.size(), static_cast<size_t>(limit));
  for (size_t r = 0; r < count; ++r) out["items"].push_back(item(r));
  if (rows.size() > count) out["next"] = key(count - 1);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string names_page(std::vector<std::string> names, const PageAsked& asked) {
  json out = {{"items", json::array()}};
  for (auto it = std::upper_bound(names.begin(), names.end(), asked.after); it != names.end(); ++it) {
    if (out["items"].size() == static_cast<size_t>(asked.limit)) {
      out["next"] = out["items"].back();
      break;
    }
    out["items"].push_back(*it);
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

class PgQuestionStore final : public QuestionStore {
 public:
  explicit PgQuestionStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::string> answer(const Asker& asker, const std::string& method, const std::string& params) override {
    const json given = json::parse(params, nullptr, false);
    if (!given.is_object()) return Error{ErrorKind::invalid, "'params' must be an object"};
    Reader reader(given, "'" + method + "'");
    static const std::map<std::string, Result<std::string> (PgQuestionStore::*)(const Asker&, Reader&)> kAnswers = {
        {"get_contact", &PgQuestionStore::get_contact},       {"list_notes", &PgQuestionStore::list_notes},
        {"list_callbacks", &PgQuestionStore::list_callbacks}, {"is_on_dnc", &PgQuestionStore::is_on_dnc},
        {"list_codes", &PgQuestionStore::list_codes},         {"list_reasons", &PgQuestionStore::list_reasons},
        {"list_jobs", &PgQuestionStore::list_jobs},           {"list_destinations", &PgQuestionStore::list_destinations},
        {"list_skills", &PgQuestionStore::list_skills},       {"list_zones", &PgQuestionStore::list_zones},
        {"explain_error", &PgQuestionStore::explain_error},   {"list_time_zones", &PgQuestionStore::list_time_zones},
        {"list_agents", &PgQuestionStore::list_agents},
    };
    const auto found = kAnswers.find(method);
    if (found == kAnswers.end()) return Error{ErrorKind::invalid, "there is no question '" + method + "'"};
    return (this->*found->second)(asker, reader);
  }

 private:
  // ---- the contact -----------------------------------------------------------------------------------------------------------

  Result<std::string> get_contact(const Asker& asker, Reader&) {
    auto work = work_of(asker);
    if (!work.ok()) return work.error();
    if (!work->attempt) return no_contact();
    auto rows = pool_.query(
        "select c.time_zone, a.key, coalesce(h.value, a.value) from contact c "
        "left join lateral (select key, value from json_each_text(c.attributes) "
        "union all select name, value from contact_change n where n.contact_id = c.id and not c.attributes::jsonb ? n.name) a on true "
        "left join contact_change h on h.contact_id = c.id and h.name = a.key where c.id = $1 order by a.key",
        Params{}.add(work->attempt->contact.value));
    if (!rows.ok()) return rows.error();
    if (rows->empty()) return Error{ErrorKind::not_found, "the contact is no longer in its list"};
    ContactRecord contact{work->attempt->contact, *work->attempt, work->phone, rows->string(0, 0)};
    for (size_t r = 0; r < rows->size(); ++r)
      if (!rows->is_null(r, 1)) contact.attributes[rows->string(r, 1)] = rows->optional_string(r, 2).value_or("");
    return contact_seen(work->settings.value_or(AgentSettings{}), contact);
  }

  Result<std::string> list_notes(const Asker& asker, Reader& reader) {
    const PageAsked asked = read_page(reader);
    if (auto wrong = reader.finish()) return *wrong;
    auto work = work_of(asker);
    if (!work.ok()) return work.error();
    if (!work->attempt) return no_contact();
    auto rows = pool_.query(
        "select n.id, n.at, coalesce(nullif(a.name, ''), a.login, ''), n.note from contact_note n left join agent a on a.id = n.agent_id "
        "where n.contact_id = $1 and n.id < $2 order by n.id desc limit $3",
        Params{}.add(work->attempt->contact.value).add(asked.after_number(INT64_MAX)).add(asked.limit + 1));
    if (!rows.ok()) return rows.error();
    return page(
        *rows, asked.limit,
        [&](size_t r) {
          return json{{"at", to_iso8601(rows->instant(r, 1))}, {"agent", rows->string(r, 2)}, {"text", rows->string(r, 3)}};
        },
        [&](size_t r) { return rows->string(r, 0); });
  }

  Result<std::string> list_callbacks(const Asker& asker, Reader& reader) {
    const PageAsked asked = read_page(reader);
    if (auto wrong = reader.finish()) return *wrong;
    auto work = work_of(asker);
    if (!work.ok()) return work.error();
    if (!work->attempt) return no_contact();
    const AgentSettings settings = work->settings.value_or(AgentSettings{});
    auto rows = pool_.query(
        "select id, kind, due_at, until, phone, note from callback where split_part(attempt, '-', 2) = $1 and state = 'open' and id > $2 "
        "order by id limit $3",
        Params{}.add(to_string(work->attempt->contact)).add(asked.after_number(0)).add(asked.limit + 1));
    if (!rows.ok()) return rows.error();
    return page(
        *rows, asked.limit,
        [&](size_t r) {
          return json{{"kind", rows->string(r, 1)},
                      {"at", to_iso8601(rows->instant(r, 2))},
                      {"until", to_iso8601(rows->instant(r, 3))},
                      {"phone", phone_seen(settings, rows->string(r, 4))},
                      {"note", rows->string(r, 5)}};
        },
        [&](size_t r) { return rows->string(r, 0); });
  }

  Result<std::string> is_on_dnc(const Asker& asker, Reader& reader) {
    std::string phone;
    reader.text("phone", phone, 16);
    if (auto wrong = reader.finish()) return *wrong;
    std::string seen = phone;
    if (phone.empty()) {
      auto work = work_of(asker);
      if (!work.ok()) return work.error();
      if (!work->attempt) return no_contact();
      phone = work->phone;
      seen = phone_seen(work->settings.value_or(AgentSettings{}), phone);
    }
    auto rows = pool_.query("select exists (select 1 from dnc where phone = $1)", Params{}.add(phone));
    if (!rows.ok()) return rows.error();
    return json{{"phone", seen}, {"on_dnc", rows->boolean(0, 0)}}.dump();
  }

  // ---- the campaign ----------------------------------------------------------------------------------------------------------

  Result<std::string> list_codes(const Asker& asker, Reader&) {
    auto work = work_of(asker);
    if (!work.ok()) return work.error();
    if (!work->settings) return Error{ErrorKind::conflict, "you work for no job now"};
    return code_page(work->settings->codes);
  }

  Result<std::string> list_reasons(const Asker& asker, Reader&) {
    auto rows = pool_.query("select reasons::text from agent_zone where zone = $1", Params{}.add(asker.zone));
    if (!rows.ok()) return rows.error();
    if (rows->empty()) return code_page(usual_reasons());
    auto reasons = reasons_from_json(rows->string(0, 0));
    if (!reasons.ok())
      return Error{ErrorKind::internal, "the reasons of zone " + asker.zone + " cannot be read: " + reasons.error().message};
    return code_page(*reasons);
  }

  Result<std::string> list_jobs(const Asker& asker, Reader& reader) {
    const PageAsked asked = read_page(reader);
    if (auto wrong = reader.finish()) return *wrong;
    auto rows = pool_.query(
        "select j.id, c.name from job j join campaign c on c.id = j.campaign_id where j.zone = $1 and c.agents is not null "
        "and j.state in ('filtering', 'running') and j.id > $2 order by j.id limit $3",
        Params{}.add(asker.zone).add(asked.after_number(0)).add(asked.limit + 1));
    if (!rows.ok()) return rows.error();
    return page(
        *rows, asked.limit,
        [&](size_t r) {
          return json{{"id", rows->integer(r, 0)}, {"campaign", rows->string(r, 1)}};
        },
        [&](size_t r) { return rows->string(r, 0); });
  }

  // ---- the zone --------------------------------------------------------------------------------------------------------------

  Result<std::string> list_destinations(const Asker& asker, Reader& reader) {
    return others(reader, asker, [](const Rows& rows, size_t r) {
      const bool free = rows.string(r, 2) == "ready" && rows.string(r, 3) == "nailed";
      return json{{"id", rows.integer(r, 0)}, {"name", rows.string(r, 1)}, {"free", free}};
    });
  }

  Result<std::string> list_agents(const Asker& asker, Reader& reader) {
    return others(reader, asker, [](const Rows& rows, size_t r) {
      const json states = {
          {"agent", rows.string(r, 2)}, {"nail", rows.string(r, 3)}, {"call", rows.string(r, 4)}, {"job", rows.string(r, 5)}};
      json out = {{"id", rows.integer(r, 0)}, {"name", rows.string(r, 1)}, {"states", states}, {"since", to_iso8601(rows.instant(r, 6))}};
      if (const auto job = rows.optional_integer(r, 7)) out["job"] = {{"id", *job}, {"campaign", rows.string(r, 8)}};
      return out;
    });
  }

  /// The other agents of the zone who are logged on, and whose names begin so.
  template <class Item>
  Result<std::string> others(Reader& reader, const Asker& asker, Item item) {
    const PageAsked asked = read_page(reader);
    std::string prefix;
    reader.text("prefix", prefix, 100);
    if (auto wrong = reader.finish()) return *wrong;
    auto rows = pool_.query(
        "select a.id, coalesce(nullif(a.name, ''), a.login), t.agent_state, t.nail_state, t.call_state, t.job_state, t.since, j.id, c.name "
        "from agent a join agent_state t on t.agent_id = a.id left join job j on j.id = t.job_id left join campaign c on c.id = "
        "j.campaign_id where a.zone = $1 and a.id <> $2 and a.id > $3 and t.agent_state <> 'logged_out' "
        "and starts_with(lower(coalesce(nullif(a.name, ''), a.login)), lower($4)) order by a.id limit $5",
        Params{}.add(asker.zone).add(asker.agent.value).add(asked.after_number(0)).add(prefix).add(asked.limit + 1));
    if (!rows.ok()) return rows.error();
    return page(
        *rows, asked.limit, [&](size_t r) { return item(*rows, r); }, [&](size_t r) { return rows->string(r, 0); });
  }

  Result<std::string> list_skills(const Asker& asker, Reader& reader) {
    return names(reader, "select distinct jsonb_object_keys(skills) from agent where zone = $1 limit 1000", Params{}.add(asker.zone));
  }

  Result<std::string> list_zones(const Asker&, Reader& reader) {
    return names(reader, "select name from zone union select zone from agent", {});
  }

  /// PostgreSQL reads a file for each of them, so they are read once.
  Result<std::string> list_time_zones(const Asker&, Reader& reader) {
    const PageAsked asked = read_page(reader);
    if (auto wrong = reader.finish()) return *wrong;
    const std::lock_guard lock(mutex_);
    if (time_zones_.empty()) {
      auto all = sorted("select name from pg_timezone_names where name = 'UTC' or name like '%/%' and name !~ '^(posix|Etc)/'", {});
      if (!all.ok()) return all.error();
      time_zones_ = std::move(*all);
    }
    return names_page(time_zones_, asked);
  }

  Result<std::string> explain_error(const Asker&, Reader& reader) {
    int code = 0;
    std::string locale;
    reader.integer("code", code, -100'000, 100'000);
    reader.text("locale", locale, 100);
    if (auto wrong = reader.finish()) return *wrong;
    const auto known = error_text(code);
    if (!known) return Error{ErrorKind::not_found, "there is no error " + std::to_string(code)};
    return json{{"code", known->code}, {"error", known->error}, {"text", known->text}}.dump();
  }

  // ---- reading ---------------------------------------------------------------------------------------------------------------

  static PageAsked read_page(Reader& reader) {
    PageAsked asked;
    reader.text("cursor", asked.after, kLongestCursor);
    reader.integer("limit", asked.limit, 1, kLongestPage);
    return asked;
  }

  Result<Work> work_of(const Asker& asker) {
    auto rows = pool_.query(
        "select t.job_id, t.attempt, t.record ->> 'contact_phone', c.agents::text from agent_state t "
        "left join job j on j.id = t.job_id left join campaign c on c.id = j.campaign_id "
        "where t.agent_id = $1 and t.record ->> 'session' = $2",
        Params{}.add(asker.agent.value).add(asker.session));
    if (!rows.ok()) return rows.error();
    Work out;
    if (rows->empty()) return out;
    if (const auto job = rows->optional_integer(0, 0)) out.job = JobId{*job};
    if (const auto attempt = rows->optional_string(0, 1)) out.attempt = parse_attempt_id(*attempt);
    out.phone = rows->optional_string(0, 2).value_or("");
    if (const auto text = rows->optional_string(0, 3)) {
      auto settings = agent_settings_from_json(*text);
      if (!settings.ok()) return Error{ErrorKind::internal, "a campaign's settings for agents cannot be read: " + settings.error().message};
      out.settings = std::move(*settings);
    }
    return out;
  }

  /// In the order of bytes, which no locale of the database changes.
  Result<std::vector<std::string>> sorted(const std::string& statement, const Params& params) {
    auto rows = pool_.query(statement, params);
    if (!rows.ok()) return rows.error();
    std::vector<std::string> out;
    for (size_t r = 0; r < rows->size(); ++r) out.push_back(rows->string(r, 0));
    std::sort(out.begin(), out.end());
    return out;
  }

  Result<std::string> names(Reader& reader, const std::string& statement, const Params& params) {
    const PageAsked asked = read_page(reader);
    if (auto wrong = reader.finish()) return *wrong;
    auto all = sorted(statement, params);
    if (!all.ok()) return all.error();
    return names_page(std::move(*all), asked);
  }

  pg::Pool& pool_;
  std::mutex mutex_;
  std::vector<std::string> time_zones_;
};

}  // namespace

std::unique_ptr<QuestionStore> make_pg_question_store(pg::Pool& pool) { return std::make_unique<PgQuestionStore>(pool); }

}  // namespace everdial::desk
