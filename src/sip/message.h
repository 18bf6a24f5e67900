#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/dialog_snapshot.h"

// SIP messages as plain data: requests that we write, and what we need of those that come in.

namespace everdial::sip {

/// Letters of ASCII in lower case: many of SIP's words are the same in either.
std::string lower(std::string_view text);

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request of ours, complete but for its Content-Length.
struct Request {
  std::string method;
  std::string uri;
  Headers headers;
  std::string body;
};
std::string to_text(const Request& request);

/// A challenge of 401 or 407.
struct Challenge {
  bool proxy = false;
  std::string scheme;
  std::map<std::string, std::string> parameters;  ///< names in lower case, values without quotes
};

/// What came back for a request.
struct Response {
  int status = 0;
  std::string phrase;
  bool made_here = false;  ///< nothing came from the network: time-out, refused, no transport
  std::string method;
  uint32_t cseq = 0;
  std::string call_id, from_tag, to_tag, branch;
  std::vector<std::string> contacts;       ///< URIs, best first
  std::vector<std::string> record_routes;  ///< URIs, as written
  std::vector<Challenge> challenges;
  std::string sdp;
  uint32_t session_expires_s = 0, min_se_s = 0;
  std::string refresher;  ///< "uac", "uas" or empty
  uint32_t rseq = 0;
  bool requires_100rel = false;
  int q850 = 0;
  std::string reason_text;
};

/// What came in as a request.
struct IncomingRequest {
  std::string method, uri, from, source;
  uint32_t cseq = 0;
  std::string call_id, from_tag, to_tag;
  std::string contact;  ///< URI
  std::string content_type, body;
  uint32_t session_expires_s = 0, min_se_s = 0;
  std::string refresher;
  bool supports_timer = false;
  std::string reason_text;
};

/// What a dialog's requests carry at their front: Via, Route, From, To, Call-ID, CSeq, Max-Forwards; strict routers are honoured.
Request dialog_request(const DialogSnapshot& dialog, const std::string& method, uint32_t cseq, const std::string& via);

/// ACK of a final response other than 2xx, or CANCEL: what must be as in the INVITE (RFC 3261, 9.1 and 17.1.1.3) is copied from its bytes.
/// `to_tag` is added to To when it is not empty.
std::string hop_request(std::string_view invite, const std::string& method, const std::string& to_tag, const Headers& extra = {});

/// "<sip:a@b>" for a bare URI; a name-addr as it is.
std::string name_addr(const std::string& address);

/// The transport that `;transport=` of a URI asks for, else `otherwise`.
Transport transport_of(std::string_view uri, Transport otherwise);

/// "[::1]:5060", "10.0.0.1:5060"
std::string host_port(const std::string& address, int port);

/// Whether text from outside our own code may stand in a header: no control characters.
bool is_one_line(std::string_view text);

}  // namespace everdial::sip
