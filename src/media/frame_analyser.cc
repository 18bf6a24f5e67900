#include "media/frame_analyser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace everdial::media {
namespace {

// A Fourier transform of just the bins where call progress tones are: 200 Hz to 2300 Hz by 50 Hz.
constexpr int first_bin = 4, last_bin = 46;
constexpr size_t bins = last_bin - first_bin + 1;
constexpr double bin_hz = 8000.0 / frame_samples;
constexpr size_t lobe = 2;           // a tone under a Hann window fills its own bin and two on either side
constexpr float tonal_share = 0.9f;  // of the energy, for the frame to be a tone
constexpr float faintest_db = -50;
constexpr float least_second = 0.1f;  // of the first tone's energy

struct Transform {
  std::array<float, frame_samples> window;
  std::array<std::array<float, bins>, frame_samples> cosine, sine;
  Transform() {
    for (size_t n = 0; n < frame_samples; ++n) {
      const double turn = 2 * std::numbers::pi * static_cast<double>(n) / frame_samples;
      window[n] = static_cast<float>(0.5 - 0.5 * std::cos(turn));
      for (size_t k = 0; k < bins; ++k) {
        cosine[n][k] = static_cast<float>(std::cos(turn * static_cast<double>(first_bin + k)));
        sine[n][k] = static_cast<float>(std::sin(turn * static_cast<double>(first_bin + k)));
      }
    }
  }
};
const Transform transform;

struct Peak {
  size_t bin = 0;
  float energy = 0;  // of its lobe
};

Peak find_peak(const std::array<float, bins>& power, const Peak* besides) {
  Peak peak;
  float highest = -1;
  for (size_t k = 0; k < bins; ++k) {
    if (besides && k + lobe >= besides->bin && k <= besides->bin + lobe) continue;
    if (power[k] <= highest) continue;
    highest = power[k];
    peak.bin = k;
  }
  for (size_t k = peak.bin - std::min(peak.bin, lobe); k <= std::min(peak.bin + lobe, bins - 1); ++k) {
    const bool taken = besides && k + lobe >= besides->bin && k <= besides->bin + lobe;
    if (!taken) peak.energy += power[k];
  }
  return peak;
}

// Where the tone is between the bins: the neighbours' amplitudes under a Hann window say it.
int pitch(const std::array<float, bins>& power, size_t bin) {
  const double left = bin > 0 ? std::sqrt(power[bin - 1]) : 0;
  const double middle = std::sqrt(power[bin]);
  const double right = bin + 1 < bins ? std::sqrt(power[bin + 1]) : 0;
  const double neighbour = std::max(left, right);
  const double offset = middle + neighbour > 0 ? std::clamp((2 * neighbour - middle) / (middle + neighbour), 0.0, 0.5) : 0;
  return static_cast<int>(std::lround((static_cast<double>(first_bin + bin) + (right >= left ? offset : -offset)) * bin_hz));
}

}  // namespace

FrameFeatures analyse_frame(const Frame& frame) {
  FrameFeatures features;
  float energy = 0;
  for (const int16_t sample : frame) energy += static_cast<float>(sample) * static_cast<float>(sample);
  features.level_db = 10 * std::log10(energy / frame_samples / (32768.0f * 32768.0f) + 1e-10f);
  if (features.level_db < faintest_db) return features;

  std::array<float, bins> real{}, imaginary{};
  float windowed_energy = 0;
  for (size_t n = 0; n < frame_samples; ++n) {
    const float x = static_cast<float>(frame[n]) * transform.window[n];
    windowed_energy += x * x;
    for (size_t k = 0; k < bins; ++k) real[k] += x * transform.cosine[n][k];
    for (size_t k = 0; k < bins; ++k) imaginary[k] += x * transform.sine[n][k];
  }
  std::array<float, bins> power;
  for (size_t k = 0; k < bins; ++k) power[k] = real[k] * real[k] + imaginary[k] * imaginary[k];
  const float whole = windowed_energy * frame_samples / 2;  // Parseval, of the positive half

  const Peak first = find_peak(power, nullptr);
  if (first.energy >= tonal_share * whole) {
    features.tone_hz = pitch(power, first.bin);
    return features;
  }
  const Peak second = find_peak(power, &first);
  if (first.energy + second.energy >= tonal_share * whole && second.energy >= least_second * first.energy) {
    features.tone_hz = pitch(power, std::min(first.bin, second.bin));
    features.second_hz = pitch(power, std::max(first.bin, second.bin));
  }
  return features;
}

}  // namespace everdial::media
