#include "list_manager/csv_machine.h"

#include <array>
#include <set>

#include "base/check.h"

namespace everdial {
namespace {

constexpr std::string_view separators = ",;\t|";
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

std::string_view without_spaces_around(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Names of columns do not look like this; telephone numbers, dates and ids do.
bool has_five_digits(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) >= 5;
}

/// Every column gets a name of its own, so that each can be mapped and each value is kept under a different attribute.
std::vector<std::string> unique_names(const std::vector<std::string_view>& titles) {
  std::vector<std::string> names;
  std::set<std::string, std::less<>> taken;
  for (const std::string_view title : titles) {
    std::string base{without_spaces_around(title)};
    if (base.empty()) base = "column_" + std::to_string(names.size() + 1);
    std::string name = base;
    for (int n = 2; !taken.insert(name).second; ++n) name = base + "_" + std::to_string(n);
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF (Unicode, table 3-7).
    int more;
    unsigned char low = 0x80, high = 0xBF;
    if (*p >= 0xC2 && *p <= 0xDF) {
      more = 1;
    } else if (*p >= 0xE0 && *p <= 0xEF) {
      more = 2;
      if (*p == 0xE0) low = 0xA0;
      if (*p == 0xED) high = 0x9F;
    } else if (*p >= 0xF0 && *p <= 0xF4) {
      more = 3;
      if (*p == 0xF0) low = 0x90;
      if (*p == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (end - p <= more || p[1] < low || p[1] > high) return false;
    for (int i = 2; i <= more; ++i)
      if (p[i] < 0x80 || p[i] > 0xBF) return false;
    p += more + 1;
  }
  return true;
}

CsvMachine::CsvMachine(CsvChoices choices, CsvLimits limits)
    : choices_(choices), limits_(limits), sampling_(true), names_pending_(true), byte_(0), row_(1) {}

CsvMachine::CsvMachine(CsvLayout layout, int64_t byte, int64_t row, CsvLimits limits)
    : limits_(limits), layout_(std::move(layout)), sampling_(false), names_pending_(false), byte_(byte), row_(row) {}

Status CsvMachine::feed(std::string_view bytes, CsvRows& out) {
  if (error_) return *error_;
  if (!sampling_) return parse(bytes, out);
  sample_.append(bytes);
  if (sample_.size() < limits_.sample) return success();
  if (Status decided = decide_layout(false); !decided.ok()) return decided;
  return parse(std::exchange(sample_, {}), out);
}

Status CsvMachine::finish(CsvRows& out) {
  if (error_) return *error_;
  if (sampling_) {
    if (Status decided = decide_layout(true); !decided.ok()) return decided;
    if (Status parsed = parse(std::exchange(sample_, {}), out); !parsed.ok()) return parsed;
  }
  if (state_ == State::quoted) return fail("a quoted field is not closed before the end of the file");
  if (!row_is_empty()) {
    if (Status ended = end_row(out); !ended.ok()) return ended;
  }
  if (names_pending_) {
    error_ = Error{ErrorKind::invalid, "the file is empty"};
    return *error_;
  }
  return success();
}

Status CsvMachine::decide_layout(bool whole_file) {
  sampling_ = false;
  if (sample_.starts_with("\xFF\xFE") || sample_.starts_with("\xFE\xFF")) {
    error_ = Error{ErrorKind::invalid, "the file is UTF-16; save it as UTF-8"};
    return *error_;
  }
  // Only the first bytes count, however many came with the last piece, so that cutting differently detects the same.
  std::string_view sample = std::string_view{sample_}.substr(0, limits_.sample);
  if (sample.starts_with(utf8_mark)) byte_ = utf8_mark.size();
  sample.remove_prefix(static_cast<size_t>(byte_));
  CsvLayout best;
  CsvRows best_rows;
  double best_score = -1;
  for (const char separator : choices_.separator ? std::string_view{&*choices_.separator, 1} : separators) {
    CsvMachine trial(CsvLayout{.separator = separator}, byte_, 1, limits_);
    CsvRows rows;
    const bool clean = trial.parse(sample, rows).ok() && (!whole_file || trial.finish(rows).ok());
    const size_t fields = rows.rows().empty() ? 0 : rows.rows().front().fields;
    const auto alike = std::count_if(rows.rows().begin(), rows.rows().end(), [&](const auto& row) { return row.fields == fields; });
    // A separator that cuts every row into the same number of fields is the one; more fields decide between equals.
    const double score = fields < 2 ? 0
                                    : static_cast<double>(alike) / static_cast<double>(rows.rows().size()) + (clean ? 1 : 0) +
                                          static_cast<double>(fields) / 1e6;
    if (score > best_score) {
      best_score = score;
      best.separator = separator;
      best_rows = std::move(rows);
    }
  }
  best.header = true;
  if (choices_.header) {
    best.header = *choices_.header;
  } else if (!best_rows.rows().empty()) {
    const auto& first = best_rows.rows().front();
    for (size_t i = 0; i < first.fields; ++i) best.header = best.header && !has_five_digits(best_rows.field(first, i));
  }
  layout_ = std::move(best);
  sample_.erase(0, static_cast<size_t>(byte_));
  return success();
}

Status CsvMachine::parse(std::string_view bytes, CsvRows& out) {
  const char separator = layout_->separator;
  std::array<bool, 256> stops{};
  for (const char c : {separator, '\r', '\n', '\0'}) stops[static_cast<unsigned char>(c)] = true;
  const auto is_line_end = [](char c) { return c == '\r' || c == '\n'; };

  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const int64_t first_byte = byte_;
  for (const char* p = begin; p < end;) {
    byte_ = first_byte + (p - begin);
    switch (state_) {
      case State::field_start:
        if (row_is_empty()) {
          // \r\n is a line end and an empty line, and empty lines are nothing: so no state is needed between \r and \n.
          if (is_line_end(*p)) {
            ++p;
            break;
          }
          row_first_byte_ = byte_;
        }
        if (*p == '"') {
          state_ = State::quoted;
          ++p;
        } else {
          state_ = State::unquoted;
        }
        break;
      case State::unquoted:
      case State::quoted: {
        const char* run = p;
        unsigned char bits = 0;
        if (state_ == State::quoted) {
          for (; p < end && *p != '"' && *p != '\0'; ++p) bits |= static_cast<unsigned char>(*p);
        } else {
          for (; p < end && !stops[static_cast<unsigned char>(*p)]; ++p) bits |= static_cast<unsigned char>(*p);
        }
        seen_bits_ |= bits;
        if (Status appended = append({run, static_cast<size_t>(p - run)}); !appended.ok()) return appended;
        if (p == end) break;
        if (*p == '\0') return fail("a NUL byte; is this a text file in UTF-8?");
        if (state_ == State::quoted) {
          state_ = State::quote_in_quoted;
          ++p;
          break;
        }
        [[fallthrough]];
      }
      case State::quote_in_quoted:
        if (*p == separator) {
          if (Status ended = end_field(); !ended.ok()) return ended;
          ++p;
        } else if (is_line_end(*p)) {
          ++p;
          byte_ = first_byte + (p - begin);
          if (Status ended = end_row(out); !ended.ok()) return ended;
        } else if (*p == '"') {
          state_ = State::quoted;
          if (Status appended = append("\""); !appended.ok()) return appended;
          ++p;
        } else {
          return fail("text after a closing quote; a quote inside a quoted field is written twice");
        }
        break;
    }
  }
  byte_ = first_byte + static_cast<int64_t>(bytes.size());
  return success();
}

Status CsvMachine::append(std::string_view run) {
  if (text_.size() - field_ends_.back() + run.size() > limits_.field)
    return fail("a field is longer than " + std::to_string(limits_.field) + " bytes; is a quote not closed?");
  text_.append(run);
  return success();
}

Status CsvMachine::end_field() {
  if ((seen_bits_ & 0x80) && !is_utf8(std::string_view{text_}.substr(field_ends_.back()))) return fail("not UTF-8; save the file as UTF-8");
  if (field_ends_.size() > limits_.columns) return fail("more than " + std::to_string(limits_.columns) + " columns");
  field_ends_.push_back(text_.size());
  seen_bits_ = 0;
  state_ = State::field_start;
  return success();
}

Status CsvMachine::end_row(CsvRows& out) {
  if (Status ended = end_field(); !ended.ok()) return ended;
  bool is_header = false;
  if (names_pending_) {
    std::vector<std::string_view> titles(field_ends_.size() - 1);
    if (layout_->header)
      for (size_t i = 0; i < titles.size(); ++i)
        titles[i] = std::string_view{text_}.substr(field_ends_[i], field_ends_[i + 1] - field_ends_[i]);
    layout_->columns = unique_names(titles);
    is_header = layout_->header;
    names_pending_ = false;
  }
  if (!is_header) {
    if (row_ > limits_.rows) return fail("more than " + std::to_string(limits_.rows) + " rows");
    out.rows_.push_back(
        {row_, row_first_byte_, byte_, static_cast<uint32_t>(out.field_ends_.size() - 1), static_cast<uint32_t>(field_ends_.size() - 1)});
    const size_t offset = out.text_.size();
    out.text_.append(text_);
    for (size_t i = 1; i < field_ends_.size(); ++i) out.field_ends_.push_back(offset + field_ends_[i]);
    ++row_;
  }
  text_.clear();
  field_ends_.resize(1);
  return success();
}

Status CsvMachine::fail(std::string_view what) {
  const size_t column = field_ends_.size();
  std::string where = names_pending_ && layout_->header ? "header" : "row " + std::to_string(row_);
  where += ", column " + std::to_string(column);
  if (column <= layout_->columns.size()) where += " (" + layout_->columns[column - 1] + ")";
  error_ = Error{ErrorKind::invalid, where + ": " + std::string(what)};
  return *error_;
}

}  // namespace everdial
