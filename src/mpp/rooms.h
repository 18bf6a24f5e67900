#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "media/engine.h"
#include "model/conversation.h"

namespace everdial {

/// Conversations as the media engine has them: who sits in which, and what each hears there. Two who talk are a relay, which costs
/// least; one alone hears the hold music; all else is a conference.
class Rooms {
 public:
  Rooms(media::Engine& engine, std::filesystem::path hold_music) : engine_(engine), hold_music_(std::move(hold_music)) {}

  void converse(const Conversation& conversation);
  /// The call is answered: from now on it has a voice. It takes its seat if it has one already.
  void enter(const AttemptId& call, media::StreamId stream);
  void leave(const AttemptId& call);
  /// A prompt has ended that was heard in place of the hold music.
  void resume_music(const AttemptId& call);
  /// Whether it was the hold music, which is then not tried again.
  bool failed(media::PlayId play);

 private:
  struct Seat {
    media::StreamId stream;
    Conversation::Role role = Conversation::Role::talks;
    media::StreamId to;  ///< with whispers
    bool operator==(const Seat&) const = default;
  };
  struct Room {
    Conversation said;
    std::vector<Seat> seats;  ///< as the engine has them
    std::optional<media::ConferenceId> conference;
  };

  void arrange(const ConversationId& id);
  std::vector<Seat> seats_of(const Conversation& said) const;
  void stand_up(const Seat& seat);
  void confer(Room& room);
  void play_music(media::StreamId stream);

  media::Engine& engine_;
  const std::filesystem::path hold_music_;
  bool music_failed_ = false;
  media::PlayId last_music_;
  std::unordered_map<AttemptId, media::StreamId> voices_;
  std::unordered_map<AttemptId, ConversationId> member_of_;
  std::map<ConversationId, Room> rooms_;
};

}  // namespace everdial
