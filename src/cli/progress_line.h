// One line on standard error that says how far a long command is. Silent
// unless standard error is a terminal.

#ifndef CRM_CLI_PROGRESS_LINE_H_
#define CRM_CLI_PROGRESS_LINE_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "crm/match.h"
#include "crm/types.h"

namespace crm::cli {

class ProgressLine final {
 public:
  ProgressLine();
  // Wipes the line.
  ~ProgressLine();

  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `count` things of the kind `noun` so far; `done` of `total` (zero:
  // unknown) of the work. Prints at most ten times a second.
  void Show(uint64_t count, std::string_view noun, uint64_t done,
            uint64_t total);

  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  const bool terminal_;
  const Clock::time_point start_;
  Clock::time_point shown_;
  bool dirty_ = false;
};

// While one lives, an interrupt (Ctrl-C) is noted instead of ending the
// program at once; a second one ends it.
class InterruptGuard final {
 public:
  InterruptGuard();
  ~InterruptGuard();

  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool interrupted();
};

// What a long call is given: it shows on the line how many things of the kind
// `noun`, or which step, is done; an interrupt cancels the call.
Progress ShowOn(ProgressLine* line, std::string_view noun);
MatchProgressCallback ShowSteps(ProgressLine* line);
// Does such a call with these options, and shows its steps meanwhile.
template <typename Options, typename Call>
auto WithSteps(Options options, Call call) {
  ProgressLine line;
  const InterruptGuard guard;
  options.progress = ShowSteps(&line);
  return call(options);
}

}  // namespace crm::cli

#endif  // CRM_CLI_PROGRESS_LINE_H_
