#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "media/engine.h"
#include "media/g711.h"

namespace everdial::media {

/// One recording's way from the media thread to the disk: a ring of frames with one writer and one reader. When the disk does not keep
/// up, frames are left out and counted, and silence takes their place in the file, so that times in it stay right.
class Recording {
 public:
  Recording(StreamId stream, std::filesystem::path file, RecordMode mode, size_t frames);

  /// Media thread; never waits.
  void put(const Frame& far, const Frame& near);
  void finish() { finished_.store(true, std::memory_order_release); }

 private:
  friend class Recorder;
  struct Slot {
    uint32_t missed_before = 0;
    Frame left, right;  ///< of a mixed recording only the left is used
  };

  const StreamId stream_;
  const std::filesystem::path file_;
  const RecordMode mode_;
  const size_t size_;
  const std::unique_ptr<Slot[]> slots_;
  std::atomic<uint64_t> written_{0}, read_{0};
  uint32_t missing_ = 0;  ///< the media thread's, until finished
  std::atomic<bool> finished_{false}, failed_{false};

  // The recorder's.
  std::shared_ptr<void> sound_;  ///< the open file
  int64_t samples_ = 0, missed_samples_ = 0;
};

/// The thread that writes all recordings of an engine.
class Recorder {
 public:
  using EndedFn = std::function<void(RecordingEnded)>;  ///< called on the recorder's thread

  Recorder(Duration buffer, size_t most, EndedFn ended);
  ~Recorder();  ///< finishes all

  /// Empty when there are too many already; `ended` is then not called. The file is made by the recorder's thread.
  std::shared_ptr<Recording> start(StreamId stream, const std::filesystem::path& file, RecordMode mode);
  /// After finish(): do not wait for the next turn.
  void wake();

 private:
  static constexpr Duration turn = 200ms;
  static constexpr size_t largest_block = 64 << 10;  ///< samples

  void run();
  /// False when the recording is over.
  bool write(Recording& recording);
  std::string open(Recording& recording);
  void append(Recording& recording, const Frame& left, const Frame& right);
  std::string append_missed(Recording& recording, uint32_t frames);
  std::string flush(Recording& recording);
  void end(Recording& recording, std::string error);

  const size_t buffer_frames_;
  const size_t most_;
  const EndedFn ended_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Recording>> recordings_;
  bool woken_ = false;
  bool stopping_ = false;
  std::vector<int16_t> block_;  ///< the recorder thread's: what goes to the disk in one write
  std::thread thread_;
};

}  // namespace everdial::media
