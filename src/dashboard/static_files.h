#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "dashboard/api_message.h"

namespace everdial {

/// The files of the console or of the agent desktop, read into memory once: a request can name nothing but them. Paths without a file are
/// pages of these themselves and get their index.html.
class StaticFiles {
 public:
  enum class Pages { console, agent_desktop };  ///< under / and under /agent/

  /// An empty or missing folder is no error: then a page says how the files get there.
  static Result<StaticFiles> load(const std::string& folder, Pages pages);

  bool serves(const ApiRequest& request) const;
  Response handle(const ApiRequest& request) const;

 private:
  struct File {
    std::shared_ptr<const std::string> data;
    std::string type, tag;
    bool forever = false;  ///< its name changes with its content
  };
  Pages pages_ = Pages::console;
  std::map<std::string, File, std::less<>> files_;  ///< by path, with the slash in front
};

}  // namespace everdial
