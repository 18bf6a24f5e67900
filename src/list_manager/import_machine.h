#pragma once

#include <unordered_set>

#include "base/time.h"
#include "list_manager/import_types.h"
#include "list_manager/phone_numbers.h"

namespace everdial {

struct ImportLimits {
  int64_t rows_per_save = 5'000;
  size_t bytes_per_save = 4 << 20;  ///< rows may be long: a save is cut at either
  CsvLimits csv;
};

/// Turns the bytes of one file into contacts or DNC numbers, rejects and checkpoints. Where it is resumed changes nothing: an import
/// broken off after any SaveRows and taken up at its checkpoint gives the same rows.
class ImportMachine {
 public:
  explicit ImportMachine(const Import& import, ImportLimits limits = {});

  std::vector<ImportEffect> step(const ImportInput& input, Instant now);
  bool ended() const { return ended_; }

 private:
  void take_rows(const CsvRows& rows, std::vector<ImportEffect>& effects);
  void take_row(const CsvRows& rows, const CsvRows::Row& row);
  void reject(int64_t row, std::string_view column, std::string_view value, std::string reason);
  void append_attributes(const CsvRows& rows, const CsvRows::Row& row);
  bool is_known_zone(std::string_view zone);
  void save(std::vector<ImportEffect>& effects);
  void finish(ImportState state, std::string error, std::vector<ImportEffect>& effects);
  std::vector<std::string_view> columns_of(const CsvRows& rows, const CsvRows::Row& row) const;
  void fix_layout(ColumnRoles roles);

  Import import_;
  ImportLimits limits_;
  CsvMachine csv_;
  std::optional<PhoneNumbers> phones_;
  std::optional<ImportLayout> layout_;
  std::vector<std::string> attribute_keys_;  ///< by column: the key as JSON with its colon, empty for columns with a role
  ImportCheckpoint saved_, read_;
  int64_t fed_;  ///< all bytes before it were given
  AcceptedRows accepted_;
  std::unordered_set<uint64_t> numbers_;  ///< those in accepted_, as digits
  int64_t repeats_ = 0;
  std::vector<Reject> rejects_;
  size_t bytes_ = 0;  ///< of the rows not saved
  std::map<std::string, bool, std::less<>> zones_;
  bool ended_ = false;
};

}  // namespace everdial
