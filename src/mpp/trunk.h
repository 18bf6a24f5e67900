#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/enum_names.h"
#include "model/call.h"
#include "model/conversation.h"

namespace everdial {

/// One leg to be placed: an INVITE over one trunk, and what the media side must know from the start.
struct LegOrder {
  AttemptId attempt;      ///< names the leg in every later call and event; sent as X-Everdial-Attempt
  std::string trunk;      ///< empty: straight to the SIP address that is plan.phone
  CallPlan plan;          ///< phone, caller id, whether to analyse; the time limits are the caller's own, not the trunk's
  std::string recording;  ///< file name in the recordings folder, empty: no recording
};

/// A fact from the SIP and media side. `trunk_up` and `trunk_down` are about `trunk`, all others about the leg of `attempt`.
struct TrunkEvent {
  enum class Kind {
    ringing,       ///< the first 18x
    answered,      ///< 2xx, acknowledged; media runs
    classified,    ///< call progress analysis found `analysis`; at most once, only when the plan asks for it
    beep,          ///< after `classified` as answer_machine: the machine records from now on
    prompt_done,   ///< the prompt played to its end (or could not be played: see the log)
    digit,         ///< `digit` was pressed
    media_silent,  ///< no RTP has come for as long as the trunk was set to allow
    failed,        ///< the leg's last event, nobody answered: the INVITE ended with `sip_status`; 0: not sent, or its end was never heard
    ended,         ///< the leg's last event, somebody had answered: by BYE from either side or by an error
    trunk_up,
    trunk_down,
  };
  Kind kind = Kind::ended;
  AttemptId attempt;
  std::string trunk;
  CompletionCode analysis = CompletionCode::answer_human;
  char digit = 0;
  int sip_status = 0;
};
template <>
inline constexpr auto enum_names<TrunkEvent::Kind> = std::to_array<std::pair<TrunkEvent::Kind, std::string_view>>({
    {TrunkEvent::Kind::ringing, "ringing"},
    {TrunkEvent::Kind::answered, "answered"},
    {TrunkEvent::Kind::classified, "classified"},
    {TrunkEvent::Kind::beep, "beep"},
    {TrunkEvent::Kind::prompt_done, "prompt_done"},
    {TrunkEvent::Kind::digit, "digit"},
    {TrunkEvent::Kind::media_silent, "media_silent"},
    {TrunkEvent::Kind::failed, "failed"},
    {TrunkEvent::Kind::ended, "ended"},
    {TrunkEvent::Kind::trunk_up, "trunk_up"},
    {TrunkEvent::Kind::trunk_down, "trunk_down"},
});

/// The seam to the telephone network: SIP and media in the product (sip_trunk.h), virtual callers in the simulator.
///
/// Every leg placed has exactly one last event, `failed` (before an answer) or `ended` (after one), whether or not we hung it up; nothing
/// comes for it afterwards, and the same attempt may then be placed again over another trunk. Methods return at once and are called on
/// the loop; the handler is called on the loop, never from inside a method. A command for a leg that is over or unknown does nothing.
class Trunk {
 public:
  using Handler = std::function<void(std::vector<TrunkEvent>)>;
  using Keep = std::function<void(const AttemptId& attempt, const std::string& snapshot)>;

  virtual ~Trunk() = default;

  /// Where all events go; called once, before anything else. `keep` is called, on any thread, before the INVITE leaves and before whatever
  /// makes a later snapshot true; when it returns the snapshot outlives the process. So a successor that finds none knows that the INVITE
  /// never left.
  virtual void listen(Handler handler, Keep keep) = 0;

  virtual void place(LegOrder order) = 0;

  /// Plays a prompt from its start, in place of what plays now.
  virtual void play(const AttemptId& attempt, const std::string& prompt) = 0;

  /// Makes the conversation so. Legs that are in another leave it; those that were in this one and are not named any more hear silence;
  /// those not answered yet join when they are. Members whose legs are not here are left out.
  virtual void converse(const Conversation& conversation) = 0;

  /// Keys for the far end: 0-9 * # A-D.
  virtual void press(const AttemptId& attempt, const std::string& digits) = 0;

  /// CANCEL while it rings, BYE once it is answered; a 2xx that crosses the CANCEL is acknowledged and ended, and reported as `ended`.
  virtual void hang_up(const AttemptId& attempt) = 0;

  /// Hangs up a leg of which nothing is known but its last snapshot, or the living one of this attempt. Its last event comes as for any
  /// other; `failed` with status 0 when the far end says nothing of it.
  virtual void end_restored(const AttemptId& attempt, const std::string& snapshot) = 0;
};

}  // namespace everdial
