#include "benchmarks/files.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <system_error>

#include "benchmarks/child.h"
#include "examples/event_generator.h"

namespace crm::bench {
namespace {

namespace fs = std::filesystem;

Status WriteInput(const std::string& path, uint64_t events,
                  uint64_t customers) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return Status(StatusCode::kIoError, "cannot write " + path);
  }
  examples::EventGenerator generator({.events = events,
                                      .customers = customers,
                                      .shape = examples::StreamShape::kBench});
  std::string json;
  while (generator.Next(&json)) {
    json.push_back('\n');
    std::fwrite(json.data(), 1, json.size(), file);
  }
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) == 0 && !failed) return Status::Ok();
  return Status(StatusCode::kIoError, "cannot write " + path);
}

}  // namespace

Size Of1M100k() { return {"1M_100k", kMillion, 100'000}; }
Size Of1M1M() { return {"1M_1M", kMillion, kMillion}; }
Size Of10M1M() { return {"10M_1M", 10 * kMillion, kMillion}; }

std::string ScratchPath(const Flags& flags, const std::string& name) {
  std::error_code error;
  fs::create_directories(flags.scratch, error);
  return flags.scratch + "/" + name;
}

Result<std::string> MakeInput(const Flags& flags, const Size& size) {
  // The numbers are in the name: a file that was kept from a run of another
  // scale is another file.
  const uint64_t events = Scaled(flags, size.events);
  const uint64_t customers = Scaled(flags, size.customers);
  const std::string path =
      ScratchPath(flags, "input_" + std::to_string(events) + "_" +
                             std::to_string(customers) + ".ndjson");
  if (fs::exists(path)) return path;
  const std::string part = path + ".part";
  Result<Figures> made =
      RunInChild([&](Figures*) { return WriteInput(part, events, customers); });
  if (!made.ok()) return made.status();
  std::error_code error;
  fs::rename(part, path, error);
  if (error) return Status(StatusCode::kIoError, "cannot rename " + part);
  return path;
}

void RemovePath(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  fs::remove(path + ".key", error);
}

double TreeBytes(const std::string& directory) {
  double bytes = 0;
  std::error_code error;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(directory, error)) {
    if (entry.is_regular_file(error)) {
      bytes += static_cast<double>(entry.file_size(error));
    }
  }
  return bytes;
}

void SettleDisk() { sync(); }

}  // namespace crm::bench
