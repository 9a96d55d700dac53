#include "storage/disk.h"

#include <sys/stat.h>

#include "storage/scratch.h"

namespace crm {
namespace {

// Both disks promise the same; the machine's below a scratch directory.
struct Place {
  std::shared_ptr<Disk> disk;
  std::string root;
};

void CheckWholeFiles(const Place& place) {
  Disk& disk = *place.disk;
  const std::string directory = place.root + "/d";
  const std::string file = directory + "/f";
  REQUIRE_OK(disk.MakeDirectory(place.root));
  CHECK_FALSE(disk.Exists(directory));
  CHECK_CODE(disk.List(directory), kNotFound);
  CHECK_CODE(disk.ReadFile(file), kNotFound);
  REQUIRE_OK(disk.MakeDirectory(directory));
  REQUIRE_OK(disk.MakeDirectory(directory));
  REQUIRE_OK(disk.CheckDirectory(directory));

  REQUIRE_OK(disk.WriteFile(file, "one"));
  REQUIRE_OK(disk.WriteFile(file, std::string_view("t\0wo", 4)));
  const Result<std::string> read = disk.ReadFile(file);
  REQUIRE_OK(read);
  CHECK(*read == std::string_view("t\0wo", 4));
  CHECK(disk.TreeBytes(place.root) == 4);
  REQUIRE_OK(disk.SyncDirectory(directory));

  REQUIRE_OK(disk.Rename(file, directory + "/g"));
  const auto names = disk.List(directory);
  REQUIRE_OK(names);
  CHECK(*names == std::vector<std::string>{"g"});
  CHECK_CODE(disk.Remove(file), kNotFound);
  REQUIRE_OK(disk.Remove(directory + "/g"));

  REQUIRE_OK(disk.WriteFile(file, "again"));
  REQUIRE_OK(disk.MakeDirectory(directory + "/below"));
  REQUIRE_OK(disk.WriteFile(directory + "/below/h", "deep"));
  REQUIRE_OK(disk.WriteFile(directory + "/below/i", "deeper"));
  REQUIRE_OK(disk.MakeDirectory(directory + "/empty"));
  auto below = disk.List(directory);
  REQUIRE_OK(below);
  std::sort(below->begin(), below->end());
  CHECK(*below == std::vector<std::string>{"below", "empty", "f"});
  CHECK(disk.TreeBytes(place.root) == 15);
  REQUIRE_OK(disk.RemoveTree(directory));
  REQUIRE_OK(disk.RemoveTree(directory));
  CHECK_FALSE(disk.Exists(directory));
  CHECK_FALSE(disk.Exists(directory + "/below/h"));
  CHECK(disk.Exists(place.root));
}

TEST_CASE("whole files on the machine") {
  const Scratch scratch;
  CheckWholeFiles({Disk::Machine(), scratch / "root"});
}

TEST_CASE("whole files in memory") {
  CheckWholeFiles({Disk::Memory(), "/root"});
}

TEST_CASE("two memories do not share") {
  const auto one = Disk::Memory();
  const auto two = Disk::Memory();
  REQUIRE_OK(one->MakeDirectory("/a"));
  REQUIRE_OK(one->WriteFile("/a/f", "x"));
  CHECK_FALSE(two->Exists("/a/f"));
}

TEST_CASE("directories that cannot be trusted are refused") {
  const Scratch scratch;
  const auto disk = Disk::Machine();
  const std::string directory = scratch / "d";
  REQUIRE_OK(disk->MakeDirectory(directory));
  std::filesystem::create_directory_symlink(directory, scratch / "link");
  CHECK_CODE(disk->CheckDirectory(scratch / "link"), kInvalidArgument);
  REQUIRE_OK(disk->WriteFile(scratch / "file", "x"));
  CHECK_CODE(disk->CheckDirectory(scratch / "file"), kInvalidArgument);
  CHECK_CODE(disk->CheckDirectory(scratch / "none"), kNotFound);
  REQUIRE(chmod(directory.c_str(), 0770) == 0);
  CHECK_CODE(disk->CheckDirectory(directory), kInvalidArgument);
  REQUIRE(chmod(directory.c_str(), 0755) == 0);
  CHECK_CODE(disk->CheckDirectory(directory), kOk);
}

TEST_CASE("removing a tree does not follow symbolic links") {
  const Scratch scratch;
  const auto disk = Disk::Machine();
  REQUIRE_OK(disk->MakeDirectory(scratch / "kept"));
  REQUIRE_OK(disk->WriteFile(scratch / "kept/f", "x"));
  REQUIRE_OK(disk->MakeDirectory(scratch / "gone"));
  std::filesystem::create_directory_symlink(scratch / "kept",
                                            scratch / "gone/link");
  std::filesystem::create_symlink("nowhere", scratch / "gone/dangling");
  REQUIRE_OK(disk->RemoveTree(scratch / "gone"));
  CHECK_FALSE(disk->Exists(scratch / "gone"));
  CHECK(disk->Exists(scratch / "kept/f"));
}

TEST_CASE("a file is not written through a symbolic link") {
  const Scratch scratch;
  const auto disk = Disk::Machine();
  WriteBytes(scratch / "victim", "precious");
  std::filesystem::create_symlink(scratch / "victim", scratch / "f.tmp");
  CHECK_FALSE(disk->WriteFile(scratch / "f", "x").ok());
  CHECK(ReadBytes(scratch / "victim") == "precious");
}

void CheckModes(const std::string& root) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(root)) {
    struct stat info;
    REQUIRE(lstat(entry.path().c_str(), &info) == 0);
    INFO(entry.path().string());
    CHECK((info.st_mode & 07777) == (S_ISDIR(info.st_mode) ? 0700 : 0600));
  }
}

TEST_CASE("nothing in a store can be read by others") {
  const Scratch scratch;
  const mode_t before = umask(0);
  {
    const auto disk = Disk::Machine();
    REQUIRE_OK(disk->MakeDirectory(scratch / "store"));
    const auto lock = StoreLock::Take(scratch / "store", *disk);
    REQUIRE_OK(lock);
    auto anchor = AnchorFile::Open(scratch / "store/ANCHOR", *disk);
    REQUIRE_OK(anchor);
    REQUIRE_OK((*anchor)->Write(1, std::string(32, 'c')));
    REQUIRE_OK((*anchor)->Write(2, std::string(32, 'c')));
    const auto database = MustOpen(scratch / "store/log", TwoFamilies());
    Batch batch;
    batch.Put(0, LogKey(1), "x");
    REQUIRE_OK(database->Write(batch, true));
    REQUIRE_OK(database->FlushMemtables());
    Ingestion ingestion(*database);
    REQUIRE_OK(ingestion.Put(1, "k", "v"));
    CheckModes(scratch.path());
    REQUIRE_OK(ingestion.Commit());
    REQUIRE_OK(database->Compact(0));
    REQUIRE_OK(database->CopyTo(scratch / "store/copy"));
    CheckModes(scratch.path());
  }
  umask(before);
}

}  // namespace
}  // namespace crm
