#include "media/media_loop.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <span>
#include <system_error>

namespace everdial::media {
namespace {

Instant steady_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Instant{Duration{time.tv_sec * 1'000'000 + time.tv_nsec / 1000}};
}

// What is late here is heard. Without the right to be scheduled in real time a thread may still be nice to none, or goes like everyone.
void go_before_others() {
  const sched_param first{.sched_priority = 1};
  if (pthread_setschedparam(pthread_self(), SCHED_RR, &first) != 0) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -15);
}

// An epoll entry is the stream's address, its lowest bit set for RTCP; null is the commands' event.
void* tag_of(Stream& stream, bool rtcp) { return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(&stream) | (rtcp ? 1 : 0)); }

bool watch(int epoll_fd, int fd, void* tag) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = tag}};
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Result<std::unique_ptr<MediaLoop>> MediaLoop::start(Stream::Surroundings surroundings) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  const int event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (epoll_fd < 0 || event_fd < 0 || !watch(epoll_fd, event_fd, nullptr)) {
    const Error error{ErrorKind::overloaded, "the media thread cannot start: " + std::system_category().message(errno)};
    if (epoll_fd >= 0) ::close(epoll_fd);
    if (event_fd >= 0) ::close(event_fd);
    return error;
  }
  return std::unique_ptr<MediaLoop>(new MediaLoop(surroundings, epoll_fd, event_fd));
}

MediaLoop::MediaLoop(Stream::Surroundings surroundings, int epoll_fd, int event_fd)
    : surroundings_(surroundings), epoll_fd_(epoll_fd), event_fd_(event_fd), now_(steady_now()), start_(now_), thread_([this] { run(); }) {}

MediaLoop::~MediaLoop() {
  post([](MediaLoop& loop) { loop.stopping_ = true; });
  thread_.join();
  ::close(epoll_fd_);
  ::close(event_fd_);
}

void MediaLoop::post(Command command) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = commands_.empty();
    commands_.push_back(std::move(command));
  }
  if (first) eventfd_write(event_fd_, 1);
}

void MediaLoop::run() {
  pthread_setname_np(pthread_self(), "media");
  go_before_others();
  std::array<epoll_event, 512> events;
  while (!stopping_) {
    const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), wait_milliseconds());
    now_ = steady_now();
    const auto ready = std::span(events).first(static_cast<size_t>(std::max(count, 0)));
    // Commands go first, so that a packet sent after connect() finds the stream connected. They may close streams that these events
    // name; the packets stay where they are and are reported again.
    const bool commanded = std::any_of(ready.begin(), ready.end(), [](const epoll_event& event) { return event.data.ptr == nullptr; });
    if (commanded) {
      run_commands();
    } else {
      for (const epoll_event& event : ready) receive(event.data.ptr);
    }
    run_ticks();
  }
  for (Stream* stream : all_) stream->close();
}

int MediaLoop::wait_milliseconds() const {
  if (streams_.empty()) return -1;
  int64_t next = turn_;
  while (next < turn_ + static_cast<int64_t>(slots) && slots_[static_cast<size_t>(next) % slots].ticking.empty()) ++next;
  const Duration wait = tick_at(next) - steady_now();
  return wait <= Duration{} ? 0 : static_cast<int>((wait + 999us) / 1ms);
}

void MediaLoop::receive(void* tag) {
  Stream& stream = *reinterpret_cast<Stream*>(reinterpret_cast<uintptr_t>(tag) & ~uintptr_t{1});
  const bool rtcp = reinterpret_cast<uintptr_t>(tag) & 1;
  Endpoint from;
  socklen_t size = Endpoint::capacity;
  const ssize_t got = recvfrom(rtcp ? stream.rtcp_fd() : stream.rtp_fd(), bytes_.data(), bytes_.size(), MSG_DONTWAIT, from.data(), &size);
  if (got < 0) return;
  const auto bytes = std::span(bytes_).first(static_cast<size_t>(got));
  if (rtcp) return stream.take_rtcp(bytes, from, now_);
  const bool pressed = stream.take_rtp(bytes, from, now_);
  if (pressed && stream.partner()) refresh(*stream.partner());
}

void MediaLoop::run_commands() {
  eventfd_t ignored;
  eventfd_read(event_fd_, &ignored);
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (const Command& command : commands) command(*this);
}

void MediaLoop::run_ticks() {
  if (now_ - tick_at(turn_) > longest_lag) turn_ = (now_ - start_) / slot_time;
  for (; tick_at(turn_) <= now_; ++turn_) {
    run_slot(slots_[static_cast<size_t>(turn_) % slots], tick_at(turn_));
    look_after_some();
  }
}

void MediaLoop::run_slot(Slot& slot, Instant tick) {
  for (Stream* stream : slot.ticking) stream->listen();
  for (Conference* conference : slot.conferences) {
    conference->mix.clear();
    for (const Stream* member : conference->members)
      if (member->talks()) conference->mix.add(member->heard());
  }
  for (Stream* stream : slot.ticking) stream->speak(tick);
  // From the end, because a stream that leaves is replaced by the last one.
  for (size_t i = slot.ticking.size(); i-- > 0;)
    if (!slot.ticking[i]->needs_ticks()) refresh(*slot.ticking[i]);
}

void MediaLoop::look_after_some() {
  const size_t part = static_cast<size_t>(turn_) % look_after_turns;
  const size_t begin = all_.size() * part / look_after_turns, end = all_.size() * (part + 1) / look_after_turns;
  for (size_t i = begin; i < end; ++i) all_[i]->look_after(now_, static_cast<uint32_t>(random_()));
}

// ---- streams and who hears whom ----------------------------------------------------------------------------------------------------

Stream* MediaLoop::find(StreamId id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void MediaLoop::add(StreamId id, PortPair ports) {
  const std::array<uint32_t, 3> random{static_cast<uint32_t>(random_()), static_cast<uint32_t>(random_()),
                                       static_cast<uint32_t>(random_())};
  auto owned = std::make_unique<Stream>(id, std::move(ports), random, surroundings_);
  Stream& stream = *owned;
  stream.slot = static_cast<size_t>(std::min_element(slots_.begin(), slots_.end(), [](auto& a, auto& b) { return a.streams < b.streams; }) -
                                    slots_.begin());
  ++slots_[stream.slot].streams;
  streams_.emplace(id, std::move(owned));
  all_.push_back(&stream);
  if (!watch(epoll_fd_, stream.rtp_fd(), tag_of(stream, false)) || !watch(epoll_fd_, stream.rtcp_fd(), tag_of(stream, true))) close(id);
}

void MediaLoop::close(StreamId id) {
  Stream* const stream = find(id);
  if (!stream) return;
  detach(*stream);
  stream->close();
  stop_ticks(*stream);
  --slots_[stream->slot].streams;
  std::erase(all_, stream);
  streams_.erase(id);
}

void MediaLoop::refresh(Stream& stream) {
  stream.update_listening();
  if (!stream.needs_ticks()) return stop_ticks(stream);
  if (stream.place_in_slot) return;
  auto& ticking = slots_[stream.slot].ticking;
  stream.place_in_slot = ticking.size();
  ticking.push_back(&stream);
}

void MediaLoop::stop_ticks(Stream& stream) {
  if (!stream.place_in_slot) return;
  auto& ticking = slots_[stream.slot].ticking;
  ticking.back()->place_in_slot = stream.place_in_slot;
  std::swap(ticking[*stream.place_in_slot], ticking.back());
  ticking.pop_back();
  stream.place_in_slot.reset();
}

void MediaLoop::move_to_slot(Stream& stream, size_t slot) {
  if (stream.slot == slot) return;
  stop_ticks(stream);
  --slots_[stream.slot].streams;
  stream.slot = slot;
  ++slots_[slot].streams;
}

void MediaLoop::detach(Stream& stream) {
  if (Stream* const partner = stream.partner()) {
    partner->join(nullptr);
    stream.join(nullptr);
    refresh(*partner);
  }
  if (!stream.in_conference()) return;
  for (auto& [id, conference] : conferences_) {
    if (std::erase(conference->members, &stream) == 0) continue;
    for (Stream* member : conference->members) member->hear_no_more(stream);
  }
  stream.join(nullptr, false);
}

void MediaLoop::relay(StreamId a, StreamId b) {
  Stream *const one = find(a), *const other = find(b);
  if (!one || !other || one == other) return;
  detach(*one);
  detach(*other);
  move_to_slot(*other, one->slot);
  one->join(other);
  other->join(one);
  refresh(*one);
  refresh(*other);
}

void MediaLoop::unrelay(StreamId id) {
  Stream* const stream = find(id);
  if (!stream || !stream->partner()) return;
  detach(*stream);
  refresh(*stream);
}

void MediaLoop::open_conference(ConferenceId id) {
  auto conference = std::make_unique<Conference>();
  conference->slot = conferences_.size() % slots;
  slots_[conference->slot].conferences.push_back(conference.get());
  conferences_.emplace(id, std::move(conference));
}

void MediaLoop::close_conference(ConferenceId id) {
  const auto found = conferences_.find(id);
  if (found == conferences_.end()) return;
  for (Stream* member : std::vector(found->second->members)) {
    detach(*member);
    refresh(*member);
  }
  std::erase(slots_[found->second->slot].conferences, found->second.get());
  conferences_.erase(found);
}

void MediaLoop::join(StreamId id, ConferenceId conference, bool talks) {
  Stream* const stream = find(id);
  const auto found = conferences_.find(conference);
  if (!stream || found == conferences_.end()) return;
  detach(*stream);
  move_to_slot(*stream, found->second->slot);
  found->second->members.push_back(stream);
  stream->join(&found->second->mix, talks);
  refresh(*stream);
}

void MediaLoop::whisper(StreamId id, ConferenceId conference, StreamId to) {
  join(id, conference, false);
  Stream *const stream = find(id), *const hearer = find(to);
  if (stream && hearer && stream != hearer && hearer->in_conference()) hearer->hear_also(*stream);
}

void MediaLoop::leave(StreamId id) {
  Stream* const stream = find(id);
  if (!stream || stream->partner()) return;
  detach(*stream);
  refresh(*stream);
}

}  // namespace everdial::media
