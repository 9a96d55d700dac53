// A store that is opened for a few records at a time.

#include "storage/database.h"
#include "storage/scratch.h"

namespace crm {
namespace {

constexpr uint64_t kRowsPerSession = 3;

void Sessions(const std::string& path, uint64_t first, uint64_t last) {
  for (uint64_t session = first; session <= last; ++session) {
    const auto database = MustOpen(path, TwoFamilies());
    Batch batch;
    for (uint64_t i = 1; i <= kRowsPerSession; ++i) {
      const uint64_t position = (session - 1) * kRowsPerSession + i;
      batch.Put(0, LogKey(position), "event " + std::to_string(position));
    }
    REQUIRE_OK(database->Write(batch, false));
  }
}

Status Walk(const Database& database, uint64_t last) {
  LogCursor cursor(database, 0, 1, last, false);
  for (;;) {
    uint64_t position = 0;
    std::string_view value;
    const Result<bool> more = cursor.Next(&position, &value);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    REQUIRE(value == "event " + std::to_string(position));
  }
}

TEST_CASE("many short sessions leave few files") {
  const Scratch scratch(Scratch::kFast);
  Sessions(scratch / "db", 1, 200);
  CHECK(FilesLike(scratch / "db", ".sst").size() < 60);
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  REQUIRE_OK(Walk(*database, 200 * kRowsPerSession));
  REQUIRE_OK(database->VerifyFiles());
}

TEST_CASE("damaged files are not merged, and stay damaged") {
  const Scratch scratch(Scratch::kFast);
  Sessions(scratch / "db", 1, 20);
  const std::string damaged = FilesLike(scratch / "db", ".sst")[7];
  FlipBit(damaged, 20);
  Sessions(scratch / "db", 21, 80);
  CHECK(FilesLike(scratch / "db", ".sst").size() > 60);
  CHECK(std::filesystem::exists(damaged));
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  CHECK_CODE(Walk(*database, 80 * kRowsPerSession), kCorruption);
  CHECK_CODE(database->VerifyFiles(), kCorruption);
}

}  // namespace
}  // namespace crm
