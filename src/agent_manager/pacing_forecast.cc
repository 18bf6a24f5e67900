#include "agent_manager/pacing_forecast.h"

#include <cmath>

namespace everdial {
namespace {

constexpr int kLongest = 64;  ///< seconds looked ahead, the window included
using Curve = std::array<double, kLongest + 1>;

// How much there is of everything before anything is known. Many answers are expected at first, so that few calls are placed.
constexpr double kPriorCalls = 4, kPriorAnswer = 0.05, kPriorClear = 0.03;
constexpr double kPriorTalks = 3, kPriorTalk_s = 90, kPriorWrapup_s = 20, kPiecePrior = 8;
constexpr double kPriorClassified = 4, kPriorReturned = 20;
// How many calls, conversations and expected answers are remembered.
constexpr double kCallsRemembered = 2000, kTalksRemembered = 1000, kAnswersRemembered = 60, kAnswersPrior = 10;

void scale(auto& numbers, double factor) {
  for (double& number : numbers) number *= factor;
}

/// Chance per second that the work ends, by piece: what was seen there, drawn to the rate of all pieces together.
std::array<double, kWorkPieces.size()> hazards(const PacingMemory::Work& work, double prior_s) {
  double seconds = kPriorTalks * prior_s, ended = kPriorTalks;
  for (size_t i = 0; i < kWorkPieces.size(); ++i) seconds += work.seconds[i], ended += work.ended[i];
  const double rate = ended / seconds;
  std::array<double, kWorkPieces.size()> result;
  for (size_t i = 0; i < kWorkPieces.size(); ++i)
    result[i] = std::min(1.0, (work.ended[i] + kPiecePrior) / (work.seconds[i] + kPiecePrior / rate));
  return result;
}

/// The chance that work, now in this piece, has ended within 0, 1, 2... seconds.
Curve ended_within(const std::array<double, kWorkPieces.size()>& hazard, size_t piece) {
  Curve curve{};
  double going = 1;
  // Where in its piece the work is does not matter much; the middle is nearest.
  const bool last = piece + 1 == kWorkPieces.size();
  double elapsed = last ? kWorkPieces[piece] : 0.5 * (kWorkPieces[piece] + kWorkPieces[piece + 1]);
  for (int s = 1; s <= kLongest; ++s, elapsed += 1) {
    while (piece + 1 < kWorkPieces.size() && elapsed >= kWorkPieces[piece + 1]) ++piece;
    going *= 1 - hazard[piece];
    curve[static_cast<size_t>(s)] = 1 - going;
  }
  return curve;
}

}  // namespace

size_t PacingForecast::piece(int second) {
  size_t i = kWorkPieces.size() - 1;
  while (i > 0 && second < kWorkPieces[i]) --i;
  return i;
}

void PacingForecast::rang(PacingMemory& memory, int second) const {
  const size_t s = second_of(second);
  memory.ringing.rang[s] += 1;
  const double fade = 1 - hazard_[s] / kAnswersRemembered;
  memory.answers_seen *= fade;
  memory.answers_expected = memory.answers_expected * fade + hazard_[s];
}

void PacingForecast::answered(PacingMemory& memory, int second) const {
  memory.ringing.answered[second_of(second)] += 1;
  memory.answers_seen += 1;
}

void PacingForecast::cleared(PacingMemory& memory, int second) { memory.ringing.cleared[second_of(second)] += 1; }

void PacingForecast::learn(PacingMemory& memory, int64_t calls, int64_t talks) {
  const double fade_calls = std::exp(-static_cast<double>(calls) / kCallsRemembered);
  scale(memory.ringing.rang, fade_calls);
  scale(memory.ringing.answered, fade_calls);
  scale(memory.ringing.cleared, fade_calls);
  memory.classified *= fade_calls;
  memory.persons *= fade_calls;
  const double fade_talks = std::exp(-static_cast<double>(talks) / kTalksRemembered);
  for (PacingMemory::Work* work : {&memory.talking, &memory.wrapup}) {
    scale(work->seconds, fade_talks);
    scale(work->ended, fade_talks);
  }
  memory.wrapups *= fade_talks;
  memory.returned *= fade_talks;
  rebuild(memory);
}

void PacingForecast::rebuild(const PacingMemory& memory) {
  classified_.fill(static_cast<float>((memory.persons + kPriorClassified) / (memory.classified + kPriorClassified)));
  rebuild_answers(memory);
  rebuild_work(memory);
}

void PacingForecast::rebuild_answers(const PacingMemory& memory) {
  const PacingMemory::Ringing& ringing = memory.ringing;
  const double lately = std::clamp((memory.answers_seen + kAnswersPrior) / (memory.answers_expected + kAnswersPrior), 0.3, 3.0);
  std::array<double, kRingSeconds> answer, goes_on;
  for (size_t s = 0; s < kRingSeconds; ++s) {
    const double calls = ringing.rang[s] + kPriorCalls;
    hazard_[s] = std::min(1.0, (ringing.answered[s] + kPriorCalls * kPriorAnswer) / calls);
    const double clear = std::min(1.0, (ringing.cleared[s] + kPriorCalls * kPriorClear) / calls);
    answer[s] = std::min(0.95, hazard_[s] * lately);
    goes_on[s] = std::max(0.0, 1 - answer[s] - clear);
  }
  for (size_t age = 0; age < kRingSeconds; ++age) {
    double rings = 1, answered = 0;
    size_t next = 0;
    for (int s = 0; next < kAhead.size(); ++s) {
      if (s == kAhead[next]) answer_[age][next++] = classified_[0] * static_cast<float>(answered);
      const size_t at = second_of(static_cast<int>(age) + s);
      answered += rings * answer[at];
      rings *= goes_on[at];
    }
  }
  float before = 0;
  for (size_t i = 0; i < kAhead.size(); ++i) {
    shares_[i] = (answer_[0][i] - before) / answer_[0].back();
    before = answer_[0][i];
  }
}

void PacingForecast::rebuild_work(const PacingMemory& memory) {
  const auto talk_hazard = hazards(memory.talking, kPriorTalk_s);
  const auto wrapup_hazard = hazards(memory.wrapup, kPriorWrapup_s);
  const double returns = (memory.returned + kPriorReturned) / (memory.wrapups + kPriorReturned);
  const Curve wrapup = ended_within(wrapup_hazard, 0);
  for (size_t piece = 0; piece < kWorkPieces.size(); ++piece) {
    const Curve rest = ended_within(wrapup_hazard, piece), talk = ended_within(talk_hazard, piece);
    for (size_t i = 0; i < kAhead.size(); ++i) {
      const size_t until = static_cast<size_t>(std::min(kAhead[i] + window_s_, kLongest));
      double both = 0;
      for (size_t s = 1; s <= until; ++s) both += (talk[s] - talk[s - 1]) * wrapup[until - s];
      wrapup_[piece][i] = static_cast<float>(returns * rest[until]);
      talk_[piece][i] = static_cast<float>(returns * both);
    }
  }
}

}  // namespace everdial
