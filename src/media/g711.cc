#include "media/g711.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"

namespace everdial::media::g711 {
namespace {

// G.711 table 2: sign, three bits of segment, four of step; all bits inverted on the line. 33 is the bias in 14-bit units.
int16_t decode_mu(uint8_t byte) {
  const int code = ~byte & 0xff;
  const int magnitude = ((((code & 0x0f) << 1) + 33) << (code >> 4 & 7)) - 33;
  return static_cast<int16_t>((code & 0x80 ? -magnitude : magnitude) * 4);
}

// G.711 table 1: as above without bias in the first segment; every other bit inverted on the line.
int16_t decode_a(uint8_t byte) {
  const int code = byte ^ 0x55;
  const int segment = code >> 4 & 7;
  const int step = (code & 0x0f) * 2 + 1;
  const int magnitude = segment == 0 ? step : (step + 32) << (segment - 1);
  return static_cast<int16_t>((code & 0x80 ? magnitude : -magnitude) * 8);
}

// The byte whose sample is nearest; found by walking up the magnitudes of one sign, which both laws order by code.
template <class Decode, class CodeOf>
void fill_encoder(std::array<uint8_t, 16384>& table, Decode decode, CodeOf code_of) {
  for (const bool negative : {false, true}) {
    int step = 0;
    for (int magnitude = 0; magnitude <= 8192; ++magnitude) {
      const int sample = magnitude * 4;
      auto distance = [&](int s) { return std::abs(std::abs(static_cast<int>(decode(code_of(s, negative)))) - sample); };
      while (step < 127 && distance(step + 1) <= distance(step)) ++step;
      const int index = ((negative ? -sample : sample) + 32768) >> 2;
      if (index >= 0 && index < 16384) table[static_cast<size_t>(index)] = code_of(step, negative);
    }
  }
}

}  // namespace

Tables::Tables() {
  auto& mu = encode[static_cast<int>(Codec::pcmu)];
  auto& a = encode[static_cast<int>(Codec::pcma)];
  fill_encoder(mu, decode_mu, [](int step, bool negative) { return static_cast<uint8_t>(~((negative ? 0x80 : 0) | step)); });
  fill_encoder(a, decode_a, [](int step, bool negative) { return static_cast<uint8_t>(((negative ? 0 : 0x80) | step) ^ 0x55); });
  mu[8192] = 0xff;  // zero is the positive zero
  a[8192] = 0xd5;
  for (int byte = 0; byte < 256; ++byte) {
    const auto i = static_cast<size_t>(byte);
    decode[static_cast<int>(Codec::pcmu)][i] = decode_mu(static_cast<uint8_t>(byte));
    decode[static_cast<int>(Codec::pcma)][i] = decode_a(static_cast<uint8_t>(byte));
    transcode[static_cast<int>(Codec::pcmu)][i] = a[static_cast<size_t>((decode_mu(static_cast<uint8_t>(byte)) + 32768) >> 2)];
    transcode[static_cast<int>(Codec::pcma)][i] = mu[static_cast<size_t>((decode_a(static_cast<uint8_t>(byte)) + 32768) >> 2)];
  }
}

const Tables tables;

void decode(Codec codec, std::span<const uint8_t> in, std::span<int16_t> out) {
  EVERDIAL_CHECK(in.size() == out.size());
  const auto& table = tables.decode[static_cast<int>(codec)];
  for (size_t i = 0; i < in.size(); ++i) out[i] = table[in[i]];
}

void encode(Codec codec, std::span<const int16_t> in, std::span<uint8_t> out) {
  EVERDIAL_CHECK(in.size() == out.size());
  const auto& table = tables.encode[static_cast<int>(codec)];
  for (size_t i = 0; i < in.size(); ++i) out[i] = table[static_cast<size_t>((in[i] + 32768) >> 2)];
}

void transcode(Codec codec, std::span<uint8_t> bytes) {
  const auto& table = tables.transcode[static_cast<int>(codec)];
  for (uint8_t& byte : bytes) byte = table[byte];
}

}  // namespace everdial::media::g711
