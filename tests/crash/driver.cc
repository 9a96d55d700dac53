#include "crash/driver.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

namespace crm::crash {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::microseconds;

// A worker that does nothing for so long hangs.
constexpr std::chrono::seconds kPatience(120);

uint64_t MicrosecondsSince(SteadyClock::time_point begin) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<microseconds>(SteadyClock::now() - begin)
          .count());
}

}  // namespace

// One worker under way.
struct Driver::Watch {
  int pipe = -1;
  Phase target = Phase::kAny;
  bool to_be_killed = false;
  // The kill comes `delay` after the target's `skip`-th next begin.
  uint64_t skip = 0;
  microseconds delay{0};
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
  Phase inside = Phase::kAny;
  SteadyClock::time_point entered;
  std::string partial;  // Bytes of a message that is not whole yet.
  std::string error;
  bool ended = false;
};

void Driver::Heard(const Message& message, Watch& watch) {
  if (!oracle_.Take(message, &watch.error)) return;
  if (message.kind == Message::Kind::kBegin) {
    watch.inside = message.phase;
    watch.entered = SteadyClock::now();
    if (message.phase == watch.target && watch.skip-- == 0) {
      watch.deadline = watch.entered + watch.delay;
    }
  } else if (message.kind == Message::Kind::kEnd) {
    uint64_t& usual = usual_us_[static_cast<size_t>(message.phase)];
    usual = (3 * usual + MicrosecondsSince(watch.entered)) / 4;
    watch.inside = Phase::kAny;
  }
}

// Takes what is in the pipe. False at its end.
bool Driver::Read(Watch& watch) {
  char buffer[1 << 16];
  const ssize_t bytes = read(watch.pipe, buffer, sizeof(buffer));
  if (bytes < 0 && errno == EINTR) return true;
  if (bytes <= 0) return false;
  watch.partial.append(buffer, static_cast<size_t>(bytes));
  size_t used = 0;
  Message message;
  for (; watch.partial.size() - used >= sizeof(message);
       used += sizeof(message)) {
    std::memcpy(&message, watch.partial.data() + used, sizeof(message));
    Heard(message, watch);
  }
  watch.partial.erase(0, used);
  return true;
}

bool Driver::Cycle(const Plan& plan) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  Watch watch;
  watch.pipe = ends[0];
  watch.target = plan.phase;
  watch.to_be_killed = plan.work == Plan::Work::kUntilKilled;
  const size_t phase = static_cast<size_t>(plan.phase);
  watch.delay = microseconds(Random() % (usual_us_[phase] * 9 / 8 + 1));
  if (plan.phase == Phase::kCheckpoint) watch.skip = Random() % 3;
  if (watch.to_be_killed && plan.phase == Phase::kAny) {
    watch.deadline = SteadyClock::now() + watch.delay;
  }
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    close(ends[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Plan own = plan;
    own.pipe = ends[1];
    RunWorker(own, oracle_);
  }
  close(ends[1]);
  auto patience = SteadyClock::now() + kPatience;
  bool killed = false;
  while (true) {
    const auto now = SteadyClock::now();
    if (!killed &&
        (now >= patience || (watch.to_be_killed && now >= watch.deadline))) {
      if (now >= patience) watch.error = "the worker hangs";
      kill(child, SIGKILL);
      killed = true;
    }
    const auto until = std::min(patience, watch.deadline) - now;
    const auto wait_us = std::clamp<int64_t>(
        std::chrono::duration_cast<microseconds>(until).count(), 0, 1'000'000);
    pollfd ready{watch.pipe, POLLIN, 0};
    const timespec wait{wait_us / 1'000'000, wait_us % 1'000'000 * 1000};
    if (!killed && ppoll(&ready, 1, &wait, nullptr) == 0) continue;
    if (!Read(watch)) break;
    if (!killed) patience = SteadyClock::now() + kPatience;
  }
  close(watch.pipe);
  int status = 0;
  waitpid(child, &status, 0);
  if (!watch.error.empty()) {
    std::fprintf(stderr, "driver: %s\n", watch.error.c_str());
    return false;
  }
  if (!watch.to_be_killed) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    std::fprintf(stderr, "driver: the worker ended by itself: %d\n", status);
    return false;
  }
  // An append is under way when it was not acknowledged.
  if (watch.inside == Phase::kAppend && !oracle_.InFlight()) {
    watch.inside = Phase::kAny;
  }
  ++kills_[static_cast<size_t>(watch.inside)];
  ++planned_[phase];
  ++cycles_;
  return true;
}

bool Driver::RunToEnd(Plan::Work work) {
  Plan plan;
  plan.work = work;
  plan.seed = Random();
  plan.base_events = goals_.base_events;
  plan.directory = goals_.directory;
  return Cycle(plan);
}

// Mostly appends, with what costs more spread evenly between them.
Phase Driver::NextPhase() {
  // Rebuilds come in rows: after the last of a row one is made to its end,
  // which takes as long as all other work of many cycles.
  if (rebuilds_left_ > 0) {
    --rebuilds_left_;
    return Phase::kRebuild;
  }
  const uint64_t left =
      std::max<uint64_t>(goals_.cycles - std::min(goals_.cycles, cycles_), 1);
  for (const Phase phase :
       {Phase::kRebuild, Phase::kPool, Phase::kImport, Phase::kCheckpoint}) {
    const uint64_t done = kills_[static_cast<size_t>(phase)];
    // A few more than asked for.
    const uint64_t wanted = goals_.kills + goals_.kills / 8 + 2;
    const uint64_t missing = wanted - std::min(wanted, done);
    if (Random() % left >= missing) continue;
    if (phase == Phase::kRebuild) {
      rebuilds_left_ = std::min(missing, goals_.kills / 4);
    }
    return phase;
  }
  return Random() % 4 == 0 ? Phase::kAny : Phase::kAppend;
}

void Driver::Print() const {
  std::printf("%lu cycles, %zu events known, log at %lu; kills:", cycles_,
              oracle_.known().size(), oracle_.checked_head());
  for (size_t phase = 0; phase < kPhases; ++phase) {
    std::printf(" %s %lu%s", PhaseName(static_cast<Phase>(phase)),
                kills_[phase], phase + 1 < kPhases ? "," : "\n");
  }
  std::fflush(stdout);
}

bool Driver::Run() {
  const auto begin = SteadyClock::now();
  if (!RunToEnd(Plan::Work::kBuild) || !RunToEnd(Plan::Work::kVerify)) {
    return false;
  }
  std::printf("base store of %zu events after %.1f s\n", oracle_.known().size(),
              static_cast<double>(MicrosecondsSince(begin)) / 1e6);
  std::fflush(stdout);
  uint64_t verified = 1;
  while (cycles_ < goals_.cycles ||
         *std::min_element(kills_.begin() + 1, kills_.end()) < goals_.kills) {
    Plan plan;
    plan.phase = NextPhase();
    plan.seed = Random();
    plan.directory = goals_.directory;
    if (plan.phase == Phase::kRebuild) {
      std::filesystem::remove_all(goals_.directory + "/store/views");
    }
    if (!Cycle(plan)) {
      std::fprintf(stderr, "driver: cycle %lu, meant for %s\n", cycles_,
                   PhaseName(plan.phase));
      return false;
    }
    // Twice as many cycles are enough for anybody's bad luck.
    if (cycles_ > 2 * goals_.cycles + 1000) return false;
    if (cycles_ % goals_.verify_every != 0) continue;
    if (!RunToEnd(Plan::Work::kVerify)) return false;
    ++verified;
    if (verified % 8 == 0) Print();
  }
  if (!RunToEnd(Plan::Work::kVerify)) return false;
  Print();
  std::printf("verified %lu times; %.1f s; nothing was lost\n", verified + 1,
              static_cast<double>(MicrosecondsSince(begin)) / 1e6);
  return true;
}

}  // namespace crm::crash
