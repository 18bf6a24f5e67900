#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mpp/trunk.h"
#include "runtime/seams.h"

namespace everdial {

/// The trunks of one MPP worker for real: SIP by src/sip, sound by src/media, each on threads of its own; everything they tell comes to
/// the loop in batches.
class SipTrunk final : public Trunk {
 public:
  struct Carrier {
    std::string name;
    std::string uri;  ///< "sip:198.51.100.7:5060"
    bool tcp = false;
    std::string user, password;       ///< for its challenges; empty: none
    std::string from_user;            ///< the caller when the campaign names none
    std::string from_host;            ///< empty: this worker's address
    Duration rtp_timeout = 20s;       ///< an answered call from which nothing is heard for so long is ended; 0: never
    Duration options_interval = 10s;  ///< between questions after its health; 0: taken to be up
  };
  struct Settings {
    std::vector<Carrier> carriers;
    std::string address = "127.0.0.1";  ///< numeric; of SIP and RTP
    std::string advertised;             ///< written into SDP, when it is another; else empty
    int sip_port = 0;                   ///< UDP and TCP; 0: any
    uint16_t first_rtp_port = 20000, last_rtp_port = 29999;
    size_t max_calls = 4000;
    std::filesystem::path prompts;                 ///< folder of WAV files; hold.wav is the hold music
    std::filesystem::path recordings;              ///< folder, made when it is not there
    std::function<void(const std::string&)> note;  ///< what people should find in the log: a prompt that cannot be played, a trunk's health
  };

  static Result<std::unique_ptr<SipTrunk>> start(Clock& loop, Settings settings);
  ~SipTrunk() override;

  void listen(Handler handler, Keep keep) override;
  void place(LegOrder order) override;
  void play(const AttemptId& attempt, const std::string& prompt) override;
  void converse(const Conversation& conversation) override;
  void press(const AttemptId& attempt, const std::string& digits) override;
  void hang_up(const AttemptId& attempt) override;
  void end_restored(const AttemptId& attempt, const std::string& snapshot) override;

  int sip_port() const;

 private:
  class State;
  explicit SipTrunk(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace everdial
