#include "media/engine.h"

#include <atomic>

#include "media/media_loop.h"
#include "media/ports.h"
#include "media/prompt_cache.h"
#include "media/recorder.h"
#include "media/worker.h"

namespace everdial::media {
namespace {
constexpr size_t most_prompts_waiting = 10'000;
}

struct Engine::State {
  State(EngineSettings s, EventFn fn, const Endpoint& local)
      : settings(std::move(s)),
        tell(std::move(fn)),
        count_closed([this](Event event) {
          if (std::holds_alternative<Closed>(event)) --open;
          tell(std::move(event));
        }),
        ports(local, settings.first_port, settings.last_port),
        prompts(settings.prompt_cache_bytes, settings.longest_prompt),
        recorder(settings.recording_buffer, settings.max_recordings, [this](RecordingEnded event) { tell(std::move(event)); }) {}
  ~State() {
    // The prompts' worker hands its results to the loop, and the loop hands sound to the recorder: each ends before what it uses.
    prompt_reader.reset();
    loop.reset();
  }

  template <class Change>
  void change(StreamId stream, Change change) {
    loop->post([stream, change = std::move(change)](MediaLoop& on) { on.with(stream, change); });
  }

  const EngineSettings settings;
  const EventFn tell;
  const EventFn count_closed;
  PortRange ports;
  PromptCache prompts;
  Recorder recorder;
  std::atomic<int64_t> next_id{1};
  std::atomic<size_t> open{0};
  std::unique_ptr<MediaLoop> loop;
  std::unique_ptr<Worker> prompt_reader;
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::start(EngineSettings settings, EventFn on_event) {
  const auto local = Endpoint::parse(settings.bind_address, 0);
  if (!local.ok()) return Error{ErrorKind::invalid, "media bind address: " + local.error().message};
  if (settings.last_port <= settings.first_port)
    return Error{ErrorKind::invalid, "media ports: the last, " + std::to_string(settings.last_port) + ", must be above the first, " +
                                         std::to_string(settings.first_port)};
  auto state = std::make_unique<State>(std::move(settings), std::move(on_event), *local);
  auto loop = MediaLoop::start({state->settings, state->count_closed, state->recorder});
  if (!loop.ok()) return loop.error();
  state->loop = std::move(loop).value();
  state->prompt_reader = std::make_unique<Worker>(most_prompts_waiting);
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Result<Engine::Port> Engine::open_port(std::optional<uint16_t> wanted) {
  if (++state_->open > state_->settings.max_streams) {
    --state_->open;
    return Error{ErrorKind::overloaded, "all " + std::to_string(state_->settings.max_streams) + " media streams are in use"};
  }
  auto ports = wanted ? state_->ports.open(*wanted) : state_->ports.open_any();
  if (!ports.ok()) {
    --state_->open;
    return ports.error();
  }
  const Port port{StreamId{state_->next_id++}, ports->port};
  // A command must be copyable, the sockets are not.
  auto shared = std::make_shared<PortPair>(std::move(ports).value());
  state_->loop->post([id = port.stream, shared](MediaLoop& loop) { loop.add(id, std::move(*shared)); });
  return port;
}

void Engine::connect(StreamId stream, const Negotiated& negotiated) {
  state_->loop->post([=](MediaLoop& loop) { loop.with(stream, [&](Stream& s) { s.connect(negotiated, loop.now()); }); });
}

void Engine::close(StreamId stream) {
  state_->loop->post([=](MediaLoop& loop) { loop.close(stream); });
}

PlayId Engine::play(StreamId stream, const std::filesystem::path& file, bool repeat) {
  const PlayId play{state_->next_id++};
  state_->change(stream, [=](Stream& s) { s.expect_prompt(play, repeat); });
  const bool taken = state_->prompt_reader->post([state = state_.get(), stream, play, file] {
    state->change(stream, [play, prompt = state->prompts.get(file)](Stream& s) { s.prompt_ready(play, prompt); });
  });
  if (!taken) {
    const Error error{ErrorKind::overloaded, "prompt '" + file.string() + "': too many prompts are being read"};
    state_->change(stream, [play, error](Stream& s) { s.prompt_ready(play, error); });
  }
  return play;
}

void Engine::stop_play(StreamId stream) {
  state_->change(stream, [](Stream& s) { s.stop_play(); });
}

Status Engine::check_prompt(const std::filesystem::path& file) {
  const auto prompt = state_->prompts.get(file);
  return prompt.ok() ? success() : Status(prompt.error());
}

void Engine::record(StreamId stream, const std::filesystem::path& file, RecordMode mode) {
  state_->change(stream, [=](Stream& s) { s.record(file, mode); });
}
void Engine::stop_record(StreamId stream) {
  state_->change(stream, [](Stream& s) { s.stop_record(); });
}

void Engine::analyse(StreamId stream, const CpaSettings& settings) {
  state_->change(stream, [=](Stream& s) { s.analyse(settings); });
}
void Engine::stop_analysis(StreamId stream) {
  state_->change(stream, [](Stream& s) { s.stop_analysis(); });
}

void Engine::send_digits(StreamId stream, const std::string& digits, Duration each) {
  state_->change(stream, [=](Stream& s) { s.send_digits(digits, each); });
}

void Engine::relay(StreamId a, StreamId b) {
  state_->loop->post([=](MediaLoop& loop) { loop.relay(a, b); });
}
void Engine::unrelay(StreamId stream) {
  state_->loop->post([=](MediaLoop& loop) { loop.unrelay(stream); });
}

ConferenceId Engine::open_conference() {
  const ConferenceId conference{state_->next_id++};
  state_->loop->post([=](MediaLoop& loop) { loop.open_conference(conference); });
  return conference;
}
void Engine::join(StreamId stream, ConferenceId conference, bool talks) {
  state_->loop->post([=](MediaLoop& loop) { loop.join(stream, conference, talks); });
}
void Engine::whisper(StreamId stream, ConferenceId conference, StreamId to) {
  state_->loop->post([=](MediaLoop& loop) { loop.whisper(stream, conference, to); });
}
void Engine::leave(StreamId stream) {
  state_->loop->post([=](MediaLoop& loop) { loop.leave(stream); });
}
void Engine::close_conference(ConferenceId conference) {
  state_->loop->post([=](MediaLoop& loop) { loop.close_conference(conference); });
}

size_t Engine::open_streams() const { return state_->open; }

}  // namespace everdial::media
