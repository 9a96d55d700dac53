#include "storage/database.h"

#include <array>
#include <chrono>
#include <thread>

#include "storage/scratch.h"

namespace crm {
namespace {

void CheckRoundTrip(const std::shared_ptr<Disk>& disk,
                    const std::string& root) {
  const std::string path = root + "/log";
  REQUIRE_OK(disk->MakeDirectory(root));
  for (uint64_t round = 1; round <= 4; ++round) {
    const auto database = MustOpen(path, disk, TwoFamilies());
    CHECK(database->path() == path);
    CHECK(database->family_count() == 2);
    Batch batch;
    batch.Put(0, LogKey(round), "event " + std::to_string(round));
    batch.Put(1, "head", std::to_string(round));
    batch.Put(1, "old", "x");
    batch.Delete(1, "old");
    CHECK(batch.count() == 4);
    CHECK(batch.bytes() > 20);
    REQUIRE_OK(database->Write(batch, round % 2 == 0));
    for (uint64_t i = 1; i <= round; ++i) {
      CHECK(MustGet(*database, 0, LogKey(i)) == "event " + std::to_string(i));
    }
    CHECK(MustGet(*database, 1, "head") == std::to_string(round));
    CHECK(MustGet(*database, 1, "old") == "(absent)");
    CHECK(MustGet(*database, 1, LogKey(1)) == "(absent)");
    CHECK(MustScan(*database, 0).size() == round);
    CHECK(database->FileBytes() > 0);
    REQUIRE_OK(database->VerifyFiles());
  }
  const auto database = MustOpen(path, disk, TwoFamilies());
  REQUIRE_OK(database->CopyTo(root + "/copy"));
  CHECK_CODE(database->CopyTo(root + "/copy"), kAlreadyExists);
  const auto copy = MustOpen(root + "/copy", disk, TwoFamilies());
  CHECK(MustScan(*copy, 0) == MustScan(*database, 0));
  CHECK(MustScan(*copy, 1) == MustScan(*database, 1));
}

TEST_CASE("what is written is there after every open") {
  const Scratch scratch;
  CheckRoundTrip(Disk::Machine(), scratch / "store");
}

TEST_CASE("what is written in memory is there after every open") {
  CheckRoundTrip(Disk::Memory(), "/store");
}

TEST_CASE("a batch can be cleared and used again, and may be empty") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Batch batch;
  REQUIRE_OK(database->Write(batch, false));
  REQUIRE_OK(database->Write(batch, true));
  batch.Put(0, "a", "1");
  batch.Put(1, "a", "1");
  batch.Clear();
  CHECK(batch.count() == 0);
  batch.Put(1, "b", "2");
  Batch moved = std::move(batch);
  REQUIRE_OK(database->Write(moved, false));
  CHECK(MustGet(*database, 0, "a") == "(absent)");
  CHECK(MustGet(*database, 1, "a") == "(absent)");
  CHECK(MustGet(*database, 1, "b") == "2");
}

TEST_CASE("the last change of a key in a batch counts") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  for (size_t family : {size_t{0}, size_t{1}}) {
    Batch batch;
    batch.Put(family, "a", "1");
    batch.Delete(family, "a");
    batch.Put(family, "b", "1");
    batch.Put(family, "b", "2");
    batch.Delete(family, "c");
    batch.Put(family, "c", "");
    REQUIRE_OK(database->Write(batch, false));
    CHECK(MustGet(*database, family, "a") == "(absent)");
    CHECK(MustGet(*database, family, "b") == "2");
    CHECK(MustGet(*database, family, "c").empty());
  }
}

TEST_CASE("a family that is not there is a mistake") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Ingestion ingestion(*database);
  CHECK_CODE(ingestion.Put(2, "a", "1"), kInternal);
  Batch batch;
  batch.Put(2, "a", "1");
  CHECK_CODE(database->Write(batch, false), kInternal);
}

TEST_CASE("many keys at once") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Batch batch;
  for (int i = 0; i < 100; i += 2) {
    batch.Put(1, "key " + std::to_string(i), std::to_string(i));
  }
  REQUIRE_OK(database->Write(batch, false));
  const auto snapshot = database->GetSnapshot();
  batch.Clear();
  batch.Put(1, "key 3", "3");
  REQUIRE_OK(database->Write(batch, false));

  const std::array<std::string_view, 3> keys = {"key 3", "key 2", "key 2"};
  std::array<std::string, 3> values;
  std::array<bool, 3> found;
  REQUIRE_OK(database->MultiGet(1, keys, values, found));
  CHECK(found == std::array<bool, 3>{true, true, true});
  CHECK(values == std::array<std::string, 3>{"3", "2", "2"});
  REQUIRE_OK(database->MultiGet(1, keys, values, found, snapshot.get()));
  CHECK(found == std::array<bool, 3>{false, true, true});
  CHECK_CODE(database->MultiGet(1, keys, std::span(values).subspan(1), found),
             kInternal);
  REQUIRE_OK(database->MultiGet(1, {}, {}, {}));
}

TEST_CASE("scans keep to their bounds") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Batch batch;
  for (const char* key : {"a", "b", "ba", "c", "d"}) batch.Put(1, key, key);
  REQUIRE_OK(database->Write(batch, false));
  const auto keys = [&](std::string_view lower, std::string_view upper) {
    std::string backward;
    for (const auto& [key, value] : MustScan(*database, 1, lower, upper)) {
      CHECK(key == value);
      backward = key + (backward.empty() ? "" : " ") + backward;
    }
    std::string forward;
    REQUIRE_OK(database->ScanForwardUnproven(
        1, lower, upper, [&](std::string_view key, std::string_view) {
          forward += (forward.empty() ? "" : " ") + std::string(key);
          return true;
        }));
    CHECK(forward == backward);
    return forward;
  };
  CHECK(keys("", "") == "a b ba c d");
  CHECK(keys("b", "") == "b ba c d");
  CHECK(keys("", "c") == "a b ba");
  CHECK(keys("b", "c") == "b ba");
  CHECK(keys("aa", "bb") == "b ba");
  CHECK(keys("b", "b").empty());
  CHECK(keys("e", "").empty());
  CHECK(keys("", "a").empty());
  CHECK(keys("", "zz") == "a b ba c d");

  size_t seen = 0;
  REQUIRE_OK(database->ScanBackward(
      1, "", "",
      [&](std::string_view, std::string_view) { return ++seen < 2; }));
  CHECK(seen == 2);
}

TEST_CASE("a snapshot does not move") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Batch batch;
  batch.Put(1, "a", "1");
  batch.Put(1, "b", "1");
  REQUIRE_OK(database->Write(batch, false));
  const auto snapshot = database->GetSnapshot();
  batch.Clear();
  batch.Put(1, "a", "2");
  batch.Delete(1, "b");
  REQUIRE_OK(database->Write(batch, false));
  REQUIRE_OK(database->FlushMemtables());
  REQUIRE_OK(database->Compact(1));
  CHECK(MustGet(*database, 1, "a", snapshot.get()) == "1");
  CHECK(MustGet(*database, 1, "a") == "2");
  CHECK(MustScan(*database, 1, "", "", snapshot.get()) ==
        Rows{{"b", "1"}, {"a", "1"}});
  CHECK(MustScan(*database, 1) == Rows{{"a", "2"}});
}

TEST_CASE("compacting leaves nothing of what was overwritten") {
  const Scratch scratch;
  const std::string canary = "canary-7f3a19";
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Batch batch;
  batch.Put(1, "a", canary);
  REQUIRE_OK(database->Write(batch, true));
  const auto found = [&] {
    for (const auto& entry :
         std::filesystem::directory_iterator(database->path())) {
      if (ReadBytes(entry.path()).find(canary) != std::string::npos) {
        return true;
      }
    }
    return false;
  };
  CHECK(found());
  REQUIRE_OK(database->FlushMemtables());
  CHECK(found());
  batch.Clear();
  batch.Put(1, "a", "gone");
  REQUIRE_OK(database->Write(batch, true));
  REQUIRE_OK(database->FlushMemtables());
  REQUIRE_OK(database->Compact(1));
  CHECK_FALSE(found());
}

// A fourth file sets off a compaction that moves all four as they are, since
// the key of each has a number of its own. Whoever compacts meanwhile found
// nothing left to do where he began.
TEST_CASE("a row that was replaced outlived a compaction beside another one") {
  const Scratch scratch(Scratch::kFast);
  const std::string canary = "canary-5b02c4";
  for (int round = 0; round < 600; ++round) {
    const auto database =
        MustOpen(scratch / std::to_string(round), TwoFamilies());
    for (int i = 0; i < 4; ++i) {
      Batch batch;
      batch.Put(1, "a", i == 0 ? canary : "gone");
      REQUIRE_OK(database->Write(batch, false));
      REQUIRE_OK(database->FlushMemtables());
    }
    // At another moment each time.
    std::this_thread::sleep_for(std::chrono::microseconds(round * 10 % 600));
    REQUIRE_OK(database->Compact(1));
    std::string files;
    for (const auto& entry :
         std::filesystem::directory_iterator(database->path())) {
      files += ReadBytes(entry.path());
    }
    CAPTURE(round);
    CHECK(files.find(canary) == std::string::npos);
  }
}

TEST_CASE("a range between the keys of a file was compacted without end") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  Batch batch;
  batch.Put(1, "a", "1");
  batch.Put(1, "z", "1");
  REQUIRE_OK(database->Write(batch, false));
  REQUIRE_OK(database->FlushMemtables());
  REQUIRE_OK(database->Compact(1, "m", "n"));
  REQUIRE_OK(database->Compact(1, "a", "b"));
  REQUIRE_OK(database->Compact(1, "m", "n"));
  REQUIRE_OK(database->Compact(0, "m", "n"));
  CHECK(MustScan(*database, 1) == Rows{{"z", "1"}, {"a", "1"}});
}

TEST_CASE("an open can insist that there is something") {
  const Scratch scratch;
  DatabaseOptions options = TwoFamilies();
  options.must_exist = true;
  CHECK_CODE(Database::Open(scratch / "db", Disk::Machine(), options),
             kNotFound);
  CHECK_FALSE(Disk::Machine()->Exists(scratch / "db"));
  MustOpen(scratch / "db", TwoFamilies());
  CHECK_CODE(Database::Open(scratch / "db", Disk::Machine(), options), kOk);
}

TEST_CASE("one owner") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", TwoFamilies());
  CHECK_CODE(Database::Open(scratch / "db", Disk::Machine(), TwoFamilies()),
             kBusy);
}

TEST_CASE("families can be added, not forgotten") {
  const Scratch scratch;
  DatabaseOptions options = TwoFamilies();
  MustOpen(scratch / "db", options);
  options.families.push_back({"more", FamilyKind::kPacked});
  CHECK(MustOpen(scratch / "db", options)->family_count() == 3);
  CHECK_CODE(Database::Open(scratch / "db", Disk::Machine(), TwoFamilies()),
             kFormatTooNew);
  options.families[1].name = "";
  CHECK_CODE(Database::Open(scratch / "db", Disk::Machine(), options),
             kInternal);
}

TEST_CASE("what RocksDB says reaches the host") {
  const Scratch scratch;
  DatabaseOptions options = TwoFamilies();
  std::vector<std::string> messages;
  options.log = [&](LogLevel, std::string_view message) {
    messages.emplace_back(message);
  };
  const auto database = MustOpen(scratch / "db", options);
  CHECK_CODE(Database::Open(scratch / "db", Disk::Machine(), options), kBusy);
  for (const std::string& message : messages) {
    CHECK(message.starts_with("rocksdb: "));
    CHECK(message.find('\n') == std::string::npos);
  }
  CHECK(FilesLike(scratch / "db", "LOG").empty());
}

}  // namespace
}  // namespace crm
