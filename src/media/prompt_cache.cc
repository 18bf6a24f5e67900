#include "media/prompt_cache.h"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <system_error>

#include "media/rtp.h"

namespace everdial::media {
namespace {

int16_t to_sample(double value) { return static_cast<int16_t>(std::lround(std::clamp(value * 32768.0, -32768.0, 32767.0))); }

Result<std::shared_ptr<const Prompt>> decode(const std::filesystem::path& file, Duration longest) {
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> sound(sf_open(file.c_str(), SFM_READ, &info), sf_close);
  if (!sound)
    return Error{ErrorKind::invalid, "prompt '" + file.string() + "' is not a sound file that can be read: " + sf_strerror(nullptr)};
  if (info.channels < 1 || info.channels > 8 || info.samplerate < 4000 || info.samplerate > 192'000)
    return Error{ErrorKind::invalid, "prompt '" + file.string() + "' has " + std::to_string(info.channels) + " channels at " +
                                         std::to_string(info.samplerate) + " Hz; 1 to 8 channels at 4 to 192 kHz can be played"};
  const int64_t most = longest.count() * info.samplerate / 1'000'000;
  const auto channels = static_cast<size_t>(info.channels);
  std::vector<float> mono;
  std::vector<float> block(4096 * channels);
  // The header's length is not believed: it may be wrong by gigabytes.
  while (const sf_count_t got = sf_readf_float(sound.get(), block.data(), 4096)) {
    if (static_cast<int64_t>(mono.size()) + got > most)
      return Error{ErrorKind::invalid, "prompt '" + file.string() + "' is longer than the " +
                                           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(longest).count()) +
                                           " s allowed"};
    for (size_t i = 0; i < static_cast<size_t>(got); ++i) {
      float sum = 0;
      for (size_t channel = 0; channel < channels; ++channel) sum += block[i * channels + channel];
      mono.push_back(sum / static_cast<float>(channels));
    }
  }
  if (mono.empty()) return Error{ErrorKind::invalid, "prompt '" + file.string() + "' has no sound in it"};
  return std::make_shared<const Prompt>(Prompt{resample_to_8khz(mono, info.samplerate)});
}

}  // namespace

std::vector<int16_t> resample_to_8khz(const std::vector<float>& samples, int rate) {
  std::vector<int16_t> out;
  if (rate == sample_rate) {
    out.reserve(samples.size());
    for (const float sample : samples) out.push_back(to_sample(sample));
    return out;
  }
  // Interpolation by a windowed sinc: its zero crossings are one sample of the slower of the two rates apart, so that going down
  // filters what the target cannot carry.
  constexpr int crossings = 16, steps = 512;
  static const auto kernel = [] {
    std::array<float, crossings * steps + 2> table{};
    for (int i = 0; i <= crossings * steps; ++i) {
      const double x = std::numbers::pi * i / steps;
      const double window = 0.5 + 0.5 * std::cos(x / crossings);
      table[static_cast<size_t>(i)] = static_cast<float>((i == 0 ? 1.0 : std::sin(x) / x) * window);
    }
    return table;
  }();
  const double step = static_cast<double>(rate) / sample_rate;
  const double scale = std::min(1.0, 0.95 / step);  // a little below half the target's rate
  const double reach = crossings / scale;
  const auto last = static_cast<int64_t>(samples.size()) - 1;
  out.reserve(static_cast<size_t>(static_cast<double>(samples.size()) / step) + 1);
  for (double at = 0; at <= static_cast<double>(last); at += step) {
    double sum = 0;
    const auto from = std::max<int64_t>(0, static_cast<int64_t>(std::ceil(at - reach)));
    const auto to = std::min<int64_t>(last, static_cast<int64_t>(std::floor(at + reach)));
    for (int64_t i = from; i <= to; ++i) {
      const double place = std::abs(static_cast<double>(i) - at) * scale * steps;
      const auto index = static_cast<size_t>(place);
      const double between = place - static_cast<double>(index);
      sum += samples[static_cast<size_t>(i)] * (kernel[index] * (1 - between) + kernel[index + 1] * between);
    }
    out.push_back(to_sample(sum * scale));
  }
  return out;
}

Result<std::shared_ptr<const Prompt>> PromptCache::get(const std::filesystem::path& file) {
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(file, failed);
  const auto size = failed ? 0 : std::filesystem::file_size(file, failed);
  if (failed) {
    const bool missing = failed == std::errc::no_such_file_or_directory || failed == std::errc::not_a_directory;
    return Error{missing ? ErrorKind::not_found : ErrorKind::invalid, "prompt '" + file.string() + "': " + failed.message()};
  }
  const std::string key = file.string();
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.written == written && found->second.size == size) {
      found->second.used = ++uses_;
      return found->second.prompt;
    }
  }
  auto decoded = decode(file, longest_);
  if (decoded.ok()) keep(key, Entry{*decoded, written, size});
  return decoded;
}

void PromptCache::keep(const std::string& key, Entry entry) {
  auto bytes_of = [](const Entry& e) { return e.prompt->samples.size() * sizeof(int16_t); };
  const std::lock_guard lock(mutex_);
  if (const auto old = entries_.find(key); old != entries_.end()) {
    bytes_ -= bytes_of(old->second);
    entries_.erase(old);
  }
  if (bytes_of(entry) > most_bytes_) return;
  while (bytes_ + bytes_of(entry) > most_bytes_) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(), [](auto& a, auto& b) { return a.second.used < b.second.used; });
    bytes_ -= bytes_of(oldest->second);
    entries_.erase(oldest);
  }
  bytes_ += bytes_of(entry);
  entry.used = ++uses_;
  entries_.emplace(key, std::move(entry));
}

size_t PromptCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace everdial::media
