#include "benchmarks/machine.h"

#include <rocksdb/version.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace crm::bench {
namespace {

// What stands behind the colon in the first line that begins with `name`.
std::string FieldOf(const char* path, const std::string& name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(name)) continue;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "unknown";
}

std::string Output(const char* command) {
  std::string text;
  std::FILE* const pipe = popen(command, "r");
  if (pipe == nullptr) return text;
  char buffer[256];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) text += buffer;
  pclose(pipe);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

std::string MachineLine() {
  const double memory =
      std::strtod(FieldOf("/proc/meminfo", "MemTotal").c_str(), nullptr) /
      (1024 * 1024);
  double load[3] = {0, 0, 0};
  if (getloadavg(load, 3) < 1) load[0] = 0;
  std::string commit = Output("git -C '" CRM_BENCH_SOURCE
                              "' describe --always --dirty 2> /dev/null");
  if (commit.empty()) commit = "unknown";
  char text[512];
  std::snprintf(text, sizeof(text),
                "%s, %ld cores, %.0f GB; %s %s, %s; RocksDB %d.%d.%d, "
                "SQLite %s; commit %s; load before: %.1f",
                FieldOf("/proc/cpuinfo", "model name").c_str(),
                sysconf(_SC_NPROCESSORS_ONLN), memory,
#ifdef __clang__
                "clang",
#else
                "g++",
#endif
                __VERSION__, CRM_BENCH_BUILD_TYPE, ROCKSDB_MAJOR, ROCKSDB_MINOR,
                ROCKSDB_PATCH, sqlite3_libversion(), commit.c_str(), load[0]);
  return text;
}

}  // namespace crm::bench
