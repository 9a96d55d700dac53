// Kills a process that uses a store, over and over, and proves each time that
// nothing which it was told is done is lost, and nothing is half done.
//
//   crash_test [--cycles N] [--kills N] [--events N] [--verify-every N]
//              [--seed N]

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

#include "crash/driver.h"

namespace {

bool Parse(int argc, char** argv, crm::crash::Goals* goals) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--cycles") {
      goals->cycles = value;
    } else if (name == "--kills") {
      goals->kills = value;
    } else if (name == "--events") {
      goals->base_events = value;
    } else if (name == "--verify-every") {
      goals->verify_every = value;
    } else if (name == "--seed") {
      goals->seed = value;
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  crm::crash::Goals goals;
  goals.seed = static_cast<uint64_t>(std::time(nullptr));
  if (!Parse(argc, argv, &goals)) {
    std::fprintf(stderr, "crash_test: wrong arguments\n");
    return 2;
  }
  // The death of a process costs no unsynced byte, so that a disk on which a
  // sync costs nothing proves as much.
  const bool fast =
      access("/dev/shm", W_OK) == 0 &&
      std::filesystem::space("/dev/shm").available > (uintmax_t{3} << 30);
  const std::filesystem::path parent =
      fast ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string directory = parent / "crm-crash-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return 2;
  goals.directory = directory;
  std::printf("seed %lu, in %s\n", goals.seed, directory.c_str());
  std::fflush(stdout);
  const bool passed = crm::crash::Driver(goals).Run();
  if (passed) {
    std::filesystem::remove_all(directory);
  } else {
    std::fprintf(stderr, "FAILED; the store is left in %s\n",
                 directory.c_str());
  }
  return passed ? 0 : 1;
}
