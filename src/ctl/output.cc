#include "ctl/output.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace everdial::ctl {
namespace {

using nlohmann::json;

size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, size_t width, bool right) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return right ? blanks + text : text + blanks;
}

/// Whether YAML reads it back as this very text without quotes.
bool is_plain(const std::string& text) {
  static const std::vector<std::string> words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool letter_first = !text.empty() && std::isalpha(static_cast<unsigned char>(text[0]));
  return letter_first && std::find(words.begin(), words.end(), lower) == words.end() && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || std::string("_-./@").find(c) != std::string::npos;
         });
}

std::string scalar(const json& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>())) return value.get<std::string>();
  return value.dump();  // JSON's quoting is YAML's too, and empty lists and objects are flow style
}

void write_yaml(std::ostream& out, const json& value, const std::string& indent) {
  const bool list = value.is_array();
  bool first = true;
  for (auto it = value.begin(); it != value.end(); ++it) {
    // The first member of an object in a list stands beside the list's dash.
    out << (std::exchange(first, false) ? "" : indent);
    out << (list ? "-" : scalar(it.key()) + ":");
    if (!it->is_structured() || it->empty()) {
      out << " " << scalar(*it) << "\n";
    } else if (list) {
      out << " ";
      write_yaml(out, *it, indent + "  ");
    } else {
      out << "\n" << indent << "  ";
      write_yaml(out, *it, indent + "  ");
    }
  }
}

}  // namespace

std::string list_of(const json& texts) {
  std::string out;
  for (const json& text : texts) out += (out.empty() ? "" : ", ") + text.get<std::string>();
  return out.empty() ? "nobody" : out;
}

std::string human(const json& value) {
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_string()) return value.dump();
  std::string text = value.get<std::string>();
  // Times to the second; control characters of the outside world are not for the terminal.
  if (text.size() >= 20 && text[4] == '-' && text[10] == 'T' && text.back() == 'Z') text = text.substr(0, 10) + " " + text.substr(11, 8);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::string table(const std::vector<Column>& columns, const std::vector<json>& rows) {
  std::vector<std::vector<std::string>> cells;
  std::vector<size_t> widths;
  std::vector<bool> right(columns.size(), !rows.empty());
  for (const Column& c : columns) widths.push_back(width_of(c.heading));
  for (const json& row : rows) {
    auto& line = cells.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) {
      const json value = row.value(json::json_pointer(columns[i].pointer), json());
      right[i] = right[i] && (value.is_number() || value.is_null());
      line.push_back(human(value));
      widths[i] = std::max(widths[i], width_of(line.back()));
    }
  }
  std::string out;
  const auto add = [&](const auto& text_of) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) line += (i ? "  " : "") + padded(text_of(i), widths[i], right[i]);
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  };
  add([&](size_t i) { return columns[i].heading; });
  for (const auto& line : cells) add([&](size_t i) { return line[i]; });
  return out;
}

std::string members(const json& object) {
  size_t width = 0;
  for (const auto& [name, value] : object.items()) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : object.items()) out += padded(name, width, false) + "  " + human(value) + "\n";
  return out;
}

std::string yaml(const json& value) {
  if (!value.is_structured() || value.empty()) return scalar(value) + "\n";
  std::ostringstream out;
  write_yaml(out, value, "");
  return out.str();
}

std::string bar(int64_t done, int64_t all) {
  constexpr int width = 30;
  const double share = all > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(all), 0.0, 1.0) : 0;
  const int filled = static_cast<int>(share * width);
  std::string percent = std::to_string(static_cast<int>(std::floor(share * 100)));
  return "[" + std::string(static_cast<size_t>(filled), '#') + std::string(static_cast<size_t>(width - filled), ' ') + "] " +
         padded(percent, 3, true) + " %";
}

}  // namespace everdial::ctl
