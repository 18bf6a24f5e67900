#include "model/agent_campaign.h"

#include "model/json_reader.h"

namespace everdial {
namespace {

using model_json::json;
using model_json::Reader;
using model_json::wrong;

constexpr size_t kLongestName = 100, kMostNames = 100;

void read_skills(Reader& reader, Skills& out) {
  const json* skills = reader.find("skills");
  if (!skills) return;
  if (!skills->is_object() || skills->size() > kMostNames)
    return reader.fail(wrong("skills", "must be an object of at most 100 names with a level each"));
  out.clear();
  for (const auto& [name, level] : skills->items()) {
    if (name.empty() || name.size() > kLongestName) return reader.fail(wrong("skills", "a name must be of 1 to 100 characters"));
    if (!level.is_number_integer() || level.get<int64_t>() < 1 || level.get<int64_t>() > 10)
      return reader.fail(wrong("skills/" + name, "must be a level from 1 to 10"));
    out[name] = level.get<int>();
  }
}

void read_codes(Reader& reader, std::vector<std::string>& out) {
  const json* codes = reader.find("codes");
  if (!codes) return;
  if (!codes->is_array() || codes->empty() || codes->size() > kMostNames)
    return reader.fail(wrong("codes", "must be an array of 1 to 100 names"));
  out.clear();
  for (const json& code : *codes) {
    if (!code.is_string() || code.get_ref<const std::string&>().empty() || code.get_ref<const std::string&>().size() > kLongestName)
      return reader.fail(wrong("codes", "each must be a name of 1 to 100 characters"));
    out.push_back(code.get<std::string>());
  }
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Result<AgentSettings> agent_settings_from_json(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Error{ErrorKind::invalid, "/: agent settings must be a JSON object"};
  AgentSettings out;
  Reader reader(parsed, "agent settings");
  reader.choice("pacing", out.pacing);
  reader.real("abandoned_most", out.abandoned_most, 0, 1);
  reader.integer("abandoned_days", out.abandoned_days, 1, 365);
  reader.seconds("answer_within_s", out.answer_within, 1, 30);
  reader.text("nuisance_prompt", out.nuisance_prompt, kLongestName);
  reader.seconds("wrapup_limit_s", out.wrapup_limit, 0, 3600);
  reader.seconds("wrapup_extension_s", out.wrapup_extension, 1, 3600);
  reader.integer("wrapup_extensions", out.wrapup_extensions, 0, 100);
  reader.seconds("preview_limit_s", out.preview_limit, 0, 3600);
  reader.integer("agents_most", out.agents_most, 0, 100'000);
  read_skills(reader, out.skills);
  read_codes(reader, out.codes);
  if (out.nuisance_prompt.find('/') != std::string::npos) reader.fail(wrong("nuisance_prompt", "must be a plain file name"));
  if (auto error = reader.finish()) return std::move(*error);
  return out;
}

std::string to_json(const AgentSettings& s) {
  return json{{"pacing", to_string(s.pacing)},
              {"abandoned_most", s.abandoned_most},
              {"abandoned_days", s.abandoned_days},
              {"answer_within_s", seconds(s.answer_within)},
              {"nuisance_prompt", s.nuisance_prompt},
              {"wrapup_limit_s", seconds(s.wrapup_limit)},
              {"wrapup_extension_s", seconds(s.wrapup_extension)},
              {"wrapup_extensions", s.wrapup_extensions},
              {"preview_limit_s", seconds(s.preview_limit)},
              {"agents_most", s.agents_most},
              {"skills", s.skills},
              {"codes", s.codes}}
      .dump();
}

}  // namespace everdial
