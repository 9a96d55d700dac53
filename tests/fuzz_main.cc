// Runs a fuzz target without libFuzzer: over every file of a corpus, and over
// mutations of each that are the same on every machine. So the fuzzers are
// tests for any compiler, and a crash that was found once stays found.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int kSkipped = 77;
constexpr int kMutationsPerFile = 200;

uint64_t Next(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                         input.size());
}

// One to four changes: a bit, a byte, a cut, a repeated piece.
std::string Mutate(std::string input, uint64_t* state) {
  const uint64_t changes = 1 + Next(state) % 4;
  for (uint64_t i = 0; i < changes && !input.empty(); ++i) {
    const size_t at = Next(state) % input.size();
    const size_t length =
        std::min<size_t>(1 + Next(state) % 32, input.size() - at);
    switch (Next(state) % 4) {
      case 0:
        input[at] = static_cast<char>(input[at] ^ (1 << (Next(state) % 8)));
        break;
      case 1:
        input[at] = static_cast<char>(Next(state));
        break;
      case 2:
        input.erase(at, length);
        break;
      default:
        input.insert(Next(state) % input.size(), input.substr(at, length));
    }
  }
  return input;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      std::fprintf(stderr, "no corpus at %s\n", argv[i]);
      return kSkipped;
    }
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  Run("");
  uint64_t state = 1;
  for (const std::filesystem::path& path : files) {
    const std::string input = ReadFile(path);
    // Names the input that is under way, should it crash.
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    Run(input);
    for (int i = 0; i < kMutationsPerFile; ++i) Run(Mutate(input, &state));
  }
  std::printf("%zu files, each with %d mutations\n", files.size(),
              kMutationsPerFile);
  return 0;
}
