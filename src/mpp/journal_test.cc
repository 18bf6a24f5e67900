#include "mpp/journal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "mpp/journal_codec.h"

namespace everdial {
namespace {

using namespace mpp;

JournalEntry call(int64_t contact, CallStage stage = CallStage::placed) {
  CallRecord record{.attempt = {JobId{1}, ContactId{contact}, 1}, .resource = Resource{"job/1"}, .epoch = Epoch{3}};
  record.stage = stage;
  record.placed_at = from_micros(1'800'000'000'000'000);
  record.plan.phone = "+15551230001";
  return CallWritten{record, std::nullopt, from_micros(7)};
}

std::string encoded(const std::vector<JournalEntry>& entries) {
  std::string bytes;
  for (const JournalEntry& entry : entries) append_encoded(entry, bytes);
  return bytes;
}

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "everdial_journal_XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path file() const { return path_ / "mpp" / "journal"; }

 private:
  std::filesystem::path path_;
};

// ---- the contract, for each implementation -------------------------------------------------------------------------------------------

class MemoryMaker {
 public:
  JournalStore& open() { return journal_; }

 private:
  MemoryJournal journal_;
};

class FileMaker {
 public:
  JournalStore& open() {
    journal_.reset();
    journal_ = make_file_journal(folder_.file());
    return *journal_;
  }

 private:
  Folder folder_;
  std::unique_ptr<JournalStore> journal_;
};

template <class Maker>
class JournalContract : public testing::Test {
 protected:
  /// A new process opens it: what is there?
  std::string reopened() {
    auto entries = maker_.open().load();
    EXPECT_TRUE(entries.ok()) << entries.error().message;
    return encoded(*entries);
  }
  Maker maker_;
};
using Makers = testing::Types<MemoryMaker, FileMaker>;
TYPED_TEST_SUITE(JournalContract, Makers);

TYPED_TEST(JournalContract, is_empty_at_first) { EXPECT_EQ(this->reopened(), ""); }

TYPED_TEST(JournalContract, gives_back_what_was_appended_in_order) {
  JournalStore& journal = this->maker_.open();
  ASSERT_TRUE(journal.load().ok());
  const std::vector<JournalEntry> first = {EpochRaised{Resource{"job/1"}, Epoch{3}}, call(1)};
  const std::vector<JournalEntry> second = {DialogWritten{{JobId{1}, ContactId{1}, 1}, std::string("\0bytes\xff", 7)},
                                            CallForgotten{{JobId{1}, ContactId{1}, 1}, Resource{"job/1"}, Epoch{3}, from_micros(5)}};
  ASSERT_TRUE(journal.append(first, true).ok());
  ASSERT_TRUE(journal.append(second, false).ok());
  EXPECT_EQ(this->reopened(), encoded(first) + encoded(second));
}

TYPED_TEST(JournalContract, holds_only_the_new_after_a_rewrite_and_goes_on_from_there) {
  JournalStore& journal = this->maker_.open();
  ASSERT_TRUE(journal.load().ok());
  ASSERT_TRUE(journal.append({call(1), call(2), call(3)}, true).ok());
  ASSERT_TRUE(journal.rewrite({call(3)}).ok());
  ASSERT_TRUE(journal.append({call(4)}, true).ok());
  EXPECT_EQ(this->reopened(), encoded({call(3), call(4)}));
}

// ---- the file ----------------------------------------------------------------------------------------------------------------------

TEST(FileJournal, is_read_up_to_the_last_whole_entry_wherever_it_was_cut) {
  Folder folder;
  const std::vector<JournalEntry> entries = {call(1), call(2), call(3)};
  uintmax_t empty = 0, whole = 0;
  {
    auto journal = make_file_journal(folder.file());
    ASSERT_TRUE(journal->load().ok());
    empty = std::filesystem::file_size(folder.file());
    ASSERT_TRUE(journal->append(entries, true).ok());
    whole = std::filesystem::file_size(folder.file());
  }
  for (uintmax_t size = whole; size-- > 0;) {
    std::filesystem::resize_file(folder.file(), size);
    auto journal = make_file_journal(folder.file());
    auto loaded = journal->load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    const size_t expected = size < empty ? 0 : static_cast<size_t>((size - empty) / ((whole - empty) / entries.size()));
    ASSERT_EQ(loaded->size(), expected) << "cut to " << size;
    ASSERT_TRUE(journal->append({call(9)}, false).ok());
    journal.reset();
    auto again = make_file_journal(folder.file())->load();
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again->size(), expected + 1) << "what is appended after a torn end is found again";
    std::filesystem::remove(folder.file());
    journal = make_file_journal(folder.file());
    ASSERT_TRUE(journal->load().ok());
    ASSERT_TRUE(journal->append(entries, false).ok());
  }
}

TEST(FileJournal, stops_at_a_damaged_entry) {
  Folder folder;
  {
    auto journal = make_file_journal(folder.file());
    ASSERT_TRUE(journal->load().ok());
    ASSERT_TRUE(journal->append({call(1), call(2)}, true).ok());
  }
  const auto size = std::filesystem::file_size(folder.file());
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size) - 3);
  file.put('\x7f');
  file.close();
  auto loaded = make_file_journal(folder.file())->load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(encoded(*loaded), encoded({call(1)}));
}

TEST(FileJournal, is_opened_by_one_process_at_a_time) {
  Folder folder;
  auto first = make_file_journal(folder.file());
  ASSERT_TRUE(first->load().ok());
  auto second = make_file_journal(folder.file())->load();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
}

TEST(FileJournal, leaves_a_file_alone_that_is_no_journal) {
  Folder folder;
  std::filesystem::create_directories(folder.file().parent_path());
  std::ofstream(folder.file()) << "somebody's letters";
  auto loaded = make_file_journal(folder.file())->load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::invalid);
  EXPECT_EQ(std::filesystem::file_size(folder.file()), 18u);
}

TEST(FileJournal, keeps_a_dialog_that_is_written_while_it_is_rewritten_M_06) {
  // The machine cannot know of dialogs that the trunk's thread writes meanwhile: without them a called person counts as never called.
  Folder folder;
  {
    auto journal = make_file_journal(folder.file());
    ASSERT_TRUE(journal->load().ok());
    const std::vector<JournalEntry> calls = {call(1), call(2)};
    ASSERT_TRUE(journal->append(calls, true).ok());
    ASSERT_TRUE(journal->append({DialogWritten{std::get<CallWritten>(calls[0]).record.attempt, "first"}}, false).ok());
    std::atomic<bool> rewritten = false;
    std::atomic<int> written = 0;
    std::thread trunk([&] {
      for (; !rewritten; ++written)
        EXPECT_TRUE(journal->append({DialogWritten{std::get<CallWritten>(calls[1]).record.attempt, std::to_string(written)}}, false).ok());
    });
    // On a fast disk all is rewritten before a thread has even begun.
    for (int i = 0; i < 20 || written < 20; ++i) ASSERT_TRUE(journal->rewrite(calls).ok());
    rewritten = true;
    trunk.join();
    ASSERT_TRUE(journal->rewrite(calls).ok());
  }
  auto loaded = make_file_journal(folder.file())->load();
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(loaded->size(), 4u);
  std::set<std::string> snapshots;
  for (const JournalEntry& entry : *loaded)
    if (const auto* dialog = std::get_if<DialogWritten>(&entry)) snapshots.insert(dialog->snapshot);
  EXPECT_EQ(snapshots.size(), 2u);
  EXPECT_TRUE(snapshots.contains("first"));
}

TEST(FileJournal, drops_the_dialog_of_a_call_that_lives_no_more) {
  Folder folder;
  auto journal = make_file_journal(folder.file());
  ASSERT_TRUE(journal->load().ok());
  ASSERT_TRUE(journal->append({call(1), DialogWritten{std::get<CallWritten>(call(1)).record.attempt, "dialog"}}, false).ok());
  ASSERT_TRUE(journal->rewrite({call(2)}).ok());
  journal.reset();
  EXPECT_EQ(encoded(*make_file_journal(folder.file())->load()), encoded({call(2)}));
}

// ---- the bytes ---------------------------------------------------------------------------------------------------------------------

TEST(JournalCodec, has_the_checksum_of_the_published_example) { EXPECT_EQ(crc32c("123456789"), 0xe3069283u); }

Instant any_instant() { return from_micros(*rc::gen::arbitrary<int64_t>()); }
template <class T>
std::optional<T> maybe(T value) {
  return *rc::gen::arbitrary<bool>() ? std::optional<T>(std::move(value)) : std::nullopt;
}

RC_GTEST_PROP(JournalCodec, reads_back_any_call, ()) {
  const auto text = [] { return *rc::gen::arbitrary<std::string>(); };
  const auto number = [] { return *rc::gen::arbitrary<int64_t>(); };
  CallRecord record;
  record.attempt = {JobId{number()}, ContactId{number()}, *rc::gen::arbitrary<int>()};
  record.resource = Resource{text()};
  record.epoch = Epoch{number()};
  record.mpp = text();
  record.trunk = text();
  record.plan.phone = text();
  record.plan.machine_prompt = text();
  record.plan.ring_timeout = Duration{number()};
  record.plan.analyse = *rc::gen::arbitrary<bool>();
  record.plan.opt_out_digit = *rc::gen::arbitrary<char>();
  record.plan.machine_action = MachineAction::go_on;
  record.stage = CallStage::answered;
  record.placed_at = any_instant();
  record.answered_at = maybe(any_instant());
  record.analysis = maybe(CompletionCode::fax);
  record.sip_status = *rc::gen::arbitrary<int>();
  record.digits = text();
  const CallWritten written{record, maybe(CompletionCode::stopped), any_instant()};

  std::string bytes;
  append_encoded(written, bytes);
  const std::string once = bytes;
  std::string_view rest = bytes;
  const auto read = take_encoded(rest);
  RC_ASSERT(read.ok());
  RC_ASSERT(rest.empty());
  const auto& back = std::get<CallWritten>(*read);
  RC_ASSERT(back.record.attempt == record.attempt);
  RC_ASSERT(back.record.plan == record.plan);
  RC_ASSERT(back.record.answered_at == record.answered_at);
  RC_ASSERT(back.hanging_up == written.hanging_up);
  std::string again;
  append_encoded(*read, again);
  RC_ASSERT(again == once);
}

RC_GTEST_PROP(JournalCodec, takes_nothing_from_noise, (const std::string& noise)) {
  std::string_view rest = noise;
  RC_ASSERT(!take_encoded(rest).ok());
}

TEST(JournalCodec, keeps_who_talks_with_whom) {
  JournalEntry entry = call(1, CallStage::answered);
  CallRecord& record = std::get<CallWritten>(entry).record;
  record.plan.agents = Resource{"agent_manager/zone/3"};
  record.steered_by = Epoch{4};
  record.steered = 17;
  const AttemptId line = line_of(AgentId{5}, 2);
  record.conversation =
      Conversation{ConversationId{"c"}, {{record.attempt}, {line}, {line_of(AgentId{6}, 1), Conversation::Role::whispers, line}}};
  const std::string bytes = encoded({entry});
  std::string_view rest = bytes;
  const auto read = take_encoded(rest);
  ASSERT_TRUE(read.ok());
  const CallRecord& again = std::get<CallWritten>(*read).record;
  EXPECT_EQ(again.plan, record.plan);
  EXPECT_EQ(again.conversation, record.conversation);
  EXPECT_EQ(again.steered, 17);
}

}  // namespace
}  // namespace everdial
