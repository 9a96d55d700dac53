// Damages every kind of file of a store in every way, and asks the store
// everything. It may refuse, repair or report; it must never answer wrongly.
//
//   damage_test [--rounds N] [--seed N] [--verbose 1]

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "damage/damages.h"
#include "damage/trial.h"

namespace crm::damage {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kPatienceSeconds = 60;

uint64_t Next(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Runs `work` in a child; its answer, or -1 when the child died.
int InChild(const std::function<int()>& work) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(kPatienceSeconds);
    const int answer = work();
    std::fflush(stdout);
    _exit(answer);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Copy(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

// The states that are damaged, each a folder.
struct State {
  std::string name;
  std::string folder;
  uint64_t events = 0;
  std::string answers;
};

class Matrix {
 public:
  Matrix(std::string root, uint64_t seed, bool verbose)
      : root_(std::move(root)), random_(seed), verbose_(verbose) {}

  bool Prepare();
  void Round(const State& state);
  const std::vector<State>& states() const { return states_; }
  // False: something was silent or crashed, or too little was tried.
  bool Print() const;

 private:
  bool Step(const char* name, const char* before, uint64_t events,
            bool (*build)(const std::string&));
  void Try(const State& state, const Kind& kind, Damage damage);

  using Row = std::array<uint64_t, static_cast<size_t>(Verdict::kCount)>;
  std::string root_;
  uint64_t random_;
  bool verbose_;
  std::vector<State> states_;
  std::map<std::string, Row> table_;
  uint64_t cases_ = 0;
  std::string bad_;  // What was silent or crashed, a line each.
};

// One state from the one before it, and what it answers.
bool Matrix::Step(const char* name, const char* before, uint64_t events,
                  bool (*build)(const std::string&)) {
  const std::string folder = root_ + "/" + name;
  if (before == nullptr) {
    fs::create_directory(folder);
  } else {
    Copy(root_ + "/" + before, folder);
  }
  if (InChild([&] { return build(folder) ? 0 : 1; }) != 0) return false;
  const std::string scratch = root_ + "/scratch";
  Copy(folder, scratch);
  if (InChild([&] { return WriteAnswers(scratch, events) ? 0 : 1; }) != 0) {
    return false;
  }
  std::ifstream in(scratch + "/answers", std::ios::binary);
  states_.push_back({name, folder, events,
                     std::string(std::istreambuf_iterator<char>(in), {})});
  return true;
}

bool Matrix::Prepare() {
  const bool built = Step("stale", nullptr, kStaleEvents, BuildStale) &&
                     Step("closed", "stale", kClosedEvents, BuildClosed) &&
                     Step("crashed", "closed", kCrashedEvents, BuildCrashed);
  states_.erase(states_.begin());
  return built;
}

void Matrix::Try(const State& state, const Kind& kind, Damage damage) {
  const uint64_t random = Next(&random_);
  const std::string& file = kind.files[Next(&random_) % kind.files.size()];
  const std::string scratch = root_ + "/scratch";
  Copy(state.folder, scratch);
  if (!Inflict(damage, kind, file, scratch, root_ + "/stale", random)) return;
  const std::string note = root_ + "/why";
  const int answer = InChild([&] {
    std::string why;
    const Verdict verdict = Judge(scratch, state.answers, state.events, &why);
    std::ofstream(note) << why;
    return static_cast<int>(verdict);
  });
  const Verdict verdict =
      answer < 0 || answer >= static_cast<int>(Verdict::kCrashed)
          ? Verdict::kCrashed
          : static_cast<Verdict>(answer);
  ++cases_;
  ++table_[kind.name + " | " + DamageName(damage)]
          [static_cast<size_t>(verdict)];
  const bool bad = verdict == Verdict::kSilent || verdict == Verdict::kCrashed;
  if (!bad && !verbose_) return;
  std::ifstream in(note);
  const std::string why(std::istreambuf_iterator<char>(in), {});
  const std::string told =
      std::string(VerdictName(verdict)) + ": " + file + " of " + state.name +
      " store, " + DamageName(damage) + ", random " + std::to_string(random) +
      ": " + (verdict == Verdict::kCrashed ? "" : why) + "\n";
  if (verbose_) std::printf("%s", told.c_str());
  if (!bad) return;
  bad_ += told;
  Copy(scratch, root_ + "/bad-" + std::to_string(cases_));
}

void Matrix::Round(const State& state) {
  for (const Kind& kind : KindsOf(state.folder)) {
    for (size_t damage = 0; damage < kDamages; ++damage) {
      Try(state, kind, static_cast<Damage>(damage));
    }
  }
}

bool Matrix::Print() const {
  Row sums{};
  std::printf("%-30s", "kind | damage");
  for (size_t i = 0; i < sums.size(); ++i) {
    std::printf(" %9s", VerdictName(static_cast<Verdict>(i)));
  }
  for (const auto& [name, row] : table_) {
    std::printf("\n%-30s", name.c_str());
    for (size_t i = 0; i < row.size(); ++i) {
      std::printf(" %9lu", row[i]);
      sums[i] += row[i];
    }
  }
  std::printf("\n%-30s", "all");
  for (const uint64_t sum : sums) std::printf(" %9lu", sum);
  std::printf("\n%lu cases\n%s", cases_, bad_.c_str());
  return cases_ > 0 && sums[static_cast<size_t>(Verdict::kSilent)] == 0 &&
         sums[static_cast<size_t>(Verdict::kCrashed)] == 0;
}

int Main(int argc, char** argv) {
  uint64_t rounds = 1;
  uint64_t seed = 1;
  bool verbose = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::string_view(argv[i]) == "--rounds") rounds = value;
    if (std::string_view(argv[i]) == "--seed") seed = value;
    if (std::string_view(argv[i]) == "--verbose") verbose = value != 0;
  }
  std::string root = access("/dev/shm", W_OK) == 0
                         ? fs::path("/dev/shm") / "crm-damage-XXXXXX"
                         : fs::temp_directory_path() / "crm-damage-XXXXXX";
  if (mkdtemp(root.data()) == nullptr) return 2;
  std::printf("seed %lu, in %s\n", seed, root.c_str());
  Matrix matrix(root, seed, verbose);
  bool passed = matrix.Prepare();
  if (passed) {
    // What is written last is where it hurts: twice as many cases of it.
    for (uint64_t round = 0; round < rounds; ++round) {
      for (const State& state : matrix.states()) matrix.Round(state);
      matrix.Round(matrix.states().back());
    }
    passed = matrix.Print();
  }
  if (passed) {
    fs::remove_all(root);
  } else {
    std::printf("FAILED; the stores are left in %s\n", root.c_str());
  }
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace crm::damage

int main(int argc, char** argv) { return crm::damage::Main(argc, argv); }
