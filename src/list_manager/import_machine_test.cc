#include "list_manager/import_machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace everdial {
namespace {

/// What an import has left behind, whatever way it went.
struct Outcome {
  AcceptedRows accepted;
  int64_t repeats = 0;
  std::vector<Reject> rejects;
  std::optional<FinishImport> finish;
  Import import;  ///< as it is stored now
};

void keep(Outcome& outcome, const SaveRows& save) {
  EXPECT_EQ(save.from, outcome.import.checkpoint);
  outcome.import.checkpoint = save.to;
  outcome.import.layout = save.layout;
  const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  add(outcome.accepted.phones, save.accepted.phones);
  add(outcome.accepted.time_zones, save.accepted.time_zones);
  add(outcome.accepted.refs, save.accepted.refs);
  add(outcome.accepted.attributes, save.accepted.attributes);
  add(outcome.accepted.rows, save.accepted.rows);
  add(outcome.rejects, save.rejects);
  outcome.repeats += save.repeats;
}

/// Runs `import` over `file`, but at most until `saves` were made.
void run(Outcome& outcome, const std::string& file, size_t piece, int saves = 1'000'000, ImportLimits limits = {}) {
  outcome.import.size_bytes = static_cast<int64_t>(file.size());
  ImportMachine machine{outcome.import, limits};
  auto at = static_cast<size_t>(outcome.import.checkpoint.byte);
  while (!machine.ended()) {
    const std::string bytes = file.substr(at, piece);
    at += bytes.size();
    for (const ImportEffect& effect : machine.step(bytes.empty() ? ImportInput{FileEnded{}} : ImportInput{BytesRead{bytes}}, Instant{})) {
      if (const auto* save = std::get_if<SaveRows>(&effect)) {
        if (saves-- == 0) return;
        keep(outcome, *save);
      }
      if (const auto* finish = std::get_if<FinishImport>(&effect)) {
        if (saves == 0) return;
        outcome.finish = *finish;
      }
    }
  }
}
Outcome run(const std::string& file, Import import = {}) {
  Outcome outcome;
  outcome.import = std::move(import);
  run(outcome, file, 1000);
  return outcome;
}

TEST(ImportMachine, turns_rows_into_contacts_with_zone_reference_and_attributes) {
  const Outcome outcome =
      run("Customer ID,Mobile Number,First name,Time Zone\n"
          "c1,(212) 555-0100,\"Ann \"\"A\"\"\",\n"
          "c2,+44 20 7946 0018,Bob,Europe/Dublin\n");
  EXPECT_EQ(outcome.finish->state, ImportState::completed);
  EXPECT_EQ(outcome.accepted.phones, (std::vector<std::string>{"+12125550100", "+442079460018"}));
  EXPECT_EQ(outcome.accepted.time_zones, (std::vector<std::string>{"America/New_York", "Europe/Dublin"}));
  EXPECT_EQ(outcome.accepted.refs, (std::vector<std::optional<std::string>>{"c1", "c2"}));
  EXPECT_EQ(outcome.accepted.attributes, (std::vector<std::string>{R"({"First name":"Ann \"A\""})", R"({"First name":"Bob"})"}));
  EXPECT_EQ(outcome.accepted.rows, (std::vector<int64_t>{1, 2}));
  EXPECT_TRUE(outcome.rejects.empty());
}

TEST(ImportMachine, rejects_rows_with_row_column_value_and_reason) {
  std::string long_value(300, 'x');
  long_value += "\xC3\xA9";
  const Outcome outcome =
      run("phone,tz,name\n12,,Ann\n2125550100,Mars,Bob\n2125550101,,Cy,extra\n" + long_value + ",,Dee\n2125550102,,Eve\n");
  ASSERT_EQ(outcome.rejects.size(), 4u);
  EXPECT_EQ(outcome.rejects[0], (Reject{1, "phone", "12", "too short"}));
  EXPECT_EQ(outcome.rejects[1], (Reject{2, "tz", "Mars", "not an IANA time zone, such as America/New_York"}));
  EXPECT_EQ(outcome.rejects[2], (Reject{3, "column_4", "extra", "the row has 4 fields, the file 3 columns"}));
  EXPECT_EQ(outcome.rejects[3].value, std::string(200, 'x'));
  EXPECT_EQ(outcome.accepted.phones, std::vector<std::string>{"+12125550102"});
  EXPECT_EQ(outcome.finish->state, ImportState::completed);
}

TEST(ImportMachine, takes_the_first_of_rows_with_the_same_number) {
  Outcome outcome;
  const std::string file = "phone,name\n2125550100,Ann\n(212) 555-0100,Bob\n2125550101,Cy\n";
  run(outcome, file, 1000);
  EXPECT_EQ(outcome.accepted.phones, (std::vector<std::string>{"+12125550100", "+12125550101"}));
  EXPECT_EQ(outcome.accepted.rows, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(outcome.repeats, 1);
}

TEST(ImportMachine, escapes_what_json_forbids) {
  EXPECT_EQ(run("phone,note\n2125550100,\"tab\there\nback\\slash \x01 \xE2\x82\xAC\"\n").accepted.attributes,
            (std::vector<std::string>{"{\"note\":\"tab\\there\\nback\\\\slash \\u0001 \xE2\x82\xAC\"}"}));
}

TEST(ImportMachine, takes_the_columns_the_person_named) {
  Import import;
  import.options.phone_column = "Other phone";
  import.options.default_region = "GB";
  const Outcome outcome = run("phone,Other phone\nx,020 7946 0018\n", import);
  EXPECT_EQ(outcome.accepted.phones, std::vector<std::string>{"+442079460018"});
  EXPECT_EQ(outcome.accepted.attributes, std::vector<std::string>{R"({"phone":"x"})"});
  import.options.phone_column = "Fax";
  EXPECT_EQ(run("phone,Other phone\nx,y\n", import).finish->error,
            "header: the file has no column \"Fax\"; its columns are: phone, Other phone");
}

TEST(ImportMachine, finds_the_number_in_a_file_without_header) {
  const Outcome outcome = run("Ann,2125550100\nBob,2125550101\n");
  EXPECT_EQ(outcome.accepted.phones.size(), 2u);
  EXPECT_EQ(outcome.accepted.attributes[0], R"({"column_1":"Ann"})");
}

TEST(ImportMachine, fails_with_a_clear_error_and_keeps_the_rows_before_it) {
  EXPECT_EQ(run("").finish->error, "the file is empty");
  EXPECT_EQ(run("name,city\nAnn,Boston\n").finish->error,
            "header: no column holds telephone numbers by its name (phone, number, telephone, mobile, ...); its columns are: name, city");
  EXPECT_EQ(run("name,city\n").finish->state, ImportState::failed);
  Import import;
  import.default_region = "XX";
  EXPECT_EQ(run("phone\n1\n", import).finish->state, ImportState::failed);

  const Outcome outcome = run("phone,name\n2125550100,Ann\n2125550101,\"Bob\n");
  EXPECT_EQ(outcome.finish->state, ImportState::failed);
  EXPECT_EQ(outcome.finish->error, "row 2, column 2 (name): a quoted field is not closed before the end of the file");
  EXPECT_EQ(outcome.accepted.phones, std::vector<std::string>{"+12125550100"});
  EXPECT_EQ(outcome.import.checkpoint.row, 2);
}

TEST(ImportMachine, does_not_take_a_part_of_a_file_for_the_whole) {
  Import import;
  import.size_bytes = 1'000;
  ImportMachine machine{import};
  machine.step(BytesRead{"phone\n2125550100\n"}, Instant{});
  const auto effects = machine.step(FileEnded{}, Instant{});
  EXPECT_EQ(std::get<FinishImport>(effects.at(0)).error, "only 17 of the file's 1000 bytes are there; upload it again");
}

TEST(ImportMachine, completes_a_file_of_a_header_alone) { EXPECT_EQ(run("phone,name\n").finish->state, ImportState::completed); }

TEST(ImportMachine, reads_dnc_numbers_and_nothing_else) {
  Import import;
  import.kind = FileKind::dnc;
  const Outcome outcome = run("2125550100\n2125550101\nnobody\n", import);
  EXPECT_EQ(outcome.accepted.phones, (std::vector<std::string>{"+12125550100", "+12125550101"}));
  EXPECT_TRUE(outcome.accepted.attributes.empty());
  EXPECT_EQ(outcome.rejects.size(), 1u);
}

RC_GTEST_PROP(ImportMachine, gives_the_same_rows_wherever_it_is_broken_off_and_resumed, ()) {
  const auto row = rc::gen::weightedOneOf<std::string>({
      {6, rc::gen::map(rc::gen::inRange(0, 30), [](int n) { return "21255501" + std::to_string(10 + n) + ",n" + std::to_string(n); })},
      {1, rc::gen::elementOf(std::vector<std::string>{"12,short", "2125550100,\"two\nlines\"", "", "2125550100,a,b", "x"})},
  });
  std::string file = "phone,name\n";
  for (const std::string& r : *rc::gen::container<std::vector<std::string>>(row)) file += r + (r.size() % 2 ? "\n" : "\r\n");
  if (*rc::gen::inRange(0, 4) == 0) file += "2125550100,\"open";
  const ImportLimits limits{.rows_per_save = 3, .csv = {.sample = 16}};

  Outcome whole;
  run(whole, file, 1 << 20, 1'000'000, limits);
  Outcome broken;
  while (!broken.finish) run(broken, file, *rc::gen::inRange<size_t>(1, 40), *rc::gen::inRange(1, 4), limits);
  RC_ASSERT(broken.accepted == whole.accepted);
  RC_ASSERT(broken.repeats == whole.repeats);
  RC_ASSERT(broken.rejects == whole.rejects);
  RC_ASSERT(broken.finish->error == whole.finish->error);
  RC_ASSERT(broken.import.checkpoint == whole.import.checkpoint);
  RC_ASSERT(broken.import.layout == whole.import.layout);
}

}  // namespace
}  // namespace everdial
