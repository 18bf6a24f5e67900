#include "sip/dialog_snapshot.h"

#include <limits>

namespace everdial::sip {
namespace {

constexpr char kVersion = 1;
constexpr size_t kLongestText = 64 * 1024;
constexpr uint64_t kMostRoutes = 64;

void put(std::string& out, uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

void put(std::string& out, const std::string& text) {
  put(out, text.size());
  out += text;
}

/// Takes the fields off the front; after the first one that is cut short or out of range, all are empty and `ok` is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t number(uint64_t most) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value > most || (byte == 0 && shift > 0)) break;
        return value;
      }
    }
    return fail();
  }

  std::string text() {
    const uint64_t size = number(kLongestText);
    if (size > bytes_.size()) fail();
    std::string value(bytes_.substr(0, ok_ ? size : 0));
    bytes_.remove_prefix(value.size());
    return value;
  }

  bool complete() const { return ok_ && bytes_.empty(); }

 private:
  uint64_t fail() {
    ok_ = false;
    bytes_ = {};
    return 0;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

constexpr uint64_t kMost32 = std::numeric_limits<uint32_t>::max();

}  // namespace

std::string encode(const DialogSnapshot& s) {
  std::string out(1, kVersion);
  put(out, static_cast<uint64_t>(s.stage));
  put(out, static_cast<uint64_t>(s.transport));
  for (const std::string* text : {&s.call_id, &s.local_uri, &s.local_tag, &s.remote_uri, &s.remote_tag}) put(out, *text);
  put(out, s.local_cseq);
  put(out, s.remote_cseq);
  put(out, s.has_remote_cseq);
  put(out, s.route_set.size());
  for (const std::string& route : s.route_set) put(out, route);
  for (const std::string* text : {&s.remote_target, &s.local_contact, &s.local_sdp, &s.remote_sdp}) put(out, *text);
  put(out, s.session_expires_s);
  put(out, s.we_refresh);
  put(out, s.branch);
  put(out, s.invite);
  return out;
}

Result<DialogSnapshot> decode_snapshot(std::string_view bytes) {
  if (bytes.empty()) return Error{ErrorKind::invalid, "dialog snapshot: empty"};
  if (bytes.front() != kVersion)
    return Error{ErrorKind::invalid,
                 "dialog snapshot: version " + std::to_string(static_cast<unsigned char>(bytes.front())) + ", known is 1"};
  Reader reader(bytes.substr(1));
  DialogSnapshot s;
  s.stage = static_cast<DialogStage>(reader.number(static_cast<uint64_t>(DialogStage::answered)));
  s.transport = static_cast<Transport>(reader.number(static_cast<uint64_t>(Transport::tcp)));
  for (std::string* text : {&s.call_id, &s.local_uri, &s.local_tag, &s.remote_uri, &s.remote_tag}) *text = reader.text();
  s.local_cseq = static_cast<uint32_t>(reader.number(kMost32));
  s.remote_cseq = static_cast<uint32_t>(reader.number(kMost32));
  s.has_remote_cseq = reader.number(1) != 0;
  s.route_set.resize(reader.number(kMostRoutes));
  for (std::string& route : s.route_set) route = reader.text();
  for (std::string* text : {&s.remote_target, &s.local_contact, &s.local_sdp, &s.remote_sdp}) *text = reader.text();
  s.session_expires_s = static_cast<uint32_t>(reader.number(kMost32));
  s.we_refresh = reader.number(1) != 0;
  s.branch = reader.text();
  s.invite = reader.text();
  if (!reader.complete()) return Error{ErrorKind::invalid, "dialog snapshot: cut short, or with a field out of range"};
  return s;
}

}  // namespace everdial::sip
