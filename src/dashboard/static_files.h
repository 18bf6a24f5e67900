#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "dashboard/api_message.h"

namespace everdial {

/// The console's files, read into memory once: a request can name nothing but them. Paths without a file are pages of the console
/// itself and get its index.html.
class StaticFiles {
 public:
  /// An empty or missing folder is no error: then a page says how the console gets there.
  static Result<StaticFiles> load(const std::string& folder);

  Response handle(const ApiRequest& request) const;

 private:
  struct File {
    std::shared_ptr<const std::string> data;
    std::string type, tag;
    bool forever = false;  ///< its name changes with its content
  };
  std::map<std::string, File, std::less<>> files_;  ///< by path, with the slash in front
};

}  // namespace everdial
