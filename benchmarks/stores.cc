#include "benchmarks/stores.h"

#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace crm::bench {
namespace {

// Paths that were written to the end in this run.
std::set<std::string>& Written() {
  static std::set<std::string>* const written = new std::set<std::string>();
  return *written;
}

std::string StorePath(const Flags& flags, const Size& size) {
  return ScratchPath(flags, "store_" + size.name);
}

}  // namespace

Result<Figures> WriteSharedStore(const Flags& flags, const Size& size) {
  const Result<std::string> input = MakeInput(flags, size);
  if (!input.ok()) return input.status();
  const std::string path = StorePath(flags, size);
  Written().erase(path);
  const AppendPlan plan = {
      .input = *input, .store = path, .options = MakeOptions()};
  Result<Figures> figures =
      RunInChild([&](Figures* child) { return WriteStore(plan, child); });
  if (figures.ok()) Written().insert(path);
  return figures;
}

Result<std::string> SharedStore(const Flags& flags, const Size& size) {
  const std::string path = StorePath(flags, size);
  if (Written().count(path) == 0) {
    const Result<Figures> figures = WriteSharedStore(flags, size);
    if (!figures.ok()) return figures.status();
  }
  return path;
}

void RemoveScratch(const Flags& flags) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(flags.scratch, error)) {
    const std::string name = entry.path().filename();
    for (const char* own : {"input_", "store_", "raw_"}) {
      if (name.starts_with(own)) paths.push_back(entry.path());
    }
  }
  for (const std::string& path : paths) RemovePath(path);
  std::filesystem::remove(flags.scratch, error);  // When nothing else is there.
}

}  // namespace crm::bench
