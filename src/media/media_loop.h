#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "media/stream.h"

namespace everdial::media {

/// The media thread: waits for packets, ticks and commands. Ticks of the streams are spread over ten slots of 2 ms, so that packets do
/// not go out in one burst every 20 ms; streams that hear each other share a slot.
class MediaLoop {
 public:
  using Command = std::function<void(MediaLoop&)>;

  static Result<std::unique_ptr<MediaLoop>> start(Stream::Surroundings surroundings);
  ~MediaLoop();  ///< closes all streams

  /// From any thread; commands are carried out in order, soon.
  void post(Command command);
  pthread_t thread() { return thread_.native_handle(); }

  // On the media thread only.
  Instant now() const { return now_; }
  void add(StreamId id, PortPair ports);
  void close(StreamId id);
  /// Changes a stream; nothing when it is closed.
  template <class Change>
  void with(StreamId id, Change change) {
    if (Stream* stream = find(id)) {
      change(*stream);
      refresh(*stream);
      if (stream->partner()) refresh(*stream->partner());  // a recording hears both
    }
  }
  void relay(StreamId a, StreamId b);
  void unrelay(StreamId id);
  void open_conference(ConferenceId id);
  void close_conference(ConferenceId id);
  void join(StreamId id, ConferenceId conference, bool talks);
  void whisper(StreamId id, ConferenceId conference, StreamId to);
  void leave(StreamId id);

 private:
  static constexpr Duration slot_time = 2ms;
  static constexpr size_t slots = 10;
  static constexpr size_t look_after_turns = 100;  ///< each stream is looked after once in so many slot times
  static constexpr Duration longest_lag = 200ms;   ///< ticks later than this are left out

  struct Conference {
    size_t slot = 0;
    Mix mix;
    std::vector<Stream*> members;
  };
  struct Slot {
    std::vector<Stream*> ticking;
    std::vector<Conference*> conferences;
    size_t streams = 0;
  };

  MediaLoop(Stream::Surroundings surroundings, int epoll_fd, int event_fd);

  void run();
  int wait_milliseconds() const;
  void receive(void* tag);
  void run_commands();
  void run_ticks();
  void run_slot(Slot& slot, Instant tick);
  void look_after_some();

  Stream* find(StreamId id);
  /// What the stream does has changed: it may need ticks, or none.
  void refresh(Stream& stream);
  void stop_ticks(Stream& stream);
  void move_to_slot(Stream& stream, size_t slot);
  void detach(Stream& stream);
  Instant tick_at(int64_t turn) const { return start_ + turn * slot_time; }

  const Stream::Surroundings surroundings_;
  const int epoll_fd_, event_fd_;

  std::mutex mutex_;
  std::vector<Command> commands_;
  std::atomic<bool> stopping_{false};

  Instant now_, start_;
  int64_t turn_ = 0;  ///< the next slot time to be run
  std::array<Slot, slots> slots_;
  std::unordered_map<StreamId, std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> all_;
  std::unordered_map<ConferenceId, std::unique_ptr<Conference>> conferences_;
  std::mt19937 random_{std::random_device{}()};
  std::array<uint8_t, 2048> bytes_;

  std::thread thread_;
};

}  // namespace everdial::media
