#include "list_manager/csv_machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace everdial {
namespace {

struct ReadRow {
  int64_t number, first_byte, end_byte;
  std::vector<std::string> fields;
  bool operator==(const ReadRow&) const = default;
};
struct Read {
  std::vector<ReadRow> rows;
  std::optional<CsvLayout> layout;
  std::string error;
};

std::vector<ReadRow> copied(const CsvRows& rows) {
  std::vector<ReadRow> out;
  for (const CsvRows::Row& row : rows.rows()) {
    ReadRow copy{row.number, row.first_byte, row.end_byte, {}};
    for (size_t i = 0; i < row.fields; ++i) copy.fields.emplace_back(rows.field(row, i));
    out.push_back(std::move(copy));
  }
  return out;
}

/// Feeds `file` in pieces of the given sizes, the rest at once.
Read read(CsvMachine machine, std::string_view file, const std::vector<size_t>& pieces = {}) {
  Read result;
  CsvRows rows;
  Status status = success();
  size_t at = 0;
  for (const size_t piece : pieces) {
    if (!status.ok()) break;
    status = machine.feed(file.substr(at, piece), rows);
    at = std::min(file.size(), at + piece);
  }
  if (status.ok()) status = machine.feed(file.substr(at), rows);
  if (status.ok()) status = machine.finish(rows);
  result.rows = copied(rows);
  result.layout = machine.layout();
  if (!status.ok()) result.error = status.error().message;
  return result;
}
Read read(std::string_view file, CsvLimits limits = {}, CsvChoices choices = {}) { return read(CsvMachine{choices, limits}, file); }

std::vector<std::vector<std::string>> fields(const Read& result) {
  std::vector<std::vector<std::string>> out;
  for (const ReadRow& row : result.rows) out.push_back(row.fields);
  return out;
}
using Fields = std::vector<std::vector<std::string>>;

TEST(CsvMachine, reads_quoted_fields_with_separators_quotes_and_line_ends_inside) {
  const Read result = read("phone,note\n2125550100,\"one, \"\"two\"\"\r\nthree\"\n2125550101,\n");
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.layout->columns, (std::vector<std::string>{"phone", "note"}));
  EXPECT_EQ(fields(result), (Fields{{"2125550100", "one, \"two\"\r\nthree"}, {"2125550101", ""}}));
}

TEST(CsvMachine, detects_each_separator_by_rows_of_equal_length) {
  for (const char separator : {',', ';', '\t', '|'}) {
    std::string file = "name_phone_city\nAnn, Lee; MA_2125550100_Boston\nBob_2125550101_Austin\n";
    // The words hold commas and semicolons: only the true separator cuts every row alike.
    if (separator == ',') file = "name_phone_city\nAnn; Lee_2125550100_Boston\nBob_2125550101_Austin\n";
    if (separator == ';') file = "name_phone_city\nAnn, Lee_2125550100_Boston\nBob_2125550101_Austin\n";
    std::replace(file.begin(), file.end(), '_', separator);
    const Read result = read(file);
    EXPECT_EQ(result.layout->separator, separator);
    EXPECT_EQ(result.layout->columns.size(), 3u);
    EXPECT_EQ(result.rows.size(), 2u);
  }
}

TEST(CsvMachine, takes_any_line_ends_and_counts_no_empty_lines) {
  for (const std::string_view end : {"\n", "\r\n", "\r", "\n\n", "\r\n\r\n"}) {
    const std::string file = std::string("phone") + std::string(end) + "1" + std::string(end) + "2";
    const Read result = read(file);
    EXPECT_EQ(fields(result), (Fields{{"1"}, {"2"}}));
    EXPECT_EQ(result.rows[1].number, 2);
    EXPECT_EQ(result.rows[1].first_byte, static_cast<int64_t>(file.size()) - 1);
  }
}

TEST(CsvMachine, knows_a_header_from_a_first_row_of_numbers) {
  EXPECT_TRUE(read("phone,name\n2125550100,Ann\n").layout->header);
  const Read bare = read("2125550100,Ann\n2125550101,Bob\n");
  EXPECT_FALSE(bare.layout->header);
  EXPECT_EQ(bare.layout->columns, (std::vector<std::string>{"column_1", "column_2"}));
  EXPECT_EQ(bare.rows.size(), 2u);
  EXPECT_FALSE(read("phone,name\n", {}, {.header = false}).layout->header);
}

TEST(CsvMachine, gives_every_column_a_name_of_its_own) {
  EXPECT_EQ(read("phone, name ,,name,name_2\n1,2,3,4,5\n").layout->columns,
            (std::vector<std::string>{"phone", "name", "column_3", "name_2", "name_2_2"}));
}

TEST(CsvMachine, skips_the_mark_of_utf8_and_refuses_utf16) {
  const Read marked = read("\xEF\xBB\xBFphone\n1\n");
  EXPECT_EQ(marked.layout->columns, std::vector<std::string>{"phone"});
  EXPECT_EQ(marked.rows[0].first_byte, 9);
  EXPECT_EQ(read(std::string_view{"\xFF\xFEp\0h\0", 6}).error, "the file is UTF-16; save it as UTF-8");
}

TEST(CsvMachine, names_row_and_column_of_what_is_not_utf8_and_keeps_the_rows_before) {
  const Read result = read("phone,name\n1,Zo\xC3\xAB\n2,Zo\xEB\n3,Ann\n");
  EXPECT_EQ(result.error, "row 2, column 2 (name): not UTF-8; save the file as UTF-8");
  EXPECT_EQ(fields(result), (Fields{{"1", "Zo\xC3\xAB"}}));
}

TEST(CsvMachine, names_row_and_column_of_unbalanced_quotes) {
  EXPECT_EQ(read("phone,name\n1,\"Ann\n2,Bob\n").error, "row 1, column 2 (name): a quoted field is not closed before the end of the file");
  EXPECT_EQ(read("phone,name\n1,\"Ann\"x\n").error,
            "row 1, column 2 (name): text after a closing quote; a quote inside a quoted field is written twice");
}

TEST(CsvMachine, refuses_empty_files_nul_bytes_and_what_is_beyond_its_limits) {
  EXPECT_EQ(read("").error, "the file is empty");
  EXPECT_EQ(read("\n\r\n").error, "the file is empty");
  EXPECT_EQ(read(std::string_view{"phone\n1\0\n", 9}).error, "row 1, column 1 (phone): a NUL byte; is this a text file in UTF-8?");
  EXPECT_EQ(read("phone\n12345\n", {.field = 5}).error, "");
  EXPECT_EQ(read("phone\n123456\n", {.field = 5}).error, "row 1, column 1 (phone): a field is longer than 5 bytes; is a quote not closed?");
  EXPECT_EQ(read("a,b\n1,2,3\n", {.columns = 2}).error, "row 1, column 3: more than 2 columns");
  EXPECT_EQ(read("a\n1\n2\n3\n", {.rows = 2}).error, "row 3, column 2: more than 2 rows");
}

TEST(CsvMachine, knows_utf8) {
  for (const char* good : {"", "a", "\xC2\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "z\xE2\x82\xAC"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5",
                          "\xC2", "\xE2\x82", "\xE2\x82z"})
    EXPECT_FALSE(is_utf8(bad));
}

rc::Gen<std::string> files() {
  // Few distinct pieces, so that quotes, separators and line ends meet in every way.
  const auto piece = rc::gen::weightedOneOf<std::string>({
      {8, rc::gen::elementOf(std::vector<std::string>{"a", "7", "2125550100", " ", "name"})},
      {4, rc::gen::elementOf(std::vector<std::string>{",", ";", "\t", "|"})},
      {4, rc::gen::elementOf(std::vector<std::string>{"\n", "\r\n", "\r"})},
      {2, rc::gen::just(std::string{"\""})},
      {2, rc::gen::map(rc::gen::container<std::string>(rc::gen::elementOf(std::string{"x,\n\r;"})),
                       [](std::string s) { return "\"" + s + "\""; })},
      {1, rc::gen::elementOf(std::vector<std::string>{"\xC3\xA9", "\xE2\x82\xAC", "\xEF\xBB\xBF", "\xE9", std::string(1, '\0')})},
  });
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string file;
    for (const std::string& p : pieces) file += p;
    return file;
  });
}

// A small sample and small limits, so that their borders lie within the generated files.
constexpr CsvLimits small{.field = 20, .columns = 6, .rows = 8, .sample = 16};

RC_GTEST_PROP(CsvMachine, gives_the_same_rows_however_the_file_is_cut, ()) {
  const std::string file = *rc::gen::element<std::string>("", "\xEF\xBB\xBF") + *files();
  const auto pieces = *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(0, 9));
  const Read whole = read(CsvMachine{{}, small}, file);
  const Read cut = read(CsvMachine{{}, small}, file, pieces);
  RC_ASSERT(cut.rows == whole.rows);
  RC_ASSERT(cut.layout == whole.layout);
  RC_ASSERT(cut.error == whole.error);
}

RC_GTEST_PROP(CsvMachine, goes_on_after_any_row_as_if_it_had_not_stopped, ()) {
  const std::string file = *files();
  const Read whole = read(CsvMachine{{}, small}, file);
  for (size_t i = 0; i < whole.rows.size(); ++i) {
    const ReadRow& last = whole.rows[i];
    const Read rest = read(CsvMachine{*whole.layout, last.end_byte, last.number + 1, small},
                           std::string_view{file}.substr(static_cast<size_t>(last.end_byte)));
    RC_ASSERT(rest.rows == std::vector<ReadRow>(whole.rows.begin() + static_cast<ptrdiff_t>(i) + 1, whole.rows.end()));
    RC_ASSERT(rest.error == whole.error);
  }
}

RC_GTEST_PROP(CsvMachine, reads_back_what_was_written, ()) {
  const auto cell = rc::gen::container<std::string>(rc::gen::elementOf(std::string{"ab1 ,;\"\n\r\t|"}));
  const size_t columns = *rc::gen::inRange<size_t>(1, 5);
  const auto table = *rc::gen::container<Fields>(rc::gen::container<std::vector<std::string>>(columns, cell));
  RC_PRE(!table.empty());
  std::string file;
  for (const auto& row : table) {
    for (size_t i = 0; i < row.size(); ++i) {
      std::string quoted;
      for (const char c : row[i]) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
      file += (i ? "," : "") + ("\"" + quoted + "\"");
    }
    file += "\n";
  }
  const Read result = read(CsvMachine{CsvChoices{.separator = ',', .header = false}, CsvLimits{}}, file);
  RC_ASSERT(result.error.empty());
  RC_ASSERT(fields(result) == table);
}

}  // namespace
}  // namespace everdial
