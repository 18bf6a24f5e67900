#include "media/recorder.h"

#include <fcntl.h>
#include <sndfile.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "media/frame_analyser.h"
#include "media/mixer.h"
#include "media/rtp.h"

namespace everdial::media {

Recording::Recording(StreamId stream, std::filesystem::path file, RecordMode mode, size_t frames)
    : stream_(stream), file_(std::move(file)), mode_(mode), size_(frames), slots_(new Slot[frames]) {}

void Recording::put(const Frame& far, const Frame& near) {
  if (failed_.load(std::memory_order_relaxed)) return;
  const uint64_t written = written_.load(std::memory_order_relaxed);
  if (written - read_.load(std::memory_order_acquire) >= size_) {
    ++missing_;
    return;
  }
  Slot& slot = slots_[written % size_];
  slot.missed_before = std::exchange(missing_, 0);
  if (mode_ == RecordMode::stereo) {
    slot.left = far;
    slot.right = near;
  } else {
    for (size_t i = 0; i < frame_samples; ++i) slot.left[i] = Mix::saturate(far[i] + near[i]);
  }
  written_.store(written + 1, std::memory_order_release);
}

Recorder::Recorder(Duration buffer, size_t most, EndedFn ended)
    : buffer_frames_(static_cast<size_t>(std::max(buffer, Duration{1s}) / frame_time)),
      most_(most),
      ended_(std::move(ended)),
      thread_([this] { run(); }) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& recording : recordings_) recording->finish();
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::shared_ptr<Recording> Recorder::start(StreamId stream, const std::filesystem::path& file, RecordMode mode) {
  const std::lock_guard lock(mutex_);
  if (recordings_.size() >= most_) return nullptr;
  recordings_.push_back(std::make_shared<Recording>(stream, file, mode, buffer_frames_));
  return recordings_.back();
}

void Recorder::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void Recorder::run() {
  for (;;) {
    std::vector<std::shared_ptr<Recording>> open;
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, turn, [this] { return woken_ || stopping_; });
      woken_ = false;
      last = stopping_;
      open = recordings_;
    }
    for (const auto& recording : open) {
      if (write(*recording)) continue;
      const std::lock_guard lock(mutex_);
      std::erase(recordings_, recording);
    }
    if (last) return;
  }
}

bool Recorder::write(Recording& recording) {
  // Read before the frames: what was put before finish() is then seen too.
  const bool finished = recording.finished_.load(std::memory_order_acquire);
  std::string error = recording.sound_ ? "" : open(recording);
  uint64_t read = recording.read_.load(std::memory_order_relaxed);
  const uint64_t written = recording.written_.load(std::memory_order_acquire);
  block_.clear();
  for (; error.empty() && read < written; ++read) {
    const auto& slot = recording.slots_[read % recording.size_];
    error = append_missed(recording, slot.missed_before);
    append(recording, slot.left, slot.right);
  }
  recording.read_.store(read, std::memory_order_release);
  if (error.empty() && finished) error = append_missed(recording, recording.missing_);
  if (error.empty()) error = flush(recording);
  if (error.empty() && !finished) return true;
  end(recording, std::move(error));
  return false;
}

std::string Recorder::open(Recording& recording) {
  // By hand, so that a file that is there is never overwritten.
  const int fd = ::open(recording.file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) return std::system_category().message(errno);
  SF_INFO info{
      .samplerate = sample_rate, .channels = recording.mode_ == RecordMode::stereo ? 2 : 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
  SNDFILE* sound = sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
  if (!sound) return sf_strerror(nullptr);
  recording.sound_ = std::shared_ptr<void>(sound, [](void* s) { sf_close(static_cast<SNDFILE*>(s)); });
  return "";
}

void Recorder::append(Recording& recording, const Frame& left, const Frame& right) {
  for (size_t i = 0; i < frame_samples; ++i) {
    block_.push_back(left[i]);
    if (recording.mode_ == RecordMode::stereo) block_.push_back(right[i]);
  }
}

std::string Recorder::append_missed(Recording& recording, uint32_t frames) {
  static constexpr Frame silence{};
  for (uint32_t i = 0; i < frames; ++i) {
    append(recording, silence, silence);
    recording.missed_samples_ += frame_samples;
    if (block_.size() < largest_block) continue;
    if (std::string error = flush(recording); !error.empty()) return error;
  }
  return "";
}

std::string Recorder::flush(Recording& recording) {
  if (block_.empty()) return "";
  auto* sound = static_cast<SNDFILE*>(recording.sound_.get());
  const auto count = static_cast<sf_count_t>(block_.size() / (recording.mode_ == RecordMode::stereo ? 2 : 1));
  errno = 0;
  const sf_count_t done = sf_writef_short(sound, block_.data(), count);
  recording.samples_ += done;
  block_.clear();
  if (done != count || sf_error(sound) != SF_ERR_NO_ERROR) return errno != 0 ? std::system_category().message(errno) : sf_strerror(sound);
  // The header tells the right length after each turn, so the file can be played even if the process dies.
  sf_command(sound, SFC_UPDATE_HEADER_NOW, nullptr, 0);
  return "";
}

void Recorder::end(Recording& recording, std::string error) {
  recording.failed_.store(true, std::memory_order_relaxed);
  recording.sound_.reset();
  if (!error.empty()) error = "recording '" + recording.file_.string() + "': " + error;
  ended_(RecordingEnded{recording.stream_, recording.file_, duration_of_samples(recording.samples_),
                        duration_of_samples(recording.missed_samples_), std::move(error)});
}

}  // namespace everdial::media
