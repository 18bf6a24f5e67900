#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/enum_names.h"

namespace everdial {

enum class LogLevel { debug, info, warning, error };
template <>
inline constexpr auto enum_names<LogLevel> = std::to_array<std::pair<LogLevel, std::string_view>>({
    {LogLevel::debug, "debug"},
    {LogLevel::info, "info"},
    {LogLevel::warning, "warning"},
    {LogLevel::error, "error"},
});

enum class LogFormat { human, json };
template <>
inline constexpr auto enum_names<LogFormat> = std::to_array<std::pair<LogFormat, std::string_view>>({
    {LogFormat::human, "human"},
    {LogFormat::json, "json"},
});

struct LogSettings {
  LogFormat format = LogFormat::human;
  LogLevel level = LogLevel::info;
  std::string server;     ///< stands in each line
  std::string component;  ///< with the instance: "mpp/1"
};

/// What is said once per line beside the message: ids, names, numbers as text. Never a password, a token, or an authorization header.
using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

/// One line to standard error, from any thread. Before start_log() lines are human and of level info.
void start_log(const LogSettings& settings);
void log(LogLevel level, std::string_view message, LogFields fields = {});

inline void log_debug(std::string_view message, LogFields fields = {}) { log(LogLevel::debug, message, fields); }
inline void log_info(std::string_view message, LogFields fields = {}) { log(LogLevel::info, message, fields); }
inline void log_warning(std::string_view message, LogFields fields = {}) { log(LogLevel::warning, message, fields); }
inline void log_error(std::string_view message, LogFields fields = {}) { log(LogLevel::error, message, fields); }

/// The line as it is written, without its end; `at` is ISO 8601.
std::string log_line(const LogSettings& settings, std::string_view at, LogLevel level, std::string_view message, LogFields fields);

}  // namespace everdial
