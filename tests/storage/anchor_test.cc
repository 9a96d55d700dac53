#include "storage/disk.h"
#include "storage/scratch.h"

namespace crm {
namespace {

constexpr size_t kSlotBytes = 4096;

std::string Chain(char c) { return std::string(32, c); }

std::unique_ptr<AnchorFile> MustOpenAnchor(const std::string& path,
                                           Disk& disk) {
  auto anchor = AnchorFile::Open(path, disk);
  REQUIRE_OK(anchor);
  return std::move(*anchor);
}

void CheckRoundTrip(const std::string& path, Disk& disk) {
  {
    const auto anchor = MustOpenAnchor(path, disk);
    CHECK(anchor->last().generation == 0);
    CHECK(anchor->last().head == 0);
    CHECK(anchor->last().chain == Chain('\0'));
    CHECK_FALSE(disk.Exists(path));
  }
  for (uint64_t i = 1; i <= 5; ++i) {
    const auto anchor = MustOpenAnchor(path, disk);
    CHECK(anchor->last().generation == 2 * (i - 1));
    REQUIRE_OK(anchor->Write(100 * i, Chain('a')));
    REQUIRE_OK(anchor->Write(100 * i + 1, Chain('b')));
    const auto again = MustOpenAnchor(path, disk);
    CHECK(again->last().generation == 2 * i);
    CHECK(again->last().head == 100 * i + 1);
    CHECK(again->last().chain == Chain('b'));
  }
}

TEST_CASE("the newest anchor comes back") {
  const Scratch scratch;
  CheckRoundTrip(scratch / "ANCHOR", *Disk::Machine());
}

TEST_CASE("the newest anchor comes back from memory") {
  const auto disk = Disk::Memory();
  REQUIRE_OK(disk->MakeDirectory("/s"));
  CheckRoundTrip("/s/ANCHOR", *disk);
}

TEST_CASE("a torn write costs one slot") {
  const Scratch scratch;
  const std::string path = scratch / "ANCHOR";
  const auto disk = Disk::Machine();
  {
    const auto anchor = MustOpenAnchor(path, *disk);
    for (uint64_t head = 1; head <= 3; ++head) {
      REQUIRE_OK(anchor->Write(head, Chain('c')));
    }
  }
  // The third generation lies in slot 1. Any of its bytes may be wrong.
  const std::string sound = ReadBytes(path);
  for (size_t offset = 0; offset < 64; ++offset) {
    WriteBytes(path, sound);
    FlipBit(path, kSlotBytes + offset);
    const auto anchor = MustOpenAnchor(path, *disk);
    CHECK(anchor->last().generation == 2);
    CHECK(anchor->last().head == 2);
  }
  const auto anchor = MustOpenAnchor(path, *disk);
  REQUIRE_OK(anchor->Write(7, Chain('d')));
  CHECK(MustOpenAnchor(path, *disk)->last().head == 7);
  CHECK(ReadBytes(path).size() == 2 * kSlotBytes);
}

TEST_CASE("a cut file keeps what is whole") {
  const Scratch scratch;
  const std::string path = scratch / "ANCHOR";
  const auto disk = Disk::Machine();
  {
    const auto anchor = MustOpenAnchor(path, *disk);
    REQUIRE_OK(anchor->Write(1, Chain('c')));
    REQUIRE_OK(anchor->Write(2, Chain('c')));
    REQUIRE_OK(anchor->Write(3, Chain('c')));
  }
  std::filesystem::resize_file(path, 2 * kSlotBytes - 1);
  CHECK(MustOpenAnchor(path, *disk)->last().head == 2);
  std::filesystem::resize_file(path, kSlotBytes - 1);
  CHECK_CODE(AnchorFile::Open(path, *disk), kCorruption);
  std::filesystem::resize_file(path, 0);
  CHECK_CODE(AnchorFile::Open(path, *disk), kCorruption);
}

TEST_CASE("two damaged slots are damage, zeroes too") {
  const Scratch scratch;
  const std::string path = scratch / "ANCHOR";
  const auto disk = Disk::Machine();
  {
    const auto anchor = MustOpenAnchor(path, *disk);
    REQUIRE_OK(anchor->Write(1, Chain('c')));
  }
  FlipBit(path, 20);
  FlipBit(path, kSlotBytes + 20);
  CHECK_CODE(AnchorFile::Open(path, *disk), kCorruption);
  WriteBytes(path, std::string(2 * kSlotBytes, '\0'));
  CHECK_CODE(AnchorFile::Open(path, *disk), kCorruption);
}

TEST_CASE("swapped slots are damage") {
  const Scratch scratch;
  const std::string path = scratch / "ANCHOR";
  const auto disk = Disk::Machine();
  {
    const auto anchor = MustOpenAnchor(path, *disk);
    REQUIRE_OK(anchor->Write(1, Chain('c')));
  }
  const std::string sound = ReadBytes(path);
  WriteBytes(path, sound.substr(kSlotBytes) + sound.substr(0, kSlotBytes));
  CHECK_CODE(AnchorFile::Open(path, *disk), kCorruption);
}

TEST_CASE("a chain has 32 bytes") {
  const Scratch scratch;
  const auto anchor = MustOpenAnchor(scratch / "ANCHOR", *Disk::Machine());
  CHECK_CODE(anchor->Write(1, "short"), kInternal);
  CHECK_CODE(anchor->Write(1, Chain('x')), kOk);
}

}  // namespace
}  // namespace crm
