#include "mpp/journal_codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <type_traits>

namespace everdial {

using namespace mpp;

namespace {

constexpr size_t frame_size = 8;  // length and checksum

constexpr std::array<uint32_t, 256> crc_table = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0x82f63b78u : 0);
    table[i] = value;
  }
  return table;
}();

void put_u32(std::string& to, size_t at, uint32_t value) {
  for (int i = 0; i < 4; ++i) to[at + i] = static_cast<char>(value >> (8 * i));
}

uint32_t get_u32(std::string_view from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<uint32_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return value;
}

/// One list of fields per struct (`fields`, below) serves both directions: Writer and Reader are called with the same sequence.
class Writer {
 public:
  explicit Writer(std::string& to) : to_(to) {}

  /// Whether what was added to an entry by a later version follows; only at its end.
  bool goes_on(bool wanted) const { return wanted; }

  void operator()(const std::string& text) {
    number(text.size());
    to_ += text;
  }
  template <class T>
  requires std::is_integral_v<T>
  void operator()(const T& value) { number(zigzag(static_cast<int64_t>(value))); }
  template <class E>
  requires std::is_enum_v<E>
  void operator()(const E& value) { number(static_cast<uint64_t>(value)); }
  template <class Tag, class Value>
  void operator()(const StrongId<Tag, Value>& id) {
    (*this)(id.value);
  }
  void operator()(const Duration& duration) { (*this)(duration.count()); }
  void operator()(const Instant& at) { (*this)(at.time_since_epoch()); }
  template <class T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }

 private:
  static uint64_t zigzag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) to_ += static_cast<char>(value | 0x80);
    to_ += static_cast<char>(value);
  }

  std::string& to_;
};

class Reader {
 public:
  explicit Reader(std::string_view from) : from_(from) {}

  bool goes_on(bool) const { return !from_.empty(); }

  void operator()(std::string& text) {
    const uint64_t size = number();
    if (size > from_.size()) return fail();
    text.assign(from_.substr(0, size));
    from_.remove_prefix(size);
  }
  template <class T>
  requires std::is_integral_v<T>
  void operator()(T& value) {
    const uint64_t raw = number();
    value = static_cast<T>(static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1));
  }
  template <class E>
  requires std::is_enum_v<E>
  void operator()(E& value) {
    const uint64_t raw = number();
    if (raw >= enum_names<E>.size()) return fail();
    value = static_cast<E>(raw);
  }
  template <class Tag, class Value>
  void operator()(StrongId<Tag, Value>& id) {
    (*this)(id.value);
  }
  void operator()(Duration& duration) {
    Duration::rep count = 0;
    (*this)(count);
    duration = Duration{count};
  }
  void operator()(Instant& at) {
    Duration since{};
    (*this)(since);
    at = Instant{since};
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    bool present = false;
    (*this)(present);
    value.reset();
    if (present) (*this)(value.emplace());
  }

  bool whole() const { return good_ && from_.empty(); }

 private:
  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !from_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(from_.front());
      from_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  void fail() {
    good_ = false;
    from_ = {};
  }

  std::string_view from_;
  bool good_ = true;
};

template <class Archive, class Id>
requires std::is_same_v<std::remove_const_t<Id>, AttemptId>
void fields(Archive& io, Id& id) { io(id.job), io(id.contact), io(id.number); }

template <class Archive, class Plan>
requires std::is_same_v<std::remove_const_t<Plan>, CallPlan>
void fields(Archive& io, Plan& plan) {
  io(plan.phone), io(plan.caller_id), io(plan.ring_timeout), io(plan.max_call), io(plan.prompt), io(plan.machine_prompt);
  io(plan.analyse), io(plan.machine_action), io(plan.record), io(plan.opt_out_digit);
}

template <class Archive, class Said>
requires std::is_same_v<std::remove_const_t<Said>, Conversation>
void fields(Archive& io, Said& conversation) {
  io(conversation.id);
  size_t count = conversation.members.size();
  io(count);
  if constexpr (!std::is_const_v<Said>) conversation.members.resize(std::min<size_t>(count, 10'000));
  for (auto& member : conversation.members) {
    fields(io, member.call);
    io(member.role);
    fields(io, member.to);
  }
}

template <class Archive, class Record>
requires std::is_same_v<std::remove_const_t<Record>, CallRecord>
void fields(Archive& io, Record& record) {
  fields(io, record.attempt);
  io(record.resource), io(record.epoch), io(record.mpp), io(record.trunk);
  fields(io, record.plan);
  io(record.stage), io(record.placed_at), io(record.ringing_at), io(record.answered_at), io(record.ended_at);
  io(record.analysis), io(record.code), io(record.sip_status), io(record.never_sent), io(record.opted_out), io(record.digits),
      io(record.recording);
}

template <class Archive, class Entry>
requires std::is_same_v<std::remove_const_t<Entry>, EpochRaised>
void fields(Archive& io, Entry& entry) { io(entry.resource), io(entry.epoch); }

template <class Archive, class Entry>
requires std::is_same_v<std::remove_const_t<Entry>, CallWritten>
void fields(Archive& io, Entry& entry) {
  fields(io, entry.record);
  io(entry.hanging_up), io(entry.not_after);
  auto& record = entry.record;
  auto& plan = record.plan;
  if (!io.goes_on(plan.party == Party::agent || !plan.agents.value.empty())) return;
  io(plan.agents), io(plan.party), io(record.steered_by), io(record.steered);
  bool talks = record.conversation.has_value();
  io(talks);
  if constexpr (!std::is_const_v<Entry>)
    if (talks) record.conversation.emplace();
  if (talks) fields(io, *record.conversation);
  if (io.goes_on(record.analysed_at.has_value())) io(record.analysed_at);
}

template <class Archive, class Entry>
requires std::is_same_v<std::remove_const_t<Entry>, DialogWritten>
void fields(Archive& io, Entry& entry) {
  fields(io, entry.attempt);
  io(entry.snapshot);
}

template <class Archive, class Entry>
requires std::is_same_v<std::remove_const_t<Entry>, CallForgotten>
void fields(Archive& io, Entry& entry) {
  fields(io, entry.attempt);
  io(entry.resource), io(entry.epoch), io(entry.copies_until);
}

template <size_t I = 0>
std::optional<JournalEntry> decode(size_t kind, std::string_view body) {
  if constexpr (I < std::variant_size_v<JournalEntry>) {
    if (kind != I) return decode<I + 1>(kind, body);
    std::variant_alternative_t<I, JournalEntry> entry;
    Reader reader(body);
    fields(reader, entry);
    if (reader.whole()) return entry;
  }
  return std::nullopt;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t value = ~0u;
  for (const char byte : bytes) value = (value >> 8) ^ crc_table[(value ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~value;
}

void append_encoded(const JournalEntry& entry, std::string& to) {
  const size_t start = to.size();
  to.append(frame_size, '\0');
  to += static_cast<char>(entry.index());
  Writer writer(to);
  std::visit([&writer](const auto& alternative) { fields(writer, alternative); }, entry);
  const std::string_view body = std::string_view(to).substr(start + frame_size);
  put_u32(to, start, static_cast<uint32_t>(body.size()));
  put_u32(to, start + 4, crc32c(body));
}

Result<JournalEntry> take_encoded(std::string_view& bytes) {
  const Error none{ErrorKind::not_found, "no whole journal entry"};
  if (bytes.size() < frame_size) return none;
  const uint32_t size = get_u32(bytes);
  if (size == 0 || size > bytes.size() - frame_size) return none;
  const std::string_view body = bytes.substr(frame_size, size);
  if (crc32c(body) != get_u32(bytes.substr(4))) return none;
  std::optional<JournalEntry> entry = decode(static_cast<unsigned char>(body.front()), body.substr(1));
  if (!entry) return none;
  bytes.remove_prefix(frame_size + size);
  return *std::move(entry);
}

}  // namespace everdial
