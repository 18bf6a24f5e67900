#include "list_manager/import_machine.h"

#include "base/check.h"
#include "base/overloaded.h"
#include "list_manager/column_roles.h"
#include "model/local_time.h"

namespace everdial {
namespace {

/// `text` as a JSON string, quotes included. It is valid UTF-8.
void append_json_string(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  size_t clean = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(clean, i - clean));
    clean = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += hex[c >> 4];
        out += hex[c & 15];
    }
  }
  out.append(text.substr(clean));
  out += '"';
}

/// The first characters, never half of one.
std::string start_of(std::string_view text) {
  size_t characters = 0, end = 0;
  for (; end < text.size(); ++end)
    if ((text[end] & 0xC0) != 0x80 && characters++ == reject_value_characters) break;
  return std::string(text.substr(0, end));
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// E.164 has at most 15 digits and no zero first: the number itself tells them apart.
uint64_t digits_of(std::string_view e164) {
  uint64_t digits = 0;
  for (const char c : e164.substr(1)) digits = digits * 10 + static_cast<uint64_t>(c - '0');
  return digits;
}

CsvMachine machine_for(const Import& import, const CsvLimits& limits) {
  if (import.layout) return CsvMachine{import.layout->csv, import.checkpoint.byte, import.checkpoint.row, limits};
  return CsvMachine{import.options.csv, limits};
}

}  // namespace

ImportMachine::ImportMachine(const Import& import, ImportLimits limits)
    : import_(import),
      limits_(limits),
      csv_(machine_for(import, limits.csv)),
      saved_(import.checkpoint),
      read_(import.checkpoint),
      fed_(import.checkpoint.byte) {
  if (!import_.options.default_region.empty()) import_.default_region = import_.options.default_region;
  if (PhoneNumbers::is_region(import_.default_region)) phones_.emplace(import_.default_region);
  if (import_.layout) {
    layout_ = import_.layout;
    fix_layout(layout_->roles);
  }
}

std::vector<ImportEffect> ImportMachine::step(const ImportInput& input, Instant) {
  std::vector<ImportEffect> effects;
  if (ended_) return effects;
  if (!phones_) {
    finish(ImportState::failed,
           "\"" + import_.default_region + "\" is not a region for numbers without country code; use one like US, DE, GB", effects);
    return effects;
  }
  const bool at_end = std::holds_alternative<FileEnded>(input);
  if (!at_end) {
    fed_ += static_cast<int64_t>(std::get<BytesRead>(input).data.size());
  } else if (fed_ != import_.size_bytes) {
    finish(ImportState::failed,
           "only " + std::to_string(fed_) + " of the file's " + std::to_string(import_.size_bytes) + " bytes are there; upload it again",
           effects);
    return effects;
  }
  CsvRows rows;
  const Status parsed = at_end ? csv_.finish(rows) : csv_.feed(std::get<BytesRead>(input).data, rows);
  // Rows before an error are good: they are kept.
  take_rows(rows, effects);
  if (ended_) return effects;
  if (!parsed.ok()) {
    finish(ImportState::failed, parsed.error().message, effects);
  } else if (at_end) {
    if (!layout_) {
      // A header alone: nothing to import, but a file without a number column is still the wrong file.
      auto roles = choose_columns(*csv_.layout(), import_.options, {});
      if (!roles.ok()) {
        finish(ImportState::failed, roles.error().message, effects);
        return effects;
      }
      fix_layout(*roles);
    }
    read_.byte = import_.size_bytes;
    finish(ImportState::completed, "", effects);
  }
  return effects;
}

void ImportMachine::take_rows(const CsvRows& rows, std::vector<ImportEffect>& effects) {
  for (const CsvRows::Row& row : rows.rows()) {
    if (!layout_) {
      auto roles = choose_columns(*csv_.layout(), import_.options, columns_of(rows, row));
      if (!roles.ok()) return finish(ImportState::failed, roles.error().message, effects);
      fix_layout(*roles);
    }
    take_row(rows, row);
    bytes_ += static_cast<size_t>(row.end_byte - read_.byte);
    read_ = {row.end_byte, row.number + 1};
    if (read_.row - saved_.row >= limits_.rows_per_save || bytes_ >= limits_.bytes_per_save) save(effects);
  }
}

void ImportMachine::take_row(const CsvRows& rows, const CsvRows::Row& row) {
  const ColumnRoles& roles = layout_->roles;
  const std::vector<std::string>& columns = layout_->csv.columns;
  const auto field = [&](size_t column) { return column < row.fields ? rows.field(row, column) : std::string_view{}; };
  if (row.fields > columns.size()) {
    return reject(row.number, "column_" + std::to_string(columns.size() + 1), rows.field(row, columns.size()),
                  "the row has " + std::to_string(row.fields) + " fields, the file " + std::to_string(columns.size()) + " columns");
  }
  PhoneReading phone = phones_->read(field(roles.phone));
  if (!phone.refusal.empty()) return reject(row.number, columns[roles.phone], field(roles.phone), std::string(phone.refusal));
  const std::string_view own_zone = roles.time_zone ? trimmed(field(*roles.time_zone)) : std::string_view{};
  const bool contacts = import_.kind == FileKind::contacts;
  if (contacts && !own_zone.empty() && !is_known_zone(own_zone))
    return reject(row.number, columns[*roles.time_zone], own_zone, "not an IANA time zone, such as America/New_York");
  if (!numbers_.insert(digits_of(phone.e164)).second) {
    ++repeats_;
    return;
  }
  if (contacts) {
    accepted_.time_zones.emplace_back(own_zone.empty() ? time_zone_of(phone.e164, import_.time_zone) : own_zone);
    const std::string_view ref = roles.ref ? trimmed(field(*roles.ref)) : std::string_view{};
    accepted_.refs.push_back(ref.empty() ? std::nullopt : std::optional<std::string>{ref});
    append_attributes(rows, row);
  }
  accepted_.phones.push_back(std::move(phone.e164));
  accepted_.rows.push_back(row.number);
}

void ImportMachine::reject(int64_t row, std::string_view column, std::string_view value, std::string reason) {
  rejects_.push_back({row, std::string(column), start_of(value), std::move(reason)});
}

void ImportMachine::append_attributes(const CsvRows& rows, const CsvRows::Row& row) {
  std::string json;
  json.reserve(static_cast<size_t>(row.end_byte - row.first_byte) * 2);
  for (size_t i = 0; i < row.fields; ++i) {
    if (attribute_keys_[i].empty()) continue;
    json += json.empty() ? '{' : ',';
    json += attribute_keys_[i];
    append_json_string(json, rows.field(row, i));
  }
  json += json.empty() ? "{}" : "}";
  accepted_.attributes.push_back(std::move(json));
}

bool ImportMachine::is_known_zone(std::string_view zone) {
  if (const auto known = zones_.find(zone); known != zones_.end()) return known->second;
  return zones_.emplace(std::string(zone), is_time_zone(std::string(zone))).first->second;
}

void ImportMachine::save(std::vector<ImportEffect>& effects) {
  if (read_ == saved_) return;
  effects.emplace_back(SaveRows{.from = std::exchange(saved_, read_),
                                .to = read_,
                                .accepted = std::exchange(accepted_, {}),
                                .repeats = std::exchange(repeats_, 0),
                                .rejects = std::exchange(rejects_, {}),
                                .layout = *layout_});
  effects.emplace_back(RowsKept{});
  numbers_.clear();
  bytes_ = 0;
}

void ImportMachine::finish(ImportState state, std::string error, std::vector<ImportEffect>& effects) {
  save(effects);
  effects.emplace_back(FinishImport{state, std::move(error)});
  effects.emplace_back(LeaveImport{});
  ended_ = true;
}

std::vector<std::string_view> ImportMachine::columns_of(const CsvRows& rows, const CsvRows::Row& row) const {
  std::vector<std::string_view> values;
  for (size_t i = 0; i < row.fields; ++i) values.push_back(rows.field(row, i));
  return values;
}

void ImportMachine::fix_layout(ColumnRoles roles) {
  if (!layout_) layout_ = ImportLayout{*csv_.layout(), roles};
  attribute_keys_.clear();
  for (size_t i = 0; i < layout_->csv.columns.size(); ++i) {
    std::string key;
    if (i != roles.phone && i != roles.ref && i != roles.time_zone) {
      append_json_string(key, layout_->csv.columns[i]);
      key += ':';
    }
    attribute_keys_.push_back(std::move(key));
  }
}

}  // namespace everdial
