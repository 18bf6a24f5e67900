#include "runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "base/time.h"

namespace everdial {
namespace {

struct Log {
  Log() : logger("everdial", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::info);
  }
  spdlog::logger logger;
  LogSettings settings;
};

Log& the_log() {
  static Log log;
  return log;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Bytes that are not UTF-8 (a peer's header, say) are replaced, so that a line can always be written.
std::string json_text(std::string_view text) { return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

bool plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '"' && c != '=' && c != 127; });
}

}  // namespace

std::string log_line(const LogSettings& settings, std::string_view at, LogLevel level, std::string_view message, LogFields fields) {
  std::string line;
  if (settings.format == LogFormat::json) {
    line = "{\"at\":" + json_text(at) + ",\"level\":" + json_text(to_string(level)) + ",\"server\":" + json_text(settings.server) +
           ",\"component\":" + json_text(settings.component) + ",\"message\":" + json_text(message);
    for (const auto& [key, value] : fields) line += "," + json_text(key) + ":" + json_text(value);
    return line + "}";
  }
  line = std::string(at) + " " + std::string(to_string(level)) + " " + settings.server + " " + settings.component + ": ";
  for (char c : message) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;  // one line, and nothing that steers a terminal
  for (const auto& [key, value] : fields) line += " " + std::string(key) + "=" + (plain(value) ? value : json_text(value));
  return line;
}

void start_log(const LogSettings& settings) {
  the_log().settings = settings;
  the_log().logger.set_level(spdlog_level(settings.level));
}

void log(LogLevel level, std::string_view message, LogFields fields) {
  Log& log = the_log();
  if (!log.logger.should_log(spdlog_level(level))) return;
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  log.logger.log(spdlog_level(level), spdlog::string_view_t{log_line(log.settings, to_iso8601(now), level, message, fields)});
}

}  // namespace everdial
