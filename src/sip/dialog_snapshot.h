#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"

namespace everdial::sip {

enum class Transport { udp, tcp };

/// How far the dialog of a call has come.
enum class DialogStage {
  calling,   ///< the INVITE may have left; nothing is known of the far end
  early,     ///< a provisional response with a tag has come
  answered,  ///< 2xx: only a BYE ends it
};

/// All that another process needs to end a call of ours, or to go on with it: the dialog of RFC 3261 section 12 and, while there is no
/// answer, the INVITE as it was sent. Holds no secrets.
struct DialogSnapshot {
  DialogStage stage = DialogStage::calling;
  Transport transport = Transport::udp;
  std::string call_id;
  std::string local_uri;  ///< our From as sent, without tag: "\"Shop\" <sip:100@example.com>"
  std::string local_tag;
  std::string remote_uri;    ///< our To as sent, without tag
  std::string remote_tag;    ///< empty until known
  uint32_t local_cseq = 0;   ///< high-water mark: no request of ours carried a higher one
  uint32_t remote_cseq = 0;  ///< highest of the far end's requests; meaningful with has_remote_cseq
  bool has_remote_cseq = false;
  std::vector<std::string> route_set;  ///< URIs, in the order our requests carry them
  std::string remote_target;           ///< request-URI of our requests in the dialog
  std::string local_contact;           ///< our Contact URI
  std::string local_sdp;               ///< the last we sent; its version is in its o= line
  std::string remote_sdp;              ///< the last we got
  uint32_t session_expires_s = 0;      ///< RFC 4028 interval, 0: no session timer
  bool we_refresh = false;             ///< whose turn the refresh is
  std::string branch;                  ///< of the INVITE, while it has no final answer
  std::string invite;                  ///< the INVITE's bytes, while it has no final answer

  bool operator==(const DialogSnapshot&) const = default;
};

/// A compact binary form with a version in front; `decode` reads every version ever written and refuses anything else.
std::string encode(const DialogSnapshot& snapshot);
Result<DialogSnapshot> decode_snapshot(std::string_view bytes);

}  // namespace everdial::sip
