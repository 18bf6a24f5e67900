#include "runtime/config.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace everdial {
namespace {

/// One key: where it stands, what it means, and how its value is read and written.
struct Key {
  std::string path;     ///< "mpp.workers"
  std::string meaning;  ///< one sentence, with unit and limits
  std::function<Status(const YAML::Node&)> read;
  std::function<std::string()> write;  ///< as YAML, one line
};

Error bad(std::string what) { return {ErrorKind::invalid, std::move(what)}; }

Result<std::string> scalar(const YAML::Node& node) {
  if (node.IsNull()) return std::string();
  if (!node.IsScalar()) return bad("one value is expected here, not a list or a section");
  return node.Scalar();
}

template <class Number>
Result<Number> number(const YAML::Node& node, Number least, Number most) {
  const auto text = scalar(node);
  if (!text.ok()) return text.error();
  Number value{};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return bad("'" + *text + "' is not a number");
  if (value < least || value > most) {
    std::ostringstream range;
    range << "it must be from " << least << " to " << most << ", not " << *text;
    return bad(range.str());
  }
  return value;
}

std::string yaml_text(const std::string& text) {
  YAML::Emitter out;
  out << YAML::Flow << text;
  return text.empty() ? "\"\"" : out.c_str();
}

/// Where keys are declared: each once, with the member it sets.
class Keys {
 public:
  void text(std::string path, std::string& value, std::string meaning) {
    add(
        std::move(path), std::move(meaning), [&value](const YAML::Node& node) { return take(value, scalar(node)); },
        [&value] { return yaml_text(value); });
  }
  void file(std::string path, std::filesystem::path& value, std::string meaning) {
    add(
        std::move(path), std::move(meaning),
        [&value](const YAML::Node& node) -> Status {
          auto text = scalar(node);
          if (!text.ok()) return text.error();
          value = std::move(*text);
          return success();
        },
        [&value] { return yaml_text(value.string()); });
  }
  /// A URI whose password, if it has one, is not printed.
  void secret_uri(std::string path, std::string& value, std::string meaning) {
    add(
        std::move(path), std::move(meaning), [&value](const YAML::Node& node) { return take(value, scalar(node)); },
        [&value] {
          const size_t at = value.find('@'), user = value.find("://");
          const size_t colon = user == std::string::npos ? user : value.find(':', user + 3);
          if (at == std::string::npos || colon == std::string::npos || colon > at) return yaml_text(value);
          return yaml_text(value.substr(0, colon + 1) + "..." + value.substr(at));
        });
  }
  void integer(std::string path, int& value, int least, int most, std::string meaning) {
    add(
        std::move(path), std::move(meaning) + " " + std::to_string(least) + " to " + std::to_string(most) + ".",
        [=, &value](const YAML::Node& node) { return take(value, number<int>(node, least, most)); },
        [&value] { return std::to_string(value); });
  }
  void real(std::string path, double& value, double least, double most, std::string meaning) {
    std::ostringstream range;
    range << " " << least << " to " << most << ".";
    add(
        std::move(path), std::move(meaning) + range.str(),
        [=, &value](const YAML::Node& node) { return take(value, number<double>(node, least, most)); },
        [&value] {
          std::ostringstream text;
          text << value;
          return text.str();
        });
  }
  /// The unit is the end of the key's name.
  void milliseconds(std::string path, Duration& value, int least, int most, std::string meaning) {
    add(
        std::move(path), std::move(meaning) + " " + std::to_string(least) + " to " + std::to_string(most) + " ms.",
        [=, &value](const YAML::Node& node) -> Status {
          const auto read = number<int>(node, least, most);
          if (!read.ok()) return read.error();
          value = std::chrono::milliseconds(*read);
          return success();
        },
        [&value] { return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()); });
  }
  void listen(std::string path, Listen& value, std::string meaning) {
    add(
        std::move(path), std::move(meaning),
        [&value](const YAML::Node& node) -> Status {
          const auto text = scalar(node);
          return text.ok() ? take(value, parse_listen(*text)) : text.error();
        },
        [&value] { return yaml_text(to_string(value)); });
  }
  template <class E>
  void choice(std::string path, E& value, std::string meaning) {
    std::string names;
    for (const auto& [_, name] : enum_names<E>) names += (names.empty() ? "" : " or ") + std::string(name);
    add(
        std::move(path), std::move(meaning) + " " + names + ".",
        [=, &value](const YAML::Node& node) -> Status {
          const auto text = scalar(node);
          if (!text.ok()) return text.error();
          const auto chosen = parse_enum<E>(*text);
          if (!chosen) return bad("it must be " + names + ", not '" + *text + "'");
          value = *chosen;
          return success();
        },
        [&value] { return std::string(to_string(value)); });
  }
  /// `allowed` empty: any.
  void names(std::string path, std::vector<std::string>& value, const std::vector<std::string>& allowed, std::string meaning) {
    add(
        std::move(path), std::move(meaning),
        [&value, allowed](const YAML::Node& node) -> Status {
          if (!node.IsSequence()) return bad("a list is expected here: [a, b]");
          std::vector<std::string> read;
          for (const auto& item : node) {
            const auto name = scalar(item);
            if (!name.ok()) return name.error();
            if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), *name) == allowed.end())
              return bad("'" + *name + "' is not known");
            if (std::find(read.begin(), read.end(), *name) != read.end()) return bad("'" + *name + "' stands there twice");
            read.push_back(*name);
          }
          value = std::move(read);
          return success();
        },
        [&value] {
          std::string list;
          for (const auto& name : value) list += (list.empty() ? "" : ", ") + yaml_text(name);
          return "[" + list + "]";
        });
  }
  void tls(const std::string& section, TlsFiles& files, const std::string& what, bool mutual) {
    file(section + ".tls_cert", files.cert, "PEM file of the certificate (with its chain) for " + what + ".");
    file(section + ".tls_key", files.key, "PEM file of the certificate's private key.");
    if (mutual) file(section + ".tls_ca", files.ca, "PEM file of the authority that every server's certificate must be signed by.");
  }

  const std::vector<Key>& all() const { return keys_; }
  const Key* find(std::string_view path) const {
    for (const Key& key : keys_)
      if (key.path == path) return &key;
    return nullptr;
  }
  bool has_section(std::string_view path) const {
    return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) { return key.path.starts_with(std::string(path) + "."); });
  }

 private:
  template <class T>
  static Status take(T& value, Result<T> read) {
    if (!read.ok()) return read.error();
    value = std::move(*read);
    return success();
  }
  void add(std::string path, std::string meaning, std::function<Status(const YAML::Node&)> read, std::function<std::string()> write) {
    keys_.push_back({std::move(path), std::move(meaning), std::move(read), std::move(write)});
  }
  std::vector<Key> keys_;
};

// ---- the keys ----------------------------------------------------------------------------------------------------------------

Keys keys_of(Config& c) {
  Keys keys;
  keys.text("server.name", c.server.name, "Name of this server, lasting and unlike all others'; the host's name when empty.");
  keys.names("server.components", c.server.components, known_components(), "What runs on this server, one process each.");
  keys.file("data_dir", c.data_dir, "Folder of MPP journals, recordings (recordings/) and prompts (prompts/).");
  keys.secret_uri("database.uri", c.database.uri,
                  "libpq URI; several hosts may be named, the writable one is used. Keep passwords out of it: see database.password_file.");
  keys.file("database.password_file", c.database.password_file, "File whose first line is the database password; none when empty.");
  keys.integer("database.threads", c.database.threads, 1, 64, "Threads, and so connections, of one process for the database.");
  keys.text("rpc.listen_host", c.rpc.listen_host, "Address on which components listen for each other, on a port of the system's choice.");
  keys.text("rpc.advertise_host", c.rpc.advertise_host, "Name or address by which other servers reach it; rpc.listen_host when empty.");
  keys.tls("rpc", c.rpc.tls, "calls between components; required unless rpc.listen_host is loopback", true);
  keys.integer(
      "heartbeat.port", c.heartbeat.port, 0, 65535,
      "UDP port of rpc.listen_host on which this server hears the others' heartbeats, which show within a second who has failed; 0: "
      "any that is free. Let UDP and ICMP port-unreachable messages pass between the servers.");
  keys.listen("http.listen", c.http.listen, "Where the dashboard serves the REST API and the console, HOST:PORT.");
  keys.file("http.console", c.http.console, "Folder of the console's built files.");
  keys.tls("http", c.http.tls, "http.listen; required unless it is loopback", false);
  keys.listen("agents.listen", c.agents.listen, "Where agents' desktops connect to the agent_sdk (WebSocket), HOST:PORT.");
  keys.text("agents.advertise_host", c.agents.advertise_host,
            "Name or address by which desktops reach it; the host of agents.listen when empty.");
  keys.names("agents.origins", c.agents.origins, {},
             "Origins of web pages that may connect there and fetch tickets for it from the dashboard, as [\"https://desk.example\"]; "
             "when empty those of all servers' agents.advertise_host may connect, and on loopback all of this machine.");
  keys.file("agents.desktop", c.agents.desktop, "Folder of the agent desktop's built files, which the dashboard serves under /agent/.");
  keys.tls("agents", c.agents.tls, "agents.listen; those of http when empty", false);
  keys.listen("health.listen", c.health.listen, "Where the server answers /livez, /readyz, /role/COMPONENT and /metrics, HOST:PORT.");
  keys.integer("mpp.workers", c.mpp.workers, 1, 32, "MPP processes; one crash takes its share of the calls.");
  keys.text("mpp.sip_host", c.mpp.sip_host, "Address for SIP and RTP, a numeric one.");
  keys.text("mpp.advertise_host", c.mpp.advertise_host,
            "Address written into SIP and SDP, when it is another (NAT); mpp.sip_host when empty.");
  keys.integer("mpp.sip_port", c.mpp.sip_port, 1, 65535, "UDP and TCP port of the first worker; each further worker has the next one.");
  keys.integer("mpp.rtp_first_port", c.mpp.rtp_first_port, 1024, 65534, "First UDP port for RTP; the range is divided among the workers.");
  keys.integer("mpp.rtp_last_port", c.mpp.rtp_last_port, 1025, 65535, "Last UDP port for RTP.");
  keys.milliseconds("dialing.tick_ms", c.dialing.tick, 1, 1000, "How often a job looks for contacts to call.");
  keys.names("dialing.zones", c.dialing.zones, {}, "Zones that contact lists may belong to; one campaign director at a time directs each.");
  keys.file(
      "lists.import_folder", c.lists.import_folder,
      "Folder whose CSV files may be imported by their names, the same on all servers that have it, as a folder within an NFS mount. None "
      "when empty: files are then left to other servers' list managers.");
  keys.integer(
      "load.high_percent", c.load.high_percent, 50, 101,
      "Of processors or memory: the high load of a server. While all servers are under it, imports, exports and job starts wait; 101: "
      "never.");
  keys.text("alarms.webhook", c.alarms.webhook,
            "https://HOST[:PORT]/PATH that is told of each alarm, raised and cleared, by a POST of JSON; tried again until it is "
            "taken. None when empty. The same on all servers that run a campaign_director.");
  keys.file("alarms.key_file", c.alarms.key_file,
            "File whose first line signs what the webhook is told: X-Everdial-Signature is the HMAC-SHA256 of X-Everdial-Timestamp, a dot "
            "and the body.");
  keys.file("alarms.ca_file", c.alarms.ca_file, "Authorities to trust for the webhook, beside the system's.");
  keys.integer("alarms.versions_mixed_h", c.alarms.versions_mixed_h, 0, 1000,
               "Hours for which servers may run different versions without an alarm.");
  keys.choice("log.format", c.log.format, "Lines for people, or one JSON object per line.");
  keys.choice("log.level", c.log.level, "Least level that is written.");
  return keys;
}

Keys keys_of(Config::Trunk& t) {
  Keys keys;
  keys.text("name", t.name, "Name of the trunk, lasting.");
  keys.text("uri", t.uri, "sip:HOST:PORT of the carrier.");
  keys.choice("transport", t.transport, "Transport of its SIP messages.");
  keys.integer("channels", t.channels, 1, 100'000, "Calls at once over all servers.");
  keys.real("calls_per_second", t.calls_per_second, 0.01, 100'000, "New calls per second over all servers.");
  keys.text("username", t.username, "User name when the carrier asks for one (digest).");
  keys.file("password_file", t.password_file, "File whose first line is the password.");
  keys.text("from_user", t.from_user, "User part of From when a campaign has no caller id.");
  keys.text("from_host", t.from_host, "Host part of From; the MPP's address when empty.");
  keys.integer("rtp_timeout_s", t.rtp_timeout_s, 0, 3600, "Seconds without RTP after which an answered call is ended; 0: never.");
  keys.integer("options_interval_s", t.options_interval_s, 1, 3600, "Seconds between OPTIONS that ask whether the trunk is there.");
  return keys;
}

// ---- reading -----------------------------------------------------------------------------------------------------------------

std::string place(const std::string& file, const YAML::Node& node, const std::string& path) {
  return file + ":" + std::to_string(node.Mark().line + 1) + ": " + path + ": ";
}

Status read_section(const Keys& keys, const YAML::Node& section, const std::string& prefix, const std::string& file);

Status read_trunks(Config& config, const YAML::Node& list, const std::string& file) {
  if (!list.IsSequence()) return bad(place(file, list, "trunks") + "a list is expected here, each item beginning with '- name:'");
  for (const auto& item : list) {
    Config::Trunk& trunk = config.trunks.emplace_back();
    if (!item.IsMap()) return bad(place(file, item, "trunks") + "each trunk is a section with name and uri");
    if (Status read = read_section(keys_of(trunk), item, "", file); !read.ok()) return read;
    const auto same = [&](const Config::Trunk& other) { return other.name == trunk.name; };
    if (trunk.name.empty()) return bad(place(file, item, "trunks") + "a trunk needs a name");
    if (!trunk.uri.starts_with("sip:")) return bad(place(file, item, "trunks") + trunk.name + " needs uri: sip:HOST:PORT");
    if (std::count_if(config.trunks.begin(), config.trunks.end(), same) > 1)
      return bad(place(file, item, "trunks") + "there are two trunks named " + trunk.name);
  }
  return success();
}

Status read_section(const Keys& keys, const YAML::Node& section, const std::string& prefix, const std::string& file) {
  for (const auto& entry : section) {
    const std::string path = prefix + entry.first.Scalar();
    if (const Key* key = keys.find(path)) {
      if (Status read = key->read(entry.second); !read.ok()) return bad(place(file, entry.second, path) + read.error().message);
    } else if (keys.has_section(path)) {
      if (entry.second.IsNull()) continue;
      if (!entry.second.IsMap()) return bad(place(file, entry.second, path) + "a section is expected here");
      if (Status read = read_section(keys, entry.second, path + ".", file); !read.ok()) return read;
    } else {
      return bad(place(file, entry.first, path) + "there is no such key; `everdial config print` shows all");
    }
  }
  return success();
}

std::string variable_of(const std::string& path) {
  std::string name = "EVERDIAL_";
  for (char c : path) name += c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - ('a' - 'A')) : c;
  return name;
}

Status read_environment(Config& config, const Keys& keys, const std::map<std::string, std::string>& environment) {
  for (const Key& key : keys.all()) {
    const std::string name = variable_of(key.path);
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    const bool is_list = found->second.starts_with("[");
    if (Status read = key.read(is_list ? YAML::Load(found->second) : YAML::Node(found->second)); !read.ok())
      return bad(name + ": " + read.error().message);
  }
  if (const auto trunks = environment.find("EVERDIAL_TRUNKS"); trunks != environment.end()) {
    config.trunks.clear();
    return read_trunks(config, YAML::Load(trunks->second), "EVERDIAL_TRUNKS");
  }
  return success();
}

Status check_tls(const TlsFiles& files, const std::string& section, const std::string& host, bool mutual) {
  const bool complete = !files.cert.empty() && !files.key.empty() && (!mutual || !files.ca.empty());
  const std::string all = section + ".tls_cert" + (mutual ? ", .tls_key and .tls_ca" : " and .tls_key");
  if (!files.empty() && !complete) return bad(all + " must be given together");
  if (!complete && !is_loopback(host)) return bad(section + " listens on " + host + ", which leaves this machine: give " + all);
  return success();
}

Status check(Config& config) {
  if (config.server.name.empty()) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    config.server.name = host;
  }
  for (char c : config.server.name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.')
      return bad("server.name: '" + config.server.name + "' may have letters, digits, '-', '_' and '.' only");
  if (config.rpc.advertise_host.empty()) config.rpc.advertise_host = config.rpc.listen_host;
  if (config.agents.advertise_host.empty()) config.agents.advertise_host = config.agents.listen.host;
  if (config.mpp.advertise_host.empty()) config.mpp.advertise_host = config.mpp.sip_host;
  if (config.mpp.rtp_last_port - config.mpp.rtp_first_port + 1 < 2 * config.mpp.workers)
    return bad("mpp.rtp_first_port to mpp.rtp_last_port must hold two ports for each worker at least");
  if (config.mpp.sip_port + config.mpp.workers - 1 > 65535) return bad("mpp.sip_port: the last worker's port would be above 65535");
  if (const auto& folder = config.lists.import_folder; !folder.empty() && !folder.is_absolute())
    return bad("lists.import_folder: '" + folder.string() + "' must be an absolute path");
  const std::string& webhook = config.alarms.webhook;
  const bool here = webhook.starts_with("http://127.0.0.1:") || webhook.starts_with("http://localhost:");
  if (!webhook.empty() && !webhook.starts_with("https://") && !here)
    return bad("alarms.webhook: '" + webhook + "' must begin with https://, unless it is on this machine");
  if (Status tls = check_tls(config.rpc.tls, "rpc", config.rpc.listen_host, true); !tls.ok()) return tls;
  if (Status tls = check_tls(config.http.tls, "http", config.http.listen.host, false); !tls.ok()) return tls;
  if (config.agents.tls.empty()) config.agents.tls = config.http.tls;
  return check_tls(config.agents.tls, "agents", config.agents.listen.host, false);
}

// ---- printing ----------------------------------------------------------------------------------------------------------------

void comment(std::string& out, const std::string& indent, const std::string& text) {
  std::istringstream words(text);
  std::string word, line;
  const auto flush = [&] { out += indent + "#" + line + "\n"; };
  while (words >> word) {
    if (line.size() + word.size() > 110) {
      flush();
      line.clear();
    }
    line += " " + word;
  }
  flush();
}

}  // namespace

bool is_loopback(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }
bool Listen::loopback() const { return is_loopback(host); }

std::string to_string(const Listen& listen) {
  const bool v6 = listen.host.find(':') != std::string::npos;
  return (v6 ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

Result<Listen> parse_listen(std::string_view text) {
  const size_t colon = text.rfind(':');
  Listen listen;
  if (colon == std::string_view::npos || colon == 0) return bad("'" + std::string(text) + "' is not HOST:PORT");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
  if (error != std::errc{} || end != port.data() + port.size()) return bad("'" + std::string(port) + "' is not a port");
  listen.host = host;
  return listen;
}

const std::vector<std::string>& known_components() {
  static const std::vector<std::string> names = {"list_manager", "campaign_director", "campaign_manager",   "agent_manager",
                                                 "agent_sdk",    "rule_engine",       "application_server", "mpp",
                                                 "load_monitor", "dashboard"};
  return names;
}

Result<Config> parse_config(const std::string& yaml, const std::string& file_name, const std::map<std::string, std::string>& environment) {
  Config config;
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsNull() && !root.IsMap()) return bad(file_name + ": sections such as 'server:' are expected here");
    const Keys keys = keys_of(config);
    YAML::Node rest;
    for (const auto& entry : root) {
      if (entry.first.Scalar() != "trunks") rest[entry.first] = entry.second;
      else if (Status read = read_trunks(config, entry.second, file_name); !read.ok()) return read.error();
    }
    if (Status read = read_section(keys, rest, "", file_name); !read.ok()) return read.error();
    if (Status read = read_environment(config, keys, environment); !read.ok()) return read.error();
  } catch (const YAML::Exception& error) {
    return bad(file_name + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
  if (Status fit = check(config); !fit.ok()) return bad(file_name + ": " + fit.error().message);
  return config;
}

Result<Config> load_config(const std::filesystem::path& file, const std::map<std::string, std::string>& environment) {
  if (file.empty()) return parse_config("", "environment", environment);
  std::ifstream in(file);
  if (!in) return Error{ErrorKind::not_found, "cannot read the configuration " + file.string()};
  std::ostringstream text;
  text << in.rdbuf();
  return parse_config(text.str(), file.string(), environment);
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (const size_t equals = text.find('='); equals != std::string_view::npos)
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

std::string print_config(const Config& config) {
  Config shown = config, defaults;
  const Keys keys = keys_of(shown), default_keys = keys_of(defaults);
  std::string out = "# Everdial's configuration: each key with its meaning. The environment goes before the file.\n";
  std::string section;
  for (size_t i = 0; i < keys.all().size(); ++i) {
    const Key& key = keys.all()[i];
    const size_t dot = key.path.find('.');
    const std::string in = dot == std::string::npos ? "" : key.path.substr(0, dot);
    if (in != section && !in.empty()) out += "\n" + in + ":\n";
    if (in.empty()) out += "\n";
    section = in;
    const std::string indent = in.empty() ? "" : "  ";
    comment(out, indent, key.meaning + " Default: " + default_keys.all()[i].write() + ". Environment: " + variable_of(key.path));
    out += indent + key.path.substr(dot == std::string::npos ? 0 : dot + 1) + ": " + key.write() + "\n";
  }
  out += "\n# Ways to the telephone network, in order of preference. Environment: EVERDIAL_TRUNKS, as a YAML list.\n";
  Config::Trunk example;
  comment(out, "", "Of each trunk:");
  const Keys trunk_keys = keys_of(example);
  for (const Key& key : trunk_keys.all()) comment(out, "", "  " + key.path + ": " + key.meaning + " Default: " + key.write() + ".");
  out += shown.trunks.empty() ? "trunks: []\n" : "trunks:\n";
  for (Config::Trunk& trunk : shown.trunks) {
    const Keys of_trunk = keys_of(trunk);
    for (const Key& key : of_trunk.all()) out += (key.path == "name" ? "  - " : "    ") + key.path + ": " + key.write() + "\n";
  }
  return out;
}

Result<std::string> read_secret(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line)) return Error{ErrorKind::not_found, "cannot read a secret from " + file.string()};
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace everdial
