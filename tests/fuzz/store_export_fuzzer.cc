// Fuzzes what reads an export of a store. The first byte chooses: the text as
// it is, or with the checks of its lines made right, so that more than the
// checks is looked at. Whatever comes in: no crash, and a file that is refused
// by the first pass leaves the store empty.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "crm/export.h"
#include "crm/store.h"
#include "ingest/export_lines.h"
#include "require.h"

namespace crm {
namespace {

constexpr size_t kMaxInput = 64 * 1024;

// The lines of `text` with checks that are right.
std::string WithChecks(std::string_view text) {
  ingest::CheckChain chain;
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t check = line.rfind(",\"check\":\"");
    if (check != std::string::npos) {
      line.resize(check);
    } else if (line.ends_with('}')) {
      line.pop_back();
    }
    chain.Close(&line);
    out += line;
  }
  return out;
}

class Target {
 public:
  Store& store() {
    if (store_ == nullptr) {
      Result<Store> made = Store::OpenInMemory({.background_threads = 0});
      Require(made.ok());
      store_ = std::make_unique<Store>(*std::move(made));
    }
    return *store_;
  }
  void Drop() { store_.reset(); }

 private:
  std::unique_ptr<Store> store_;
};

void ImportText(const std::string& text) {
  // Never destroyed: at exit what a store needs may be gone before it.
  static Target& target = *new Target();
  const int fd = memfd_create("export", 0);
  Require(fd >= 0);
  Require(write(fd, text.data(), text.size()) ==
          static_cast<ssize_t>(text.size()));
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  Result<StoreImportReport> report = ImportStore(target.store(), path);
  close(fd);
  Result<StoreStats> stats = target.store().GetStats();
  Require(stats.ok());
  if (!report.ok() &&
      report.status().message().ends_with("; nothing was appended")) {
    Require(stats->events == 0);
  }
  if (report.ok()) Require(stats->events == report->events);
  // A new one also when there are more and more names.
  if (stats->head > 0) target.Drop();
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > crm::kMaxInput) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  crm::ImportText(data[0] % 2 == 0 ? std::string(text) : crm::WithChecks(text));
  return 0;
}
