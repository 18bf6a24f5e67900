#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"
#include "base/time.h"
#include "runtime/log.h"

namespace everdial {

enum class TrunkTransport { udp, tcp };
template <>
inline constexpr auto enum_names<TrunkTransport> = std::to_array<std::pair<TrunkTransport, std::string_view>>({
    {TrunkTransport::udp, "udp"},
    {TrunkTransport::tcp, "tcp"},
});

/// host:port of a listener.
struct Listen {
  std::string host;
  uint16_t port = 0;

  bool loopback() const;
  bool operator==(const Listen&) const = default;
};
std::string to_string(const Listen& listen);
Result<Listen> parse_listen(std::string_view text);

/// "127.0.0.1", "::1", "localhost" and their like: what does not leave the machine.
bool is_loopback(std::string_view host);

/// Files of a TLS listener; all empty: no TLS.
struct TlsFiles {
  std::filesystem::path cert, key, ca;
  bool empty() const { return cert.empty() && key.empty() && ca.empty(); }
};

/// All settings of one server. What each means is said once, in config.cc, where its key is declared; `everdial config print` shows it.
/// What stands here as initial value is the default.
struct Config {
  struct Trunk {
    std::string name;
    std::string uri;
    TrunkTransport transport = TrunkTransport::udp;
    int channels = 100;
    double calls_per_second = 10;
    std::string username;
    std::filesystem::path password_file;
    std::string from_user, from_host;
    int rtp_timeout_s = 20;
    int options_interval_s = 10;
  };

  struct {
    std::string name;
    std::vector<std::string> components = {"list_manager", "campaign_director", "campaign_manager",   "agent_manager",
                                           "agent_sdk",    "rule_engine",       "application_server", "mpp",
                                           "load_monitor", "dashboard"};
  } server;
  std::filesystem::path data_dir = "/var/lib/everdial";
  struct {
    std::string uri = "postgresql://everdial@127.0.0.1:5432/everdial";
    std::filesystem::path password_file;
    int threads = 8;
  } database;
  struct {
    std::string listen_host = "127.0.0.1";
    std::string advertise_host;
    TlsFiles tls;
  } rpc;
  struct {
    int port = 0;
  } heartbeat;
  struct {
    Listen listen{"127.0.0.1", 8080};
    std::filesystem::path console = "/usr/share/everdial/console";
    TlsFiles tls;
  } http;
  struct {
    Listen listen{"127.0.0.1", 8081};
    std::string advertise_host;
    std::vector<std::string> origins;
    std::filesystem::path desktop = "/usr/share/everdial/agent";
    TlsFiles tls;
  } agents;
  struct {
    Listen listen{"127.0.0.1", 8479};
  } health;
  struct {
    int workers = 2;
    std::string sip_host = "127.0.0.1", advertise_host;
    int sip_port = 5070;
    int rtp_first_port = 20000, rtp_last_port = 29999;
  } mpp;
  std::vector<Trunk> trunks;
  struct {
    Duration tick = 20ms;
    std::vector<std::string> zones = {"default"};
  } dialing;
  struct {
    std::filesystem::path import_folder;
  } lists;
  struct {
    int high_percent = 90;
  } load;
  struct {
    std::string webhook;
    std::filesystem::path key_file, ca_file;
    int versions_mixed_h = 4;
  } alarms;
  struct {
    LogFormat format = LogFormat::human;
    LogLevel level = LogLevel::info;
  } log;
};

/// Names of the components a server can run, in the order they are started.
const std::vector<std::string>& known_components();

/// Defaults, then the file (none when its name is empty), then EVERDIAL_SECTION_KEY of `environment`. The error names file, line and key.
Result<Config> load_config(const std::filesystem::path& file, const std::map<std::string, std::string>& environment);
Result<Config> parse_config(const std::string& yaml, const std::string& file_name, const std::map<std::string, std::string>& environment);

/// The environment of this process.
std::map<std::string, std::string> process_environment();

/// As a commented configuration file: each key with its meaning, limits, default and environment variable; values are those of
/// `config`, passwords left out.
std::string print_config(const Config& config);

/// The first line of a file that holds a secret.
Result<std::string> read_secret(const std::filesystem::path& file);

}  // namespace everdial
