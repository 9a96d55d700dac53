// The memory of an import does not grow with what is imported: a stream goes
// through a pipe, and the process must stay within a bound. All its rows are
// one event, so that the store does not grow either.

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>

#include "fixture.h"

namespace crm::ingest {
namespace {

// Bytes that this process has in memory now.
uint64_t Resident() {
  FILE* const file = std::fopen("/proc/self/statm", "r");
  REQUIRE(file != nullptr);
  unsigned long size = 0;
  unsigned long resident = 0;
  REQUIRE(std::fscanf(file, "%lu %lu", &size, &resident) == 2);
  std::fclose(file);
  return uint64_t{resident} * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Imports `bytes` of CSV in UTF-16 through a pipe, and returns by how much the
// process grew meanwhile at most.
uint64_t Growth(uint64_t bytes, uint64_t* rows) {
  const Folder folder;
  const std::string pipe = folder.Path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto utf16 = [](const std::string& text) {
    std::string out;
    for (const char c : text) out += {c, '\0'};
    return out;
  };
  std::thread writer([&] {
    FILE* const file = std::fopen(pipe.c_str(), "w");
    if (file == nullptr) return;
    std::string piece = "\xff\xfe" + utf16("id,mail,name\r\n");
    const std::string row =
        utf16("1,ada@example.com,\"" + std::string(200, 'n') + "\"\r\n");
    uint64_t written = 0;
    while (written < bytes) {
      while (piece.size() < 1 << 20) piece += row;
      if (std::fwrite(piece.data(), 1, piece.size(), file) != piece.size()) {
        break;
      }
      written += piece.size();
      piece.clear();
    }
    std::fclose(file);
  });
  ImportOptions options = OptionsOf(R"({
    "kind": "contacts", "format": "csv", "encoding": "utf-16",
    "contact": {"source": "s", "id": {"column": "id"},
                "identity": {"email": {"column": "mail"}}}})");
  options.batch = "one";
  uint64_t base = 0;
  uint64_t most = 0;
  options.progress = [&](const ImportProgress& progress) {
    // What every import takes is there after some batches.
    if (progress.read < 50'000) base = Resident();
    most = std::max(most, Resident());
    return true;
  };
  Shop shop;
  const Result<ImportReport> report = shop.Import(pipe, options);
  writer.join();
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CHECK(report->appended == 1);
  CHECK(report->rejected == 0);
  *rows = report->read;
  return most > base ? most - base : 0;
}

constexpr uint64_t kMegabyte = 1 << 20;

TEST_CASE("the memory of an import stays where it is") {
  uint64_t rows = 0;
  CHECK(Growth(48 * kMegabyte, &rows) < 24 * kMegabyte);
  CHECK(rows > 100'000);
}

TEST_CASE("the memory of an import of some hundred megabytes stays as well") {
  uint64_t rows = 0;
  CHECK(Growth(800 * kMegabyte, &rows) < 24 * kMegabyte);
  CHECK(rows > 1'500'000);
}

}  // namespace
}  // namespace crm::ingest
