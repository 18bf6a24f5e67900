#include "model/agent_campaign.h"

#include <algorithm>
#include <set>

#include "model/json_reader.h"

namespace everdial {
namespace {

using model_json::json;
using model_json::read_inside;
using model_json::Reader;
using model_json::wrong;

constexpr size_t kLongestName = 100, kLongestText = 200, kLongestUrl = 2000, kMostNames = 100;

std::optional<std::string> name_of(const json& given) {
  if (!given.is_string()) return std::nullopt;
  const auto& name = given.get_ref<const std::string&>();
  if (name.empty() || name.size() > kLongestName || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

Result<Skills> skills_of(const json& skills) {
  if (!skills.is_object() || skills.size() > kMostNames)
    return Error{ErrorKind::invalid, "/: must be an object of at most 100 names with a level each"};
  Skills out;
  for (const auto& [name, level] : skills.items()) {
    if (!name_of(name)) return Error{ErrorKind::invalid, "/: a name must be of 1 to 100 characters"};
    if (!level.is_number_integer() || level.get<int64_t>() < 1 || level.get<int64_t>() > 10)
      return wrong(name, "must be a level from 1 to 10");
    out[name] = level.get<int>();
  }
  return out;
}

/// Each a word alone, or a word with its text.
Result<std::vector<CodeText>> codes_of(const json& codes) {
  if (!codes.is_array() || codes.empty() || codes.size() > kMostNames)
    return Error{ErrorKind::invalid, "/: must be an array of 1 to 100 codes"};
  std::vector<CodeText> out;
  std::set<std::string> known;
  for (size_t i = 0; i < codes.size(); ++i) {
    const json one = codes[i].is_string() ? json{{"code", codes[i]}} : codes[i];
    const std::string where = std::to_string(i);
    if (!one.is_object()) return wrong(where, "must be a code, or an object with code and text");
    Reader fields(one, "a code");
    CodeText& read = out.emplace_back();
    fields.text("code", read.code, kLongestName);
    fields.text("text", read.text, kLongestText);
    if (const auto error = fields.finish()) return Error{error->kind, "/" + where + error->message};
    if (read.code.empty()) return wrong(where + "/code", "must be of 1 to 100 characters");
    if (!known.insert(read.code).second) return wrong(where + "/code", "stands in the list before");
  }
  return out;
}

Result<std::vector<std::string>> names_of(const json& names) {
  if (!names.is_array() || names.size() > kMostNames) return Error{ErrorKind::invalid, "/: must be an array of at most 100 names"};
  std::vector<std::string> out;
  for (const json& one : names) {
    auto name = name_of(one);
    if (!name) return Error{ErrorKind::invalid, "/: each must be a name of 1 to 100 characters"};
    out.push_back(std::move(*name));
  }
  return out;
}

/// Desktops load it into a page: nothing but the web's own addresses.
void read_url(Reader& reader, const char* field, std::string& out) {
  reader.text(field, out, kLongestUrl);
  const bool is_web = out.starts_with("https://") || out.starts_with("http://");
  const bool is_plain = std::all_of(out.begin(), out.end(), [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>'; });
  if (!out.empty() && (!is_web || !is_plain)) reader.fail(wrong(field, "must be an address as https://scripts.example/spring"));
}

json codes_json(const std::vector<CodeText>& codes) {
  json out = json::array();
  for (const CodeText& one : codes) out.push_back({{"code", one.code}, {"text", one.text}});
  return out;
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
  read_inside(reader, "skills", out.skills, skills_of);
  read_inside(reader, "codes", out.codes, codes_of);
  read_inside(reader, "masked_attributes", out.masked_attributes, names_of);
  read_inside(reader, "read_only_attributes", out.read_only_attributes, names_of);
  reader.boolean("mask_phone", out.mask_phone);
  read_url(reader, "script", out.script);
  read_url(reader, "auxiliary_script", out.auxiliary_script);
  if (out.script.empty() && !out.auxiliary_script.empty()) reader.fail(wrong("auxiliary_script", "stands in for `script`, which is empty"));
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
              {"codes", codes_json(s.codes)},
              {"masked_attributes", s.masked_attributes},
              {"read_only_attributes", s.read_only_attributes},
              {"mask_phone", s.mask_phone},
              {"script", s.script},
              {"auxiliary_script", s.auxiliary_script}}
      .dump();
}

Result<Skills> skills_from_json(const std::string& text) { return skills_of(json::parse(text, nullptr, false)); }

std::string to_json(const Skills& skills) { return json(skills).dump(); }

Result<std::vector<CodeText>> reasons_from_json(const std::string& text) { return codes_of(json::parse(text, nullptr, false)); }

std::string to_json(const std::vector<CodeText>& codes) { return codes_json(codes).dump(); }

const std::vector<CodeText>& usual_reasons() {
  static const std::vector<CodeText> usual = {{"break", "Break"}, {"meeting", "Meeting"}, {"training", "Training"}, {"other", "Other"}};
  return usual;
}

}  // namespace everdial
