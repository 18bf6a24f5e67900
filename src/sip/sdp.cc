#include "sip/sdp.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace everdial::sip {
namespace {

constexpr size_t kLongest = 16 * 1024;
constexpr size_t kMostMedia = 16;
constexpr size_t kMostFormats = 64;
constexpr size_t kLongestToken = 256;

/// Numbers of RFC 3551 that may stand in an m= line without an a=rtpmap.
struct StaticType {
  int payload_type;
  std::string_view name;
};
constexpr std::array<StaticType, 5> kStaticTypes{{{0, "PCMU"}, {3, "GSM"}, {8, "PCMA"}, {9, "G722"}, {18, "G729"}}};

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Number>
std::optional<Number> number(std::string_view text, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most || value < Number{}) return std::nullopt;
  return value;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const size_t start = text.find_first_not_of(' ');
    if (start == text.npos) return out;
    text.remove_prefix(start);
    const size_t end = std::min(text.find(' '), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool numeric_address(const std::string& text, std::string_view type) {
  std::array<unsigned char, 16> bytes;
  return inet_pton(type == "IP6" ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) == 1;
}

std::string_view address_type(const std::string& address) { return address.find(':') == std::string::npos ? "IP4" : "IP6"; }

bool is_rtp(std::string_view protocol) { return protocol.find("RTP/") != protocol.npos; }

/// Reads line by line; the session's own c= line and direction hold for every stream that says nothing else.
class Parser {
 public:
  Result<SessionDescription> parse(std::string_view text) {
    if (text.size() > kLongest) return wrong("longer than 16 KiB");
    if (std::any_of(text.begin(), text.end(), [](char c) { return c == '\0'; })) return wrong("a zero byte in it");
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      std::string_view content = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (content.ends_with('\r')) content.remove_suffix(1);
      ++line_;
      if (content.empty()) continue;
      if (content.size() < 2 || content[1] != '=') return wrong("not of the form x=...");
      if (line_ == 1 && content != "v=0") return wrong("v=0 expected");
      if (const Status read = line(content[0], content.substr(2)); !read.ok()) return read.error();
    }
    if (line_ == 0) return wrong("empty");
    if (!has_origin_) return wrong("no o= line");
    for (Media& media : out_.media) {
      if (media.address.empty()) media.address = address_;
      if (media.address.empty() && media.port != 0) return wrong("no c= line for m=" + media.type);
    }
    return std::move(out_);
  }

 private:
  Error wrong(const std::string& what) const { return {ErrorKind::invalid, "SDP line " + std::to_string(line_) + ": " + what}; }

  Status line(char kind, std::string_view value) {
    switch (kind) {
      case 'o':
        return origin(value);
      case 'c':
        return connection(value);
      case 'm':
        return media(value);
      case 'a':
        return attribute(value);
      default:
        return success();
    }
  }

  Status origin(std::string_view value) {
    const auto parts = words(value);
    if (parts.size() != 6 || parts[5].size() > kLongestToken || parts[0].size() > kLongestToken)
      return wrong("o= needs user, id, version, IN, type, address");
    const auto id = number<uint64_t>(parts[1], UINT64_MAX), version = number<uint64_t>(parts[2], UINT64_MAX);
    if (!id || !version) return wrong("id and version in o= must be numbers");
    out_.user = parts[0];
    out_.session_id = *id;
    out_.version = *version;
    out_.origin_address = parts[5];
    has_origin_ = true;
    return success();
  }

  Status connection(std::string_view value) {
    const auto parts = words(value);
    if (parts.size() != 3 || parts[0] != "IN" || (parts[1] != "IP4" && parts[1] != "IP6")) return wrong("c= needs IN, IP4 or IP6, address");
    std::string address(parts[2].substr(0, parts[2].find('/')));
    if (!numeric_address(address, parts[1])) return wrong("the address in c= is not a numeric one of its type");
    (out_.media.empty() ? address_ : out_.media.back().address) = std::move(address);
    return success();
  }

  Status media(std::string_view value) {
    const auto parts = words(value);
    if (parts.size() < 4) return wrong("m= needs type, port, protocol, formats");
    if (out_.media.size() == kMostMedia) return wrong("more than 16 streams");
    if (parts.size() - 3 > kMostFormats) return wrong("more than 64 formats");
    if (parts[0].size() > kLongestToken || parts[2].size() > kLongestToken) return wrong("type or protocol in m= too long");
    const auto port = number<int>(parts[1].substr(0, parts[1].find('/')), 65535);
    if (!port) return wrong("the port in m= is not 0 to 65535");
    Media stream{.type = std::string(parts[0]), .port = *port, .protocol = std::string(parts[2]), .direction = direction_};
    for (size_t i = 3; i < parts.size(); ++i) {
      if (!is_rtp(stream.protocol)) {
        stream.formats.emplace_back(parts[i]);
        continue;
      }
      const auto type = number<int>(parts[i], 127);
      if (!type) return wrong("a payload type in m= is not 0 to 127");
      const auto known =
          std::find_if(kStaticTypes.begin(), kStaticTypes.end(), [&](const StaticType& t) { return t.payload_type == *type; });
      stream.codecs.push_back({.payload_type = *type,
                               .name = known == kStaticTypes.end() ? std::string() : std::string(known->name),
                               .clock_rate = known == kStaticTypes.end() ? 0 : 8000});
    }
    out_.media.push_back(std::move(stream));
    return success();
  }

  Status attribute(std::string_view value) {
    if (const auto direction = parse_enum<Direction>(value)) {
      (out_.media.empty() ? direction_ : out_.media.back().direction) = *direction;
      return success();
    }
    if (out_.media.empty()) return success();
    Media& stream = out_.media.back();
    const size_t colon = value.find(':');
    const std::string_view name = value.substr(0, colon), rest = colon == value.npos ? std::string_view() : value.substr(colon + 1);
    if (name == "ptime") {
      const auto ptime = number<int>(rest, 1000);
      if (!ptime || *ptime == 0) return wrong("a=ptime is not 1 to 1000");
      stream.ptime_ms = *ptime;
    } else if (name == "rtpmap" || name == "fmtp") {
      const size_t space = rest.find(' ');
      const auto type = number<int>(rest.substr(0, space), 127);
      if (!type || space == rest.npos) return wrong("a=" + std::string(name) + " needs a payload type and its meaning");
      const auto codec = std::find_if(stream.codecs.begin(), stream.codecs.end(), [&](const Codec& c) { return c.payload_type == *type; });
      if (codec == stream.codecs.end()) return success();
      const std::string_view meaning = rest.substr(space + 1);
      if (meaning.size() > kLongestToken) return wrong("a=" + std::string(name) + " too long");
      if (name == "fmtp") {
        codec->parameters = meaning;
        return success();
      }
      const size_t slash = meaning.find('/');
      if (slash == meaning.npos || slash == 0) return wrong("a=rtpmap needs name/rate");
      const std::string_view rate = meaning.substr(slash + 1);
      const auto hertz = number<int>(rate.substr(0, rate.find('/')), 1'000'000);
      if (!hertz) return wrong("the rate in a=rtpmap is not a number");
      codec->name = meaning.substr(0, slash);
      codec->clock_rate = *hertz;
    }
    return success();
  }

  SessionDescription out_;
  std::string address_;
  Direction direction_ = Direction::sendrecv;
  bool has_origin_ = false;
  int line_ = 0;
};

bool is_g711(const Codec& codec) { return codec.clock_rate == 8000 && (same_word(codec.name, "PCMU") || same_word(codec.name, "PCMA")); }
bool is_digits(const Codec& codec) { return codec.clock_rate == 8000 && same_word(codec.name, "telephone-event"); }

bool usable(const Media& media) {
  return media.type == "audio" && media.port != 0 && media.protocol == "RTP/AVP" &&
         std::any_of(media.codecs.begin(), media.codecs.end(), is_g711);
}

/// What is left for the one side when the other side says `direction`.
Direction mirrored(Direction direction) {
  if (direction == Direction::sendonly) return Direction::recvonly;
  if (direction == Direction::recvonly) return Direction::sendonly;
  return direction;
}

Direction both(Direction a, Direction b) {
  const auto sends = [](Direction d) { return d == Direction::sendrecv || d == Direction::sendonly; };
  const auto receives = [](Direction d) { return d == Direction::sendrecv || d == Direction::recvonly; };
  const bool send = sends(a) && sends(b), receive = receives(a) && receives(b);
  return send ? (receive ? Direction::sendrecv : Direction::sendonly) : (receive ? Direction::recvonly : Direction::inactive);
}

/// Where a c= line of zeroes stands for "hold" (RFC 2543), nothing may be sent.
bool is_held(const std::string& address) { return address == "0.0.0.0" || address == "::"; }

}  // namespace

Result<SessionDescription> parse_sdp(std::string_view text) { return Parser().parse(text); }

std::string to_text(const SessionDescription& s) {
  std::string out = "v=0\r\no=" + s.user + " " + std::to_string(s.session_id) + " " + std::to_string(s.version) + " IN " +
                    std::string(address_type(s.origin_address)) + " " + s.origin_address + "\r\ns=-\r\nt=0 0\r\n";
  for (const Media& media : s.media) {
    out += "m=" + media.type + " " + std::to_string(media.port) + " " + media.protocol;
    for (const Codec& codec : media.codecs) out += " " + std::to_string(codec.payload_type);
    for (const std::string& format : media.formats) out += " " + format;
    out += "\r\n";
    if (!media.address.empty()) out += "c=IN " + std::string(address_type(media.address)) + " " + media.address + "\r\n";
    for (const Codec& codec : media.codecs) {
      const std::string type = std::to_string(codec.payload_type);
      if (!codec.name.empty()) out += "a=rtpmap:" + type + " " + codec.name + "/" + std::to_string(codec.clock_rate) + "\r\n";
      if (!codec.parameters.empty()) out += "a=fmtp:" + type + " " + codec.parameters + "\r\n";
    }
    if (media.ptime_ms > 0) out += "a=ptime:" + std::to_string(media.ptime_ms) + "\r\n";
    out += "a=" + std::string(to_string(media.direction)) + "\r\n";
  }
  return out;
}

SessionDescription make_offer(const LocalAudio& local) {
  return {.session_id = local.session_id,
          .version = local.version,
          .origin_address = local.address,
          .media = {{.port = local.port,
                     .address = local.address,
                     .codecs = {{0, "PCMU", 8000, ""}, {8, "PCMA", 8000, ""}, {101, "telephone-event", 8000, "0-16"}},
                     .direction = local.direction,
                     .ptime_ms = local.ptime_ms}}};
}

Result<SessionDescription> make_answer(const SessionDescription& offer, const LocalAudio& local) {
  SessionDescription answer{.session_id = local.session_id, .version = local.version, .origin_address = local.address};
  bool taken = false;
  for (const Media& offered : offer.media) {
    Media media{
        .type = offered.type, .port = 0, .protocol = offered.protocol, .formats = offered.formats, .direction = Direction::inactive};
    if (taken || !usable(offered)) {
      if (!offered.codecs.empty()) media.codecs = {{.payload_type = offered.codecs.front().payload_type}};
      answer.media.push_back(std::move(media));
      continue;
    }
    taken = true;
    media.port = local.port;
    media.address = local.address;
    media.ptime_ms = local.ptime_ms;
    media.direction = both(mirrored(offered.direction), local.direction);
    media.codecs.push_back(*std::find_if(offered.codecs.begin(), offered.codecs.end(), is_g711));
    const auto digits = std::find_if(offered.codecs.begin(), offered.codecs.end(), is_digits);
    if (digits != offered.codecs.end()) media.codecs.push_back({digits->payload_type, "telephone-event", 8000, "0-16"});
    answer.media.push_back(std::move(media));
  }
  if (!taken) return Error{ErrorKind::invalid, "SDP offer: no audio stream with PCMU or PCMA over RTP/AVP"};
  return answer;
}

Result<AgreedAudio> agree(const SessionDescription& remote, Direction ours) {
  const auto stream = std::find_if(remote.media.begin(), remote.media.end(), usable);
  if (stream == remote.media.end()) return Error{ErrorKind::invalid, "SDP: no audio stream with PCMU or PCMA over RTP/AVP"};
  const auto digits = std::find_if(stream->codecs.begin(), stream->codecs.end(), is_digits);
  const Direction theirs = is_held(stream->address) ? Direction::inactive : mirrored(stream->direction);
  return AgreedAudio{.address = stream->address,
                     .port = stream->port,
                     .codec = *std::find_if(stream->codecs.begin(), stream->codecs.end(), is_g711),
                     .digits = digits == stream->codecs.end() ? std::nullopt : std::optional(digits->payload_type),
                     .direction = both(theirs, ours),
                     .ptime_ms = stream->ptime_ms > 0 ? stream->ptime_ms : 20};
}

}  // namespace everdial::sip
