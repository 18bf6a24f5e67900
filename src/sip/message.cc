#include "sip/message.h"

#include <algorithm>

namespace everdial::sip {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

namespace {

bool is_loose(const std::string& route) { return lower(route).find(";lr") != std::string::npos; }

/// Calls `line(name, value)` for each header of a message that we wrote ourselves.
template <class Line>
void each_header(std::string_view message, Line line) {
  size_t at = message.find("\r\n");
  while (at != message.npos) {
    message.remove_prefix(at + 2);
    at = message.find("\r\n");
    const std::string_view header = message.substr(0, at);
    const size_t colon = header.find(": ");
    if (header.empty() || colon == header.npos) return;
    line(header.substr(0, colon), header.substr(colon + 2));
  }
}

}  // namespace

std::string to_text(const Request& request) {
  std::string out;
  out.reserve(768 + request.body.size());
  out.append(request.method).append(" ").append(request.uri).append(" SIP/2.0\r\n");
  for (const auto& [name, value] : request.headers) out.append(name).append(": ").append(value).append("\r\n");
  out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n\r\n").append(request.body);
  return out;
}

Request dialog_request(const DialogSnapshot& dialog, const std::string& method, uint32_t cseq, const std::string& via) {
  Request request{.method = method, .uri = dialog.remote_target};
  request.headers.reserve(16);
  request.headers.emplace_back("Via", via);
  if (!dialog.route_set.empty() && !is_loose(dialog.route_set.front())) {
    request.uri = dialog.route_set.front();
    for (size_t i = 1; i < dialog.route_set.size(); ++i) request.headers.emplace_back("Route", "<" + dialog.route_set[i] + ">");
    request.headers.emplace_back("Route", "<" + dialog.remote_target + ">");
  } else {
    for (const std::string& route : dialog.route_set) request.headers.emplace_back("Route", "<" + route + ">");
  }
  request.headers.emplace_back("From", dialog.local_uri + ";tag=" + dialog.local_tag);
  request.headers.emplace_back("To", dialog.remote_uri + (dialog.remote_tag.empty() ? "" : ";tag=" + dialog.remote_tag));
  request.headers.emplace_back("Call-ID", dialog.call_id);
  request.headers.emplace_back("CSeq", std::to_string(cseq) + " " + method);
  request.headers.emplace_back("Max-Forwards", "70");
  return request;
}

std::string hop_request(std::string_view invite, const std::string& method, const std::string& to_tag, const Headers& extra) {
  const size_t uri = invite.find(' ') + 1;
  Request request{.method = method, .uri = std::string(invite.substr(uri, invite.find(' ', uri) - uri))};
  each_header(invite, [&](std::string_view name, std::string_view value) {
    if (name == "CSeq") request.headers.emplace_back(name, std::string(value.substr(0, value.find(' '))) + " " + method);
    else if (name == "To") request.headers.emplace_back(name, std::string(value) + (to_tag.empty() ? "" : ";tag=" + to_tag));
    else if (name == "Via" || name == "Route" || name == "From" || name == "Call-ID" || name == "Max-Forwards")
      request.headers.emplace_back(name, value);
  });
  request.headers.insert(request.headers.end(), extra.begin(), extra.end());
  return to_text(request);
}

std::string name_addr(const std::string& address) { return address.find('<') == std::string::npos ? "<" + address + ">" : address; }

Transport transport_of(std::string_view uri, Transport otherwise) {
  const std::string text = lower(uri);
  if (text.find(";transport=tcp") != text.npos) return Transport::tcp;
  if (text.find(";transport=udp") != text.npos) return Transport::udp;
  return otherwise;
}

std::string host_port(const std::string& address, int port) {
  return (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" + std::to_string(port);
}

bool is_one_line(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

}  // namespace everdial::sip
