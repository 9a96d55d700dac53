#include "benchmarks/child.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace crm::bench {
namespace {

// The most memory this process ever had. A forked child begins with what its
// parent has, which is little here.
double PeakBytes() {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("VmHWM:")) continue;
    return std::strtod(line.c_str() + 6, nullptr) * 1024;
  }
  return 0;
}

// One line a figure, "name value"; an error is a line "! code message".
std::string ToText(const Status& status, const Figures& figures) {
  std::string text;
  for (const auto& [name, value] : figures) {
    char number[48];
    std::snprintf(number, sizeof(number), " %.17g\n", value);
    text += name;
    text += number;
  }
  if (status.ok()) return text + ".\n";
  return "! " + std::to_string(static_cast<int>(status.code())) + " " +
         std::string(status.message()) + "\n";
}

Result<Figures> FromText(const std::string& text) {
  Figures figures;
  std::istringstream stream(text);
  std::string line;
  while (std::getline(stream, line)) {
    if (line == ".") return figures;
    const size_t gap = line.find(' ');
    if (gap == std::string::npos) break;
    if (line.starts_with("! ")) {
      const size_t next = line.find(' ', 2);
      const int code = std::atoi(line.c_str() + 2);
      return Status(static_cast<StatusCode>(code), line.substr(next + 1));
    }
    figures[line.substr(0, gap)] = std::strtod(line.c_str() + gap, nullptr);
  }
  return Status(StatusCode::kInternal, "the child died");
}

[[noreturn]] void ChildMain(int out, ChildEnd end,
                            const std::function<Status(Figures*)>& body) {
  Figures figures;
  const Status status = body(&figures);
  figures["peak_bytes"] = PeakBytes();
  const std::string text = ToText(status, figures);
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t more =
        write(out, text.data() + written, text.size() - written);
    if (more <= 0) _exit(1);
    written += static_cast<size_t>(more);
  }
  if (end == ChildEnd::kKill) kill(getpid(), SIGKILL);
  _exit(0);
}

}  // namespace

Result<Figures> RunInChild(const std::function<Status(Figures*)>& body,
                           ChildEnd end) {
  int ends[2];
  if (pipe(ends) != 0) return Status(StatusCode::kIoError, "no pipe");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return Status(StatusCode::kIoError, "cannot fork");
  if (child == 0) {
    close(ends[0]);
    ChildMain(ends[1], end, body);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(ends[0], buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  close(ends[0]);
  int wait_status = 0;
  while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return FromText(text);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace crm::bench
