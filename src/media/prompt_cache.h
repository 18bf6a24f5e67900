#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace everdial::media {

/// A sound file as it is played: 8 kHz, one channel.
struct Prompt {
  std::vector<int16_t> samples;
};

/// Decoded prompts, shared by all calls that play them. A file is read again when its time or size has changed; the least recently
/// used are dropped when they take more than `most_bytes`. Reads from disk in the caller's thread; any thread may ask.
class PromptCache {
 public:
  PromptCache(size_t most_bytes, Duration longest) : most_bytes_(most_bytes), longest_(longest) {}

  Result<std::shared_ptr<const Prompt>> get(const std::filesystem::path& file);
  size_t bytes() const;

 private:
  struct Entry {
    std::shared_ptr<const Prompt> prompt;
    std::filesystem::file_time_type written;
    uintmax_t size = 0;
    uint64_t used = 0;
  };
  void keep(const std::string& key, Entry entry);

  const size_t most_bytes_;
  const Duration longest_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  size_t bytes_ = 0;
  uint64_t uses_ = 0;
};

/// One channel at `rate` brought to 8 kHz; what 8 kHz cannot carry is filtered out.
std::vector<int16_t> resample_to_8khz(const std::vector<float>& samples, int rate);

}  // namespace everdial::media
