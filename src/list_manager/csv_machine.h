#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace everdial {

struct CsvLimits {
  size_t field = 32 * 1024;  ///< bytes of one field
  size_t columns = 500;
  int64_t rows = 100'000'000;
  size_t sample = 64 * 1024;  ///< so many first bytes decide separator and header
};

/// What a person may fix instead of having it detected.
struct CsvChoices {
  std::optional<char> separator;
  std::optional<bool> header;
  bool operator==(const CsvChoices&) const = default;
};

/// How the file is to be read: detected once from its first bytes, then kept with the checkpoint.
struct CsvLayout {
  char separator = ',';
  bool header = true;
  std::vector<std::string> columns;  ///< unique names: the header's, or column_1, column_2, ...
  bool operator==(const CsvLayout&) const = default;
};

/// Complete rows, all in one piece of memory.
class CsvRows {
 public:
  struct Row {
    int64_t number = 0;      ///< 1 is the first row after the header; empty lines have none
    int64_t first_byte = 0;  ///< of the row in the file
    int64_t end_byte = 0;    ///< after its line end: reading may begin anew here, with row number + 1
    uint32_t first_field = 0;
    uint32_t fields = 0;
  };

  const std::vector<Row>& rows() const { return rows_; }
  std::string_view field(const Row& row, size_t column) const {
    const size_t i = row.first_field + column;
    return std::string_view{text_}.substr(field_ends_[i], field_ends_[i + 1] - field_ends_[i]);
  }

 private:
  friend class CsvMachine;
  std::string text_;
  std::vector<size_t> field_ends_{0};  ///< field i is text_[field_ends_[i], field_ends_[i + 1])
  std::vector<Row> rows_;
};

/// Reads CSV (RFC 4180, with any of , ; tab | as separator and any line ends) fed in pieces of any size. How the bytes are cut into
/// pieces changes nothing. An error is final, names row and column, and comes after all rows before it have been given out.
class CsvMachine {
 public:
  /// From the start of a file.
  CsvMachine(CsvChoices choices, CsvLimits limits);
  /// From a place where a row begins: the end_byte of the row before.
  CsvMachine(CsvLayout layout, int64_t byte, int64_t row, CsvLimits limits);

  /// Appends the rows that are complete now.
  Status feed(std::string_view bytes, CsvRows& out);
  /// The file ends here.
  Status finish(CsvRows& out);

  /// Known once a row, or the header alone, has been read.
  const std::optional<CsvLayout>& layout() const { return layout_; }

 private:
  enum class State { field_start, unquoted, quoted, quote_in_quoted };

  Status decide_layout(bool whole_file);
  Status parse(std::string_view bytes, CsvRows& out);
  Status append(std::string_view run);
  Status end_field();
  Status end_row(CsvRows& out);
  Status fail(std::string_view what);
  bool row_is_empty() const { return state_ == State::field_start && field_ends_.size() == 1; }

  CsvChoices choices_;
  CsvLimits limits_;
  std::optional<CsvLayout> layout_;
  bool sampling_;
  bool names_pending_;  ///< the first row will tell the columns' names or at least their number
  std::string sample_;
  std::optional<Error> error_;

  State state_ = State::field_start;
  int64_t byte_;  ///< of the file, the next to be parsed
  int64_t row_;
  int64_t row_first_byte_ = 0;
  std::string text_;  ///< of the row under way, and where its fields end in it
  std::vector<size_t> field_ends_{0};
  unsigned char seen_bits_ = 0;  ///< all bytes of the field under way or-ed: tells whether there is more than ASCII
};

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace everdial
