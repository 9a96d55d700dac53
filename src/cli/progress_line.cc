#include "cli/progress_line.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

#include "cli/table.h"

namespace crm::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void NoteInterrupt(int) {
  g_interrupted = 1;
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace

ProgressLine::ProgressLine()
    : terminal_(::isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      shown_(start_) {}

ProgressLine::~ProgressLine() {
  if (dirty_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::Show(uint64_t count, std::string_view noun, uint64_t done,
                        uint64_t total) {
  if (!terminal_) return;
  const Clock::time_point now = Clock::now();
  if (now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  dirty_ = true;
  std::string line = ShowCount(count) + " " + std::string(noun);
  if (total > 0) {
    line += ", " + std::to_string(std::min(done, total) * 100 / total) + " %";
  }
  const double rate = static_cast<double>(count) / std::max(seconds(), 0.001);
  line += ", " + ShowCount(static_cast<uint64_t>(rate)) + "/s";
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
}

double ProgressLine::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

InterruptGuard::InterruptGuard() {
  g_interrupted = 0;
  std::signal(SIGINT, &NoteInterrupt);
}

InterruptGuard::~InterruptGuard() { std::signal(SIGINT, SIG_DFL); }

bool InterruptGuard::interrupted() { return g_interrupted != 0; }

Progress ShowOn(ProgressLine* line, std::string_view noun) {
  return [line, noun](uint64_t done, uint64_t total) {
    line->Show(done, noun, done, total);
    return !InterruptGuard::interrupted();
  };
}

MatchProgressCallback ShowSteps(ProgressLine* line) {
  return [line](const MatchProgress& at) {
    line->Show(at.done, at.step, at.done, at.total);
    return !InterruptGuard::interrupted();
  };
}

}  // namespace crm::cli
