#include "storage/database.h"
#include "storage/scratch.h"

namespace crm {
namespace {

void AddRound(Ingestion& ingestion, int round) {
  for (int i = 0; i < 50; ++i) {
    const std::string key = "key " + std::to_string(1000 + i);
    for (size_t family = 0; family < 3; ++family) {
      REQUIRE_OK(ingestion.Put(family, key, std::to_string(round)));
    }
  }
}

void CheckRound(const Database& database, int round,
                const DatabaseSnapshot* snapshot = nullptr) {
  for (size_t family = 0; family < 3; ++family) {
    const Rows rows = MustScan(database, family, "", "", snapshot);
    CHECK(rows.size() == 50);
    for (const auto& [key, value] : rows) {
      CHECK(value == std::to_string(round));
    }
  }
}

void CheckRounds(const std::shared_ptr<Disk>& disk, const std::string& root) {
  const std::string path = root + "/views";
  REQUIRE_OK(disk->MakeDirectory(root));
  for (int round = 1; round <= 12; ++round) {
    const auto database = MustOpen(path, disk, ThreeViews());
    if (round > 1) CheckRound(*database, round - 1);
    const auto snapshot = database->GetSnapshot();
    Ingestion ingestion(*database);
    AddRound(ingestion, round);
    CHECK(ingestion.bytes() > 1000);
    if (round > 1) CheckRound(*database, round - 1);
    REQUIRE_OK(ingestion.Commit());
    CheckRound(*database, round);
    if (round > 1) CheckRound(*database, round - 1, snapshot.get());
    REQUIRE_OK(database->VerifyFiles());
    const auto names = disk->List(path);
    REQUIRE_OK(names);
    for (const std::string& name : *names) CHECK(!name.ends_with(".ingest"));
  }
}

TEST_CASE("an ingestion is seen by all families at once, by snapshots never") {
  const Scratch scratch;
  CheckRounds(Disk::Machine(), scratch / "store");
}

TEST_CASE("ingestion in memory") { CheckRounds(Disk::Memory(), "/store"); }

TEST_CASE("rows can be taken away") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", ThreeViews());
  {
    Ingestion ingestion(*database);
    REQUIRE_OK(ingestion.Put(1, "a", "1"));
    REQUIRE_OK(ingestion.Put(1, "b", "1"));
    REQUIRE_OK(ingestion.Commit());
  }
  Ingestion ingestion(*database);
  REQUIRE_OK(ingestion.Delete(1, "a"));
  REQUIRE_OK(ingestion.Delete(2, "never there"));
  REQUIRE_OK(ingestion.Commit());
  CHECK(MustScan(*database, 1) == Rows{{"b", "1"}});
  CHECK(MustScan(*database, 2).empty());
  for (size_t family = 0; family < 3; ++family) {
    REQUIRE_OK(database->Compact(family));
  }
  CHECK(MustScan(*database, 1) == Rows{{"b", "1"}});
}

TEST_CASE("an ingestion that is not committed leaves nothing") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", ThreeViews());
  {
    Ingestion ingestion(*database);
    AddRound(ingestion, 1);
    CHECK(FilesLike(scratch / "db", ".ingest").size() == 3);
  }
  CHECK(FilesLike(scratch / "db", ".ingest").empty());
  CHECK(MustScan(*database, 0).empty());
}

TEST_CASE("an open removes what a killed ingestion left") {
  const Scratch scratch;
  MustOpen(scratch / "db", ThreeViews());
  WriteBytes(scratch / "db/7.ingest", "half a file");
  MustOpen(scratch / "db", ThreeViews());
  CHECK(FilesLike(scratch / "db", ".ingest").empty());
}

TEST_CASE("an empty ingestion is fine, a second commit is not") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", ThreeViews());
  Ingestion empty(*database);
  REQUIRE_OK(empty.Commit());
  Ingestion ingestion(*database);
  REQUIRE_OK(ingestion.Put(0, "a", "1"));
  REQUIRE_OK(ingestion.Commit());
  CHECK_CODE(ingestion.Commit(), kInternal);
  CHECK_CODE(ingestion.Put(0, "b", "1"), kInternal);
}

TEST_CASE("rows out of order are refused and spoil the ingestion") {
  const Scratch scratch;
  const auto database = MustOpen(scratch / "db", ThreeViews());
  Ingestion ingestion(*database);
  REQUIRE_OK(ingestion.Put(0, "b", "1"));
  CHECK_CODE(ingestion.Put(0, "a", "1"), kInternal);
  CHECK_FALSE(ingestion.Put(0, "c", "1").ok());
  CHECK_FALSE(ingestion.Commit().ok());
  CHECK(MustScan(*database, 0).empty());
}

}  // namespace
}  // namespace crm
