// How often call progress analysis is right, on sound: voices made by espeak-ng and those of Asterisk's prompts, tones by sox, with noise,
// levels and codecs as on the line. Prints the confusion matrix and asserts a floor.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "base/overloaded.h"
#include "media/cpa_machine.h"
#include "media/prompt_cache.h"
#include "media/test_phone.h"

namespace everdial::media {
namespace {

using Sound16 = std::vector<int16_t>;
constexpr const char* recorded = "/usr/share/asterisk/sounds/en_US_f_Allison/";

size_t samples_of(Duration time) { return static_cast<size_t>(time.count() * sample_rate / 1'000'000); }
Duration length_of(const Sound16& sound) { return duration_of_samples(static_cast<int64_t>(sound.size())); }

struct Call {
  std::string name;
  CallClass expected = CallClass::human;
  Sound16 sound;
  Duration speech_end{};  ///< of the first greeting
  std::optional<Duration> beep_end;
};

/// Makes the parts of calls; everything random comes from one seed.
class Studio {
 public:
  Sound16 say(const std::string& text, const std::string& voice, int words_per_minute) {
    const auto file = folder_ / (std::to_string(++files_) + ".wav");
    const std::string command =
        "espeak-ng -v " + voice + " -s " + std::to_string(words_per_minute) + " -w '" + file.string() + "' '" + text + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return trimmed(load(file));
  }
  Sound16 tone(const std::string& synth) {
    const auto file = folder_ / (std::to_string(++files_) + ".wav");
    const std::string command = "sox -q -n -r 8000 -b 16 -c 1 '" + file.string() + "' " + synth + " vol 0.3";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return load(file);
  }
  Sound16 recording(const std::string& name) { return trimmed(load(recorded + name + ".wav")); }

  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  Duration pick_ms(int low, int high) { return std::chrono::milliseconds(pick(low, high)); }

  /// As it comes over the line: louder or fainter, with noise, through G.711.
  void put_on_the_line(Sound16& sound) {
    const double gain = std::pow(10.0, pick(-12, 3) / 20.0);
    std::normal_distribution<double> noise(0, 32768 * std::pow(10.0, pick(-68, -48) / 20.0));
    const Codec codec = pick(0, 1) ? Codec::pcmu : Codec::pcma;
    for (int16_t& sample : sound) {
      const double value = std::clamp(sample * gain + noise(random_), -32768.0, 32767.0);
      sample = g711::decode(codec, g711::encode(codec, static_cast<int16_t>(value)));
    }
  }

 private:
  static Sound16 load(const std::filesystem::path& file) {
    static PromptCache cache(64 << 20, 5min);
    const auto prompt = cache.get(file);
    EXPECT_TRUE(prompt.ok()) << prompt.error().message;
    return prompt.ok() ? (*prompt)->samples : Sound16{};
  }
  /// Without the silence before and after.
  static Sound16 trimmed(const Sound16& sound) {
    auto loud = [](int16_t sample) { return std::abs(sample) > 300; };
    const auto begin = std::find_if(sound.begin(), sound.end(), loud);
    const auto end = std::find_if(sound.rbegin(), sound.rend(), loud).base();
    return begin < end ? Sound16(begin, end) : Sound16{};
  }

  TestFolder folder_;
  int files_ = 0;
  std::mt19937 random_{4711};
};

void append(Sound16& sound, const Sound16& more) { sound.insert(sound.end(), more.begin(), more.end()); }
void append_silence(Sound16& sound, Duration time) { sound.resize(sound.size() + samples_of(time)); }

const std::array voices{"en-us", "en-us+m3", "en-us+f2", "en-us+f4", "en-us+m7", "en-gb", "en-gb+f3", "en-gb-scotland+m2"};

Call person(Studio& studio, const std::string& name, const Sound16& greeting) {
  Call call{name, CallClass::human, {}, {}, {}};
  append_silence(call.sound, studio.pick_ms(60, 1200));
  append(call.sound, greeting);
  call.speech_end = length_of(call.sound);
  append_silence(call.sound, 4s);
  studio.put_on_the_line(call.sound);
  return call;
}

Call answering_machine(Studio& studio, const std::string& name, const Sound16& greeting, bool beeps) {
  Call call{name, CallClass::machine, {}, {}, {}};
  append_silence(call.sound, studio.pick_ms(100, 2400));
  append(call.sound, greeting);
  call.speech_end = length_of(call.sound);
  append_silence(call.sound, studio.pick_ms(150, 1200));
  if (beeps) {
    const double seconds = studio.pick(10, 90) / 100.0;
    append(call.sound, studio.tone("synth " + std::to_string(seconds) + " sine " + std::to_string(studio.pick(42, 190) * 10)));
    call.beep_end = length_of(call.sound);
  }
  append_silence(call.sound, 5s);
  studio.put_on_the_line(call.sound);
  return call;
}

void add_people(Studio& studio, std::vector<Call>& calls) {
  for (const char* text : {"Hello?", "Hello.", "Yes?", "Hi, John speaking.", "Hello, this is Anna.", "Smith residence.", "Good morning.",
                           "Hello, who is this?", "Miller.", "Hey, what is up?", "Good afternoon, Baker and Sons."})
    for (const char* voice : voices)
      calls.push_back(person(studio, std::string(text) + " " + voice, studio.say(text, voice, studio.pick(145, 190))));
  for (const char* name : {"hello", "vm-goodbye", "activated", "sorry", "time", "location", "number", "digits/1", "digits/7", "digits/20",
                           "minutes", "one-moment-please", "im-sorry", "cancelled"})
    for (int i = 0; i < 3; ++i) calls.push_back(person(studio, name, studio.recording(name)));
}

void add_machines(Studio& studio, std::vector<Call>& calls) {
  for (const char* text :
       {"You have reached the voice mail of John Smith. Please leave a message after the tone.",
        "Hi, this is Anna. I cannot come to the phone right now, so leave your name and number and I will call you back.",
        "Your call has been forwarded to an automatic voice message system. 5 5 5 1 2 3 4 is not available.",
        "Hello. You have reached 5 5 5, 0 1 2 3. No one is available to take your call. Please record your message.",
        "Thank you for calling Baker and Sons. Our office is closed at the moment. Please call again during business hours.",
        "Hey, it is Mike, you know what to do.", "The person you are calling is not available at the moment. Please try again later."})
    for (const char* voice : voices)
      calls.push_back(answering_machine(studio, std::string(text).substr(0, 24) + " " + voice,
                                        studio.say(text, voice, studio.pick(140, 185)), studio.pick(0, 4) > 0));
  for (const char* name : {"vm-intro", "vm-nobodyavail", "vm-leavemsg", "vm-mailboxfull", "demo-thanks", "vm-instructions",
                           "vm-calldiffnum", "queue-periodic-announce", "privacy-prompt", "basic-pbx-ivr-main", "tt-weasels", "vm-sorry",
                           "number-not-answering", "please-try-call-later"})
    if (std::filesystem::exists(std::string(recorded) + name + ".wav"))
      for (int i = 0; i < 3; ++i) calls.push_back(answering_machine(studio, name, studio.recording(name), i > 0));
  for (int i = 0; i < 10; ++i) {
    Sound16 greeting = studio.recording("vm-theperson");
    append_silence(greeting, 150ms);
    for (int digit = 0; digit < 4; ++digit)
      append(greeting, studio.recording("digits/" + std::to_string(studio.pick(0, 9)))), append_silence(greeting, 120ms);
    append(greeting, studio.recording("vm-isunavail"));
    append_silence(greeting, 300ms);
    append(greeting, studio.recording("vm-intro"));
    calls.push_back(answering_machine(studio, "the person ... is unavailable", greeting, true));
  }
}

void add_tones(Studio& studio, std::vector<Call>& calls) {
  auto add = [&](const std::string& name, CallClass expected, const std::vector<std::pair<std::string, Duration>>& parts, int times) {
    for (int i = 0; i < 6; ++i) {
      Call call{name, expected, {}, {}, {}};
      append_silence(call.sound, studio.pick_ms(0, 600));
      for (int repeat = 0; repeat < times; ++repeat)
        for (const auto& [synth, pause] : parts) append(call.sound, studio.tone(synth)), append_silence(call.sound, pause);
      append_silence(call.sound, 5s);
      studio.put_on_the_line(call.sound);
      calls.push_back(std::move(call));
    }
  };
  add("busy 425", CallClass::busy, {{"synth 0.5 sine 425", 500ms}}, 8);
  add("busy 480+620", CallClass::busy, {{"synth 0.5 sine 480 sine 620 remix -", 500ms}}, 8);
  add("busy 400", CallClass::busy, {{"synth 0.375 sine 400", 375ms}}, 8);
  add("congestion 425", CallClass::busy, {{"synth 0.25 sine 425", 250ms}}, 12);
  add("congestion 480+620", CallClass::busy, {{"synth 0.25 sine 480 sine 620 remix -", 250ms}}, 12);
  add("special information", CallClass::sit, {{"synth 0.33 sine 950", 0s}, {"synth 0.33 sine 1400", 0s}, {"synth 0.33 sine 1800", 1s}}, 2);
  add("special information, intercept", CallClass::sit,
      {{"synth 0.274 sine 913.8", 0s}, {"synth 0.274 sine 1370.6", 0s}, {"synth 0.38 sine 1776.7", 1s}}, 2);
  add("fax answering", CallClass::fax, {{"synth 3 sine 2100", 100ms}}, 1);
  add("fax calling", CallClass::fax, {{"synth 0.5 sine 1100", 3s}}, 2);
  add("still ringing 425", CallClass::silence, {{"synth 1 sine 425", 4s}}, 2);
  add("still ringing 440+480", CallClass::silence, {{"synth 2 sine 440 sine 480 remix -", 4s}}, 2);
  add("still ringing 400+450", CallClass::silence,
      {{"synth 0.4 sine 400 sine 450 remix -", 200ms}, {"synth 0.4 sine 400 sine 450 remix -", 2s}}, 2);
  add("nobody speaks", CallClass::silence, {{"synth 0.02 sine 0", 1s}}, 1);
}

struct Verdict {
  CallClass found = CallClass::silence;
  Duration at{};
  std::string evidence;
  std::optional<Duration> beep_at;
};

Verdict judge(const Call& call) {
  CpaMachine machine;
  Verdict verdict;
  Duration now{};
  for (size_t at = 0; at + frame_samples <= call.sound.size(); at += frame_samples) {
    Frame frame;
    std::copy_n(call.sound.begin() + static_cast<ptrdiff_t>(at), frame_samples, frame.begin());
    now += frame_time;
    for (const CpaFinding& finding : machine.step(analyse_frame(frame)))
      std::visit(Overloaded{[&](const CallClassified& classified) {
                              verdict.found = classified.call_class;
                              verdict.at = classified.after;
                              verdict.evidence = classified.evidence;
                            },
                            [&](const BeepHeard&) { verdict.beep_at = now; }},
                 finding);
  }
  return verdict;
}

TEST(CallProgressAnalysis, is_right_about_sound_as_often_as_we_promise) {
  Studio studio;
  std::vector<Call> calls;
  add_people(studio, calls);
  add_machines(studio, calls);
  add_tones(studio, calls);

  constexpr size_t classes = enum_names<CallClass>.size();
  std::array<std::array<int, classes>, classes> matrix{};
  std::vector<Duration> waits;
  int beeps = 0, beeps_in_time = 0, early_beeps = 0;
  for (const Call& call : calls) {
    const Verdict verdict = judge(call);
    ++matrix[static_cast<size_t>(call.expected)][static_cast<size_t>(verdict.found)];
    if (verdict.found != call.expected)
      std::printf("  wrong: %-60s %s at %.2f s: %s\n", call.name.c_str(), std::string(to_string(verdict.found)).c_str(),
                  static_cast<double>(verdict.at.count()) * 1e-6, verdict.evidence.c_str());
    else if (call.expected == CallClass::human) waits.push_back(verdict.at - call.speech_end);
    if (call.beep_end && verdict.found == CallClass::machine) {
      ++beeps;
      if (verdict.beep_at && *verdict.beep_at >= *call.beep_end - frame_time && *verdict.beep_at <= *call.beep_end + 200ms) ++beeps_in_time;
      else
        std::printf("  beep of %s: ended %.2f s, told %.2f s\n", call.name.c_str(), static_cast<double>(call.beep_end->count()) * 1e-6,
                    verdict.beep_at ? static_cast<double>(verdict.beep_at->count()) * 1e-6 : -1);
      if (verdict.beep_at && *verdict.beep_at < *call.beep_end - frame_time) ++early_beeps;
    }
  }

  std::printf("%-10s", "is \\ taken");
  for (const auto& [value, name] : enum_names<CallClass>) std::printf("%9s", std::string(name).c_str());
  std::printf("\n");
  int right = 0;
  std::array<double, classes> share{};
  for (const auto& [value, name] : enum_names<CallClass>) {
    const auto& row = matrix[static_cast<size_t>(value)];
    int all = 0;
    std::printf("%-10s", std::string(name).c_str());
    for (const int count : row) std::printf("%9d", count), all += count;
    const int hits = row[static_cast<size_t>(value)];
    right += hits;
    share[static_cast<size_t>(value)] = static_cast<double>(hits) / all;
    std::printf("   %.3f\n", share[static_cast<size_t>(value)]);
  }
  std::sort(waits.begin(), waits.end());
  ASSERT_FALSE(waits.empty());
  const Duration median = waits[waits.size() / 2], slow = waits[waits.size() * 95 / 100];
  std::printf(
      "right %.3f of %zu; a person is known %.2f s (median), %.2f s (95 %%) after the greeting; beeps %d of %d in time, %d too early\n",
      static_cast<double>(right) / static_cast<double>(calls.size()), calls.size(), static_cast<double>(median.count()) * 1e-6,
      static_cast<double>(slow.count()) * 1e-6, beeps_in_time, beeps, early_beeps);

  EXPECT_GE(share[static_cast<size_t>(CallClass::human)], 0.95);
  EXPECT_GE(share[static_cast<size_t>(CallClass::machine)], 0.93);
  for (const CallClass tone : {CallClass::fax, CallClass::busy, CallClass::sit, CallClass::silence})
    EXPECT_EQ(share[static_cast<size_t>(tone)], 1);
  EXPECT_LE(slow, 1200ms);
  EXPECT_GE(beeps_in_time, beeps * 95 / 100);
  EXPECT_EQ(early_beeps, 0);
}

TEST(CallProgressAnalysis, hears_no_beep_in_recorded_speech) {
  Studio studio;
  int prompts = 0, beeps = 0;
  for (const auto& entry : std::filesystem::directory_iterator(recorded)) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".wav" || name.find("tone") != std::string::npos || name.starts_with("beep")) continue;
    Call call{name, CallClass::machine, studio.recording(name), {}, {}};
    studio.put_on_the_line(call.sound);
    ++prompts;
    const auto beep_at = judge(call).beep_at;
    if (!beep_at) continue;
    ++beeps;
    std::printf("  a beep in %s at %.2f s\n", name.c_str(), static_cast<double>(beep_at->count()) * 1e-6);
  }
  std::printf("%d prompts, %d with a beep\n", prompts, beeps);
  EXPECT_GE(prompts, 200);
  EXPECT_LE(beeps, prompts / 100);
}

}  // namespace
}  // namespace everdial::media
