#include "ctl/file_options.h"

#include <nlohmann/json.hpp>

namespace everdial::ctl {

FileOptions::FileOptions(Command& command)
    : separator_(command.option("--separator", "one of , ; | or tab, when it is not found out rightly")),
      phone_(command.option("--phone-column", "name of the column with the number")),
      ref_(command.option("--ref-column", "name of the column with your own id of the contact")),
      zone_(command.option("--time-zone-column", "name of the column with the IANA time zone")),
      region_(command.option("--default-region", "country of numbers without one, as GB, in place of the list's")),
      no_header_(command.flag("--no-header", "the first row is data")) {}

nlohmann::json FileOptions::to_json() const {
  nlohmann::json out = nlohmann::json::object();
  if (!separator_->empty()) out["separator"] = *separator_ == "tab" ? "\t" : *separator_;
  if (!phone_->empty()) out["phone_column"] = *phone_;
  if (!ref_->empty()) out["ref_column"] = *ref_;
  if (!zone_->empty()) out["time_zone_column"] = *zone_;
  if (!region_->empty()) out["default_region"] = *region_;
  if (*no_header_) out["header"] = false;
  return out;
}

}  // namespace everdial::ctl
