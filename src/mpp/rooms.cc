#include "mpp/rooms.h"

#include <algorithm>
#include <set>
#include <utility>

namespace everdial {

using Role = Conversation::Role;

void Rooms::converse(const Conversation& conversation) {
  std::set<ConversationId> left;
  if (const auto room = rooms_.find(conversation.id); room != rooms_.end())
    for (const Conversation::Member& member : room->second.said.members)
      if (const auto of = member_of_.find(member.call); of != member_of_.end() && of->second == conversation.id) member_of_.erase(of);
  for (const Conversation::Member& member : conversation.members) {
    ConversationId& of = member_of_[member.call];
    if (!of.value.empty() && of != conversation.id) left.insert(of);
    of = conversation.id;
  }
  rooms_[conversation.id].said = conversation;
  for (const ConversationId& id : left) arrange(id);
  arrange(conversation.id);
}

void Rooms::enter(const AttemptId& call, media::StreamId stream) {
  voices_[call] = stream;
  if (const auto of = member_of_.find(call); of != member_of_.end()) arrange(of->second);
}

void Rooms::leave(const AttemptId& call) {
  voices_.erase(call);
  const auto of = member_of_.extract(call);
  if (of) arrange(of.mapped());
}

std::vector<Rooms::Seat> Rooms::seats_of(const Conversation& said) const {
  std::vector<Seat> seats;
  const auto voice = [&](const AttemptId& call) {
    const auto of = member_of_.find(call);
    const auto found = voices_.find(call);
    return of != member_of_.end() && of->second == said.id && found != voices_.end() ? found->second : media::StreamId{};
  };
  for (const Conversation::Member& member : said.members)
    if (const media::StreamId stream = voice(member.call); stream != media::StreamId{})
      seats.push_back({stream, member.role, member.role == Role::whispers ? voice(member.to) : media::StreamId{}});
  return seats;
}

void Rooms::arrange(const ConversationId& id) {
  const auto found = rooms_.find(id);
  if (found == rooms_.end()) return;
  Room& room = found->second;
  const std::vector<Seat> before = std::exchange(room.seats, seats_of(room.said));
  if (room.seats != before) {
    // Whoever comes hears no prompt any more, whoever stays no music, whoever goes nobody.
    for (const Seat& seat : before) stand_up(seat);
    for (const Seat& seat : room.seats) engine_.stop_play(seat.stream);
    const bool relay = room.seats.size() == 2 && room.seats[0].role == Role::talks && room.seats[1].role == Role::talks;
    if (room.seats.size() == 1) play_music(room.seats[0].stream);
    else if (relay) engine_.relay(room.seats[0].stream, room.seats[1].stream);
    else if (!room.seats.empty()) confer(room);
    if ((room.seats.size() < 2 || relay) && room.conference) engine_.close_conference(*std::exchange(room.conference, std::nullopt));
  }
  const bool awaited = std::any_of(room.said.members.begin(), room.said.members.end(), [&](const Conversation::Member& member) {
    const auto of = member_of_.find(member.call);
    return of != member_of_.end() && of->second == id;
  });
  if (!awaited) rooms_.erase(found);
}

void Rooms::stand_up(const Seat& seat) {
  engine_.stop_play(seat.stream);
  engine_.unrelay(seat.stream);
  engine_.leave(seat.stream);
}

void Rooms::confer(Room& room) {
  if (!room.conference) room.conference = engine_.open_conference();
  for (const Seat& seat : room.seats)
    if (seat.role != Role::whispers) engine_.join(seat.stream, *room.conference, seat.role == Role::talks);
  // After those whom they whisper to.
  for (const Seat& seat : room.seats)
    if (seat.role == Role::whispers) engine_.whisper(seat.stream, *room.conference, seat.to);
}

void Rooms::play_music(media::StreamId stream) {
  if (!music_failed_) last_music_ = engine_.play(stream, hold_music_, true);
}

void Rooms::resume_music(const AttemptId& call) {
  const auto of = member_of_.find(call);
  const auto room = of == member_of_.end() ? rooms_.end() : rooms_.find(of->second);
  if (room != rooms_.end() && room->second.seats.size() == 1) play_music(room->second.seats[0].stream);
}

bool Rooms::failed(media::PlayId play) {
  if (play != last_music_) return false;
  music_failed_ = true;
  return true;
}

}  // namespace everdial
