#pragma once

#include <array>

#include "agent_manager/pacing_types.h"

namespace everdial {

/// The moments, in seconds from now, at which a new call might be answered and is checked against the agents then free.
inline constexpr std::array<int, 16> kAhead{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 24, 28, 33, 39, 45};
/// The chance that something has happened by each of these moments.
using Chances = std::array<float, kAhead.size()>;

/// What a job has learned of its contacts' answering and of its agents' work, as chances for the next seconds.
class PacingForecast {
 public:
  explicit PacingForecast(int window_s) : window_s_(window_s) { rebuild(); }

  // What happened in one second of a call or of an agent's work.
  void rang(PacingMemory& memory, int second) const;
  void answered(PacingMemory& memory, int second) const;
  static void cleared(PacingMemory& memory, int second);
  static void worked(PacingMemory::Work& work, int second) { work.seconds[piece(second)] += 1; }
  static void finished(PacingMemory::Work& work, int second) { work.ended[piece(second)] += 1; }

  /// Takes over what was learned, and has the memory forget a little for each call and piece of work since the last time.
  void learn(PacingMemory& memory, int64_t calls, int64_t talks);

  /// A person answers a call that has rung for so long.
  const Chances& answer(int second) const { return answer_[second_of(second)]; }
  /// Answer chances of a call not yet placed, as shares of its answers by moment.
  const Chances& answer_shares() const { return shares_; }
  /// An agent in this piece of work is ready a window's length after the moment.
  const Chances& ready_after_talk(int second) const { return talk_[piece(second)]; }
  const Chances& ready_after_wrapup(int second) const { return wrapup_[piece(second)]; }
  /// A call under analysis is a person.
  const Chances& classified() const { return classified_; }

 private:
  static size_t piece(int second);
  static size_t second_of(int second) {
    return static_cast<size_t>(second) < kRingSeconds ? static_cast<size_t>(second) : kRingSeconds - 1;
  }
  void rebuild(const PacingMemory& memory = {});
  void rebuild_answers(const PacingMemory& memory);
  void rebuild_work(const PacingMemory& memory);

  int window_s_;
  std::array<double, kRingSeconds> hazard_{};  ///< of an answer, as learned, without the recent factor
  std::array<Chances, kRingSeconds> answer_{};
  Chances shares_{}, classified_{};
  std::array<Chances, kWorkPieces.size()> talk_{}, wrapup_{};
};

}  // namespace everdial
