#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

// Feeds a fuzz entry with seed files and with mutations of them, for compilers without libFuzzer. The same arguments give the same inputs.
//   x_fuzz SEED_FOLDER RUNS [FIRST_RUN]

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

Bytes mutated(const std::vector<Bytes>& seeds, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  Bytes bytes = seeds[below(seeds.size())];
  for (size_t changes = 1 + below(8); changes > 0; --changes) {
    const size_t at = bytes.empty() ? 0 : below(bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(5)) {
      case 0:
        bytes.insert(here, static_cast<uint8_t>(random()));
        break;
      case 1:
        if (!bytes.empty()) *here = static_cast<uint8_t>(random());
        break;
      case 2:
        if (!bytes.empty()) bytes.erase(here);
        break;
      case 3: {  // a piece of another seed
        const Bytes& other = seeds[below(seeds.size())];
        if (other.empty()) break;
        const size_t from = below(other.size()), length = 1 + below(other.size() - from);
        bytes.insert(here, other.begin() + static_cast<std::ptrdiff_t>(from), other.begin() + static_cast<std::ptrdiff_t>(from + length));
        break;
      }
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<Bytes> seeds;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    LLVMFuzzerTestOneInput(seeds.back().data(), seeds.back().size());
  }
  if (seeds.empty()) return 2;
  const long runs = std::atol(argv[2]), first = argc > 3 ? std::atol(argv[3]) : 0;
  for (long run = first; run < first + runs; ++run) {
    std::mt19937_64 random(static_cast<uint64_t>(run));
    const Bytes input = mutated(seeds, random);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::cout << runs << " runs from " << seeds.size() << " seeds\n";
}
