// Runs a fuzz entry over random buffers, or over the files named: the stand-in for libFuzzer where there is none.

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  if (argc > 1) return 0;
  constexpr int runs = 20'000;
  std::mt19937 random(20'260'301);
  for (int run = 0; run < runs; ++run) {
    // Small values are likelier than in noise: counts and lengths that fit are what lets a parser go on.
    std::vector<uint8_t> bytes(random() % 600);
    const uint32_t small_share = random() % 4;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 4 < small_share ? random() % 8 : random());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%d random buffers\n", runs);
  return 0;
}
