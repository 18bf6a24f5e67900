#include "ctl/settings.h"

#include <fcntl.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ctl/failure.h"

namespace everdial::ctl {
namespace {

std::string home_file(const Environment& environment, const std::string& name) {
  if (const auto base = environment("XDG_CONFIG_HOME")) return *base + "/everdial/" + name;
  return environment("HOME").value_or("") + "/.config/everdial/" + name;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');)
    if (!word.empty()) out.push_back(word);
  return out;
}

std::string first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) throw Failure(kUsage, "the token file " + file + " cannot be read");
  return line;
}

void read_file(const std::string& file, Settings& out) {
  try {
    const YAML::Node root = YAML::LoadFile(file);
    for (const auto& entry : root) {
      const auto key = entry.first.as<std::string>();
      if (key == "servers")
        out.servers = entry.second.IsSequence() ? entry.second.as<std::vector<std::string>>() : words(entry.second.as<std::string>());
      else if (key == "ca_file") out.ca_file = entry.second.as<std::string>();
      else if (key == "token_file") out.token_file = entry.second.as<std::string>();
      else
        throw Failure(kUsage, file + ":" + std::to_string(entry.first.Mark().line + 1) + ": " + key +
                                  " is not known; there are servers, ca_file and token_file");
    }
  } catch (const YAML::Exception& error) {
    throw Failure(kUsage, file + ": " + error.what());
  }
}

}  // namespace

Settings load_settings(const GivenSettings& given, const Environment& environment) {
  Settings out;
  out.file = given.file.empty() ? home_file(environment, "ctl.yaml") : given.file;
  out.token_file = home_file(environment, "token");
  if (!given.file.empty() || std::filesystem::exists(out.file)) read_file(out.file, out);

  if (const auto urls = environment("EVERDIAL_URL")) out.servers = words(*urls);
  if (!given.servers.empty()) {
    out.servers.clear();
    for (const auto& some : given.servers)
      for (const auto& url : words(some)) out.servers.push_back(url);
  }
  if (out.servers.empty()) out.servers = {"http://127.0.0.1:8080"};
  if (const auto file = environment("EVERDIAL_CA_FILE")) out.ca_file = *file;
  if (!given.ca_file.empty()) out.ca_file = given.ca_file;

  if (!given.token_file.empty()) {
    out.token_file = out.token_from = given.token_file;
    if (std::filesystem::exists(given.token_file)) out.token = first_line(given.token_file);
  } else if (const auto token = environment("EVERDIAL_TOKEN")) {
    out.token = *token;
    out.token_from = "EVERDIAL_TOKEN";
  } else if (std::filesystem::exists(out.token_file)) {
    out.token = first_line(out.token_file);
    out.token_from = out.token_file;
  }
  return out;
}

void save_token(const std::string& file, const std::string& token) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), error);
  // Made anew beside the old one, so that it never was readable for others and is never half written.
  const std::string fresh = file + ".new";
  std::filesystem::remove(fresh, error);
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = token + "\n";
  const bool written = fd >= 0 && write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (fd >= 0) close(fd);
  if (written) std::filesystem::rename(fresh, file, error);
  if (!written || error) throw Failure(kUsage, "the token cannot be written to " + file);
}

}  // namespace everdial::ctl
