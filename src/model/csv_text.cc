#include "model/csv_text.h"

namespace everdial {

std::string csv_field(std::string_view text) {
  std::string out = "\"";
  const bool signed_number =
      text.size() > 1 && (text[0] == '+' || text[0] == '-') && text.find_first_not_of("0123456789 ().-", 1) == std::string_view::npos;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos && !signed_number) out += '\'';
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string csv_row(const std::vector<std::optional<std::string>>& fields) {
  std::string out;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    if (fields[i]) out += csv_field(*fields[i]);
  }
  return out + "\r\n";
}

}  // namespace everdial
