#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

// G.711 by tables: a byte is looked up in 256 samples, a sample in 16,384 bytes.

namespace everdial::media {

enum class Codec : uint8_t { pcmu, pcma };

/// 20 ms of linear audio at 8 kHz: what the engine works in.
inline constexpr size_t frame_samples = 160;
using Frame = std::array<int16_t, frame_samples>;

namespace g711 {

struct Tables {
  std::array<int16_t, 256> decode[2];
  std::array<uint8_t, 16384> encode[2];   ///< index: (sample + 32768) >> 2
  std::array<uint8_t, 256> transcode[2];  ///< from the codec to the other one
  Tables();
};
extern const Tables tables;

inline int16_t decode(Codec codec, uint8_t byte) { return tables.decode[static_cast<int>(codec)][byte]; }
inline uint8_t encode(Codec codec, int16_t sample) { return tables.encode[static_cast<int>(codec)][(sample + 32768) >> 2]; }
inline uint8_t silence(Codec codec) { return encode(codec, 0); }

/// `out` is as long as `in`.
void decode(Codec codec, std::span<const uint8_t> in, std::span<int16_t> out);
void encode(Codec codec, std::span<const int16_t> in, std::span<uint8_t> out);
/// In place, from `codec` to the other.
void transcode(Codec codec, std::span<uint8_t> bytes);

}  // namespace g711
}  // namespace everdial::media
