#include "storage/database.h"
#include "storage/scratch.h"

namespace crm {
namespace {

void Fill(Database& database, uint64_t first, uint64_t last) {
  Batch batch;
  for (uint64_t position = first; position <= last; ++position) {
    batch.Put(0, LogKey(position), "event " + std::to_string(position));
  }
  REQUIRE_OK(database.Write(batch, false));
}

// Walks to the end or the first failure and checks each row on the way.
// `*rows` counts them.
Status Walk(const Database& database, uint64_t first, uint64_t last,
            bool backward, uint64_t* rows) {
  LogCursor cursor(database, 0, first, last, backward);
  for (*rows = 0;; ++*rows) {
    uint64_t position = 0;
    std::string_view value;
    const Result<bool> more = cursor.Next(&position, &value);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    REQUIRE(position == (backward ? last - *rows : first + *rows));
    REQUIRE(value == "event " + std::to_string(position));
  }
}

TEST_CASE("a cursor gives every record once, either way") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Fill(*database, 1, 40'000);
  REQUIRE_OK(database->FlushMemtables());
  Fill(*database, 40'001, 70'000);  // More than one RocksDB iterator's rows.
  for (const bool backward : {false, true}) {
    uint64_t rows = 0;
    REQUIRE_OK(Walk(*database, 1, 70'000, backward, &rows));
    CHECK(rows == 70'000);
    REQUIRE_OK(Walk(*database, 39'990, 40'010, backward, &rows));
    CHECK(rows == 21);
    REQUIRE_OK(Walk(*database, 70'000, 70'000, backward, &rows));
    CHECK(rows == 1);
    REQUIRE_OK(Walk(*database, 1, 0, backward, &rows));
    CHECK(rows == 0);
  }
}

TEST_CASE("a cursor stays at its end and can be moved") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Fill(*database, 1, 2);
  LogCursor first(*database, 0, 1, 2, false);
  uint64_t position = 0;
  std::string_view value;
  REQUIRE(*first.Next(&position, &value));
  LogCursor second = std::move(first);
  REQUIRE(*second.Next(&position, &value));
  CHECK(position == 2);
  CHECK_FALSE(*second.Next(&position, &value));
  CHECK_FALSE(*second.Next(&position, &value));
}

TEST_CASE("a hole is damage and has a name") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Fill(*database, 1, 10);
  Batch batch;
  batch.Delete(0, LogKey(5));
  REQUIRE_OK(database->Write(batch, false));
  uint64_t rows = 0;
  for (const bool backward : {false, true}) {
    const Status status = Walk(*database, 1, 10, backward, &rows);
    CHECK_CODE(status, kCorruption);
    CHECK(status.message().starts_with("log record 5 is missing"));
    CHECK(rows == (backward ? 5 : 4));
    CHECK_CODE(Walk(*database, 5, 5, backward, &rows), kCorruption);
    CHECK_CODE(Walk(*database, 6, 10, backward, &rows), kOk);
    CHECK_CODE(Walk(*database, 6, 11, backward, &rows), kCorruption);
  }
}

TEST_CASE("a key that is no position is damage") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Fill(*database, 1, 3);
  Batch batch;
  batch.Put(0, LogKey(2) + "x", "?");
  REQUIRE_OK(database->Write(batch, false));
  uint64_t rows = 0;
  CHECK_CODE(Walk(*database, 1, 3, false, &rows), kCorruption);
  CHECK(rows == 2);
  CHECK_CODE(Walk(*database, 1, 3, true, &rows), kCorruption);
  CHECK(rows == 1);
}

}  // namespace
}  // namespace crm
