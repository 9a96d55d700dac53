// One wrong bit in a stored file must never read as "not there".

#include <array>

#include "storage/database.h"
#include "storage/scratch.h"

namespace crm {
namespace {

constexpr uint64_t kFiles = 6;
constexpr uint64_t kRowsPerFile = 2000;
constexpr uint64_t kRows = kFiles * kRowsPerFile;

// Files of neighbouring ranges, all in the last level: the layout in which
// 7.8.3 may skip one.
void MakeFiles(const std::string& path) {
  const auto database = MustOpen(path, TwoFamilies());
  for (uint64_t file = 0; file < kFiles; ++file) {
    Ingestion ingestion(*database);
    for (uint64_t i = 1; i <= kRowsPerFile; ++i) {
      const uint64_t position = file * kRowsPerFile + i;
      REQUIRE_OK(ingestion.Put(0, LogKey(position),
                               std::string(100, 'a' + position % 26)));
    }
    REQUIRE_OK(ingestion.Commit());
  }
}

uint64_t CountForward(const Database& database, Status* status) {
  uint64_t rows = 0;
  *status = database.ScanForwardUnproven(
      0, "", "", [&](std::string_view, std::string_view) {
        ++rows;
        return true;
      });
  return rows;
}

Status WalkLog(const Database& database, bool backward) {
  LogCursor cursor(database, 0, 1, kRows, backward);
  for (;;) {
    uint64_t position = 0;
    std::string_view value;
    const Result<bool> more = cursor.Next(&position, &value);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
  }
}

// Every proved way to read must say kCorruption. True when a plain forward
// scan said nothing.
bool CheckDamageIsSeen(const std::string& path) {
  const auto database = MustOpen(path, TwoFamilies());
  uint64_t rows = 0;
  CHECK_CODE(database->ScanBackward(0, "", "",
                                    [&](std::string_view, std::string_view) {
                                      ++rows;
                                      return true;
                                    }),
             kCorruption);
  CHECK(rows < kRows);
  CHECK_CODE(WalkLog(*database, false), kCorruption);
  CHECK_CODE(WalkLog(*database, true), kCorruption);
  CHECK_CODE(database->VerifyFiles(), kCorruption);
  Status forward;
  const uint64_t seen = CountForward(*database, &forward);
  CHECK(seen < kRows);
  return forward.ok();
}

TEST_CASE("sound files read well") {
  const Scratch scratch;
  MakeFiles(scratch / "db");
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  CHECK(MustScan(*database, 0).size() == kRows);
  REQUIRE_OK(WalkLog(*database, false));
  REQUIRE_OK(WalkLog(*database, true));
  REQUIRE_OK(database->VerifyFiles());
}

TEST_CASE("a wrong bit in a data block is reported") {
  const Scratch scratch;
  MakeFiles(scratch / "db");
  const std::vector<std::string> files = FilesLike(scratch / "db", ".sst");
  REQUIRE(files.size() == kFiles);
  size_t silent = 0;
  for (size_t file = 0; file < files.size(); ++file) {
    const std::string sound = ReadBytes(files[file]);
    // In the first block, some middle one, and near the end of the data.
    for (const size_t offset :
         {size_t{100}, sound.size() / 2, sound.size() * 3 / 4}) {
      INFO("file " << file << " offset " << offset);
      FlipBit(files[file], offset);
      silent += CheckDamageIsSeen(scratch / "db") ? 1 : 0;
      WriteBytes(files[file], sound);
    }
  }
  // Should this ever be zero, RocksDB has been repaired and forward scans can
  // be believed.
  CHECK(silent > 0);
}

TEST_CASE("a damaged block fails the look-up of its rows") {
  const Scratch scratch;
  MakeFiles(scratch / "db");
  FlipBit(FilesLike(scratch / "db", ".sst")[2], 100);
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  const std::string key = LogKey(2 * kRowsPerFile + 1);
  std::string value;
  CHECK_CODE(database->Get(0, key, &value), kCorruption);
  const std::array<std::string_view, 1> keys = {key};
  std::array<bool, 1> found;
  CHECK_CODE(database->MultiGet(0, keys, std::span(&value, 1), found),
             kCorruption);
  CHECK(MustGet(*database, 0, LogKey(1)).size() == 100);
}

// It said "an earlier write failed", and that opening anew would help.
TEST_CASE("damage that background work finds is not told as a failed write") {
  const Scratch scratch;
  MakeFiles(scratch / "db");
  FlipBit(FilesLike(scratch / "db", ".sst")[2], 100);
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  CHECK_CODE(database->Compact(0), kCorruption);
  REQUIRE(database->failed());
  Batch batch;
  batch.Put(1, "key", "value");
  CHECK_CODE(database->Write(batch, false), kCorruption);
}

TEST_CASE("a sound file in the wrong place is found") {
  const Scratch scratch;
  MakeFiles(scratch / "db");
  const std::vector<std::string> files = FilesLike(scratch / "db", ".sst");
  WriteBytes(files[3], ReadBytes(files[2]));
  const auto opened =
      Database::Open(scratch / "db", Disk::Machine(), TwoFamilies());
  if (opened.ok()) {
    CHECK_CODE((*opened)->VerifyFiles(), kCorruption);
  } else {
    CHECK_CODE(opened, kCorruption);
  }
}

// An open of `path` must fail with kCorruption and name it.
void CheckRefused(const std::string& path) {
  const auto opened = Database::Open(path, Disk::Machine(), TwoFamilies());
  CHECK_CODE(opened, kCorruption);
  CHECK(opened.status().message().find(path) != std::string_view::npos);
}

TEST_CASE("a damaged directory is refused") {
  const Scratch scratch;
  const std::string path = scratch / "db";
  MakeFiles(path);
  MustOpen(path, TwoFamilies());  // The manifest then names all families.
  const std::string current = path + "/CURRENT";
  const std::string manifest = FilesLike(path, "MANIFEST-")[0];
  const std::string table = FilesLike(path, ".sst")[1];

  SUBCASE("no CURRENT") {
    std::filesystem::remove(current);
    CheckRefused(path);
  }
  SUBCASE("nonsense in CURRENT") {
    WriteBytes(current, "nonsense");
    CheckRefused(path);
  }
  SUBCASE("CURRENT names nothing") {
    WriteBytes(current, "MANIFEST-999999\n");
    CheckRefused(path);
  }
  SUBCASE("empty CURRENT") {
    WriteBytes(current, "");
    CheckRefused(path);
  }
  SUBCASE("a wrong bit in the manifest") {
    FlipBit(manifest, ReadBytes(manifest).size() / 2);
    CheckRefused(path);
  }
  SUBCASE("no manifest") {
    std::filesystem::remove(manifest);
    CheckRefused(path);
  }
  SUBCASE("a table is missing") {
    std::filesystem::remove(table);
    CheckRefused(path);
  }
  SUBCASE("a table is short") {
    std::filesystem::resize_file(table, 1000);
    CheckRefused(path);
  }
  SUBCASE("a foreign file") {
    WriteBytes(path + "/notes.txt", "mine");
    CheckRefused(path);
    CHECK(ReadBytes(path + "/notes.txt") == "mine");
  }
}

TEST_CASE("a first open that was cut short can be repeated") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "db");
  WriteBytes(scratch / "db/LOCK", "");
  WriteBytes(scratch / "db/IDENTITY", "x");
  WriteBytes(scratch / "db/MANIFEST-000001", "half");
  WriteBytes(scratch / "db/000001.dbtmp", "MANI");
  DatabaseOptions options = TwoFamilies();
  options.must_exist = true;
  CHECK_CODE(Database::Open(scratch / "db", Disk::Machine(), options),
             kNotFound);
  CHECK(MustScan(*MustOpen(scratch / "db", TwoFamilies()), 0).empty());
}

}  // namespace
}  // namespace crm
