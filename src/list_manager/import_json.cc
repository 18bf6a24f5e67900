#include "list_manager/import_json.h"

#include <nlohmann/json.hpp>

namespace everdial {

using nlohmann::json;

std::string to_json(const ImportLayout& layout) {
  json out = {{"separator", std::string(1, layout.csv.separator)},
              {"header", layout.csv.header},
              {"columns", layout.csv.columns},
              {"phone", layout.roles.phone}};
  if (layout.roles.ref) out["ref"] = *layout.roles.ref;
  if (layout.roles.time_zone) out["time_zone"] = *layout.roles.time_zone;
  return out.dump();
}

Result<ImportLayout> layout_from_json(const std::string& text) {
  const json in = json::parse(text, nullptr, false);
  const auto column = [&](const char* key) -> std::optional<size_t> {
    if (!in.contains(key) || !in[key].is_number_unsigned() || in[key].get<size_t>() >= in["columns"].size()) return std::nullopt;
    return in[key].get<size_t>();
  };
  const bool whole = in.is_object() && in.contains("separator") && in["separator"].is_string() &&
                     in["separator"].get_ref<const std::string&>().size() == 1 && in.contains("header") && in["header"].is_boolean() &&
                     in.contains("columns") && in["columns"].is_array() &&
                     std::all_of(in["columns"].begin(), in["columns"].end(), [](const json& name) { return name.is_string(); }) &&
                     column("phone");
  if (!whole) return Error{ErrorKind::internal, "the stored layout of the import cannot be read: " + text.substr(0, 200)};
  return ImportLayout{
      .csv = {.separator = in["separator"].get_ref<const std::string&>()[0],
              .header = in["header"].get<bool>(),
              .columns = in["columns"].get<std::vector<std::string>>()},
      .roles = {.phone = *column("phone"), .ref = column("ref"), .time_zone = column("time_zone")},
  };
}

std::string to_json(const ImportOptions& options) {
  json out = json::object();
  if (options.csv.separator) out["separator"] = std::string(1, *options.csv.separator);
  if (options.csv.header) out["header"] = *options.csv.header;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) out[key] = value;
  };
  put("phone_column", options.phone_column);
  put("ref_column", options.ref_column);
  put("time_zone_column", options.time_zone_column);
  put("default_region", options.default_region);
  return out.dump();
}

Result<ImportOptions> options_from_json(const std::string& text) {
  const json in = json::parse(text, nullptr, false);
  if (!in.is_object()) return Error{ErrorKind::invalid, "import options: a JSON object is expected"};
  ImportOptions options;
  const std::map<std::string, std::string*, std::less<>> names = {{"phone_column", &options.phone_column},
                                                                  {"ref_column", &options.ref_column},
                                                                  {"time_zone_column", &options.time_zone_column},
                                                                  {"default_region", &options.default_region}};
  for (const auto& [key, value] : in.items()) {
    const std::string where = "import options, /" + key + ": ";
    if (key == "separator") {
      if (!value.is_string() || value.get_ref<const std::string&>().size() != 1 || !strchr(",;\t|", value.get_ref<const std::string&>()[0]))
        return Error{ErrorKind::invalid, where + "one of , ; | and tab is expected"};
      options.csv.separator = value.get_ref<const std::string&>()[0];
    } else if (key == "header") {
      if (!value.is_boolean()) return Error{ErrorKind::invalid, where + "true or false is expected"};
      options.csv.header = value.get<bool>();
    } else if (const auto name = names.find(key); name != names.end()) {
      if (!value.is_string()) return Error{ErrorKind::invalid, where + "a text is expected"};
      *name->second = value.get<std::string>();
    } else {
      return Error{ErrorKind::invalid,
                   where + "not known; there are separator, header, phone_column, ref_column, time_zone_column and default_region"};
    }
  }
  return options;
}

}  // namespace everdial
