#include "ha/heartbeat.h"

#include <limits>

namespace everdial {
namespace {

/// Of the layout. New fields come at the end, where older releases do not look, so that two releases hear each other in an upgrade; only
/// what cannot be done so needs another number.
constexpr uint8_t kVersion = 1;

class Writer {
 public:
  void byte(uint8_t value) { out_ += static_cast<char>(value); }
  void integer(int64_t value) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<uint8_t>(static_cast<uint64_t>(value) >> shift));
  }
  void text(const std::string& value) {
    const auto size = std::min<size_t>(value.size(), std::numeric_limits<uint8_t>::max());
    byte(static_cast<uint8_t>(size));
    out_.append(value, 0, size);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reading past the end gives nothing and is remembered.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  uint8_t byte() {
    if (left_.empty()) return broken_ = true, 0;
    const auto value = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  int64_t integer() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 8) value |= static_cast<uint64_t>(byte()) << shift;
    return static_cast<int64_t>(value);
  }
  std::string text() {
    const size_t size = byte();
    if (size > left_.size()) return broken_ = true, std::string();
    std::string value{left_.substr(0, size)};
    left_.remove_prefix(size);
    return value;
  }
  Instant instant() { return from_micros(integer()); }
  Duration duration() { return Duration{integer()}; }
  bool broken() const { return broken_; }

 private:
  std::string_view left_;
  bool broken_ = false;
};

}  // namespace

std::string encode(const Heartbeat& h) {
  Writer out;
  out.byte(kVersion);
  out.text(h.from.value);
  out.text(h.to.value);
  out.integer(h.seq);
  out.integer(to_micros(h.sent_at));
  out.byte(h.echo ? 1 : 0);
  if (h.echo) {
    out.integer(h.echo->seq);
    out.integer(to_micros(h.echo->sent_at));
    out.integer(to_micros(h.echo->received_at));
  }
  out.integer(h.loop_lag.count());
  out.integer(h.database_age.count());
  out.text(h.version);
  out.byte(static_cast<uint8_t>(std::min<size_t>(h.unfit.size(), 255)));
  for (size_t i = 0; i < h.unfit.size() && i < 255; ++i) {
    out.text(h.unfit[i].incarnation.value);
    out.byte(h.unfit[i].kind == DoubtKind::stuck ? 0 : 1);
    out.integer(h.unfit[i].for_time.count());
  }
  out.byte(static_cast<uint8_t>(std::min<size_t>(h.suspected.size(), 255)));
  for (size_t i = 0; i < h.suspected.size() && i < 255; ++i) out.text(h.suspected[i].value);
  return out.take();
}

std::optional<Heartbeat> decode_heartbeat(std::string_view bytes) {
  Reader in(bytes);
  if (in.byte() != kVersion) return std::nullopt;
  Heartbeat h;
  h.from = Incarnation{in.text()};
  h.to = Incarnation{in.text()};
  h.seq = in.integer();
  h.sent_at = in.instant();
  if (in.byte() != 0) {
    Heartbeat::Echo echo;
    echo.seq = in.integer();
    echo.sent_at = in.instant();
    echo.received_at = in.instant();
    h.echo = echo;
  }
  h.loop_lag = in.duration();
  h.database_age = in.duration();
  h.version = in.text();
  for (int n = in.byte(); n > 0 && !in.broken(); --n) {
    Unfit unfit;
    unfit.incarnation = Incarnation{in.text()};
    unfit.kind = in.byte() == 0 ? DoubtKind::stuck : DoubtKind::without_database;
    unfit.for_time = in.duration();
    h.unfit.push_back(std::move(unfit));
  }
  for (int n = in.byte(); n > 0 && !in.broken(); --n) h.suspected.push_back(Incarnation{in.text()});
  return in.broken() ? std::nullopt : std::optional(std::move(h));
}

}  // namespace everdial
