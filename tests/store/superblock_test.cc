// A store of a later libcrm, and one whose superblock is damaged.

#include "format/superblock.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "store/fixture.h"

namespace crm {
namespace {

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

TEST_CASE("a store of a later format is refused, and both numbers are said") {
  const Scratch scratch;
  REQUIRE_OK(MustOpen(scratch / "s").Close());
  const std::string own = Read(scratch / "s/STORE");
  Result<Superblock> superblock = DecodeSuperblock(own);
  REQUIRE_OK(superblock);
  superblock->format = superblock->min_reader = superblock->min_writer = 77;
  Write(scratch / "s/STORE", EncodeSuperblock(*superblock));
  const Result<Store> store = Store::Open(scratch / "s", Quick());
  CHECK_CODE(store, kFormatTooNew);
  CHECK(store.status().message().find("77") != std::string_view::npos);
  // An older one than this libcrm reads.
  *superblock = *DecodeSuperblock(own);
  superblock->format = superblock->min_reader = superblock->min_writer = 1;
  Write(scratch / "s/STORE", EncodeSuperblock(*superblock));
  const Result<Store> older = Store::Open(scratch / "s", Quick());
  CHECK_CODE(older, kUnsupported);
  CHECK(older.status().message() ==
        "the store has format 1; this libcrm reads format 2 and later");
  // Read by many, written with a feature nobody here knows.
  *superblock = *DecodeSuperblock(own);
  superblock->features = 2;
  Write(scratch / "s/STORE", EncodeSuperblock(*superblock));
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kFormatTooNew);
  Write(scratch / "s/STORE", own);
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kOk);
}

TEST_CASE("a store that was made without libphonenumber keeps to it") {
  const Scratch scratch;
  REQUIRE_OK(MustOpen(scratch / "s").Close());
  Result<Superblock> superblock = DecodeSuperblock(Read(scratch / "s/STORE"));
  REQUIRE_OK(superblock);
  superblock->features = kFeaturePlainPhones;
  Write(scratch / "s/STORE", EncodeSuperblock(*superblock));
  Store store = MustOpen(scratch / "s");
  Tenant tenant = MustTenant(store);
  const auto owner = [&](const char* id, const char* phone) {
    return MustAppendOne(tenant, MakeEvent(id, {{"phone", phone}})).customer;
  };
  CHECK(owner("1", "+27821234567") == 1);
  CHECK(owner("2", "+27 82 123 4567") == 0);
  const Result<CustomerId> found =
      tenant.FindCustomer({"phone", "+27 82 123 4567"});
  CHECK_CODE(found, kInvalidArgument);
  CHECK(found.status().message() ==
        "phoneNumber: only + and 8 to 15 digits are read by this store");
  CHECK_CODE(tenant.SetIdentitySettings(R"({"phone":{"region":"ZA"}})"),
             kUnsupported);
  CHECK_CODE(tenant.SetIdentitySettings(R"({"rules":{"attach_bar":80}})"), kOk);
  CheckSound(store);
}

TEST_CASE("every damaged byte of a superblock is noticed") {
  const Scratch scratch;
  REQUIRE_OK(MustOpen(scratch / "s").Close());
  const std::string own = Read(scratch / "s/STORE");
  for (size_t i = 0; i < own.size(); ++i) {
    std::string changed = own;
    changed[i] ^= 2;
    Write(scratch / "s/STORE", changed);
    CHECK_CODE(Store::Open(scratch / "s", Quick()), kCorruption);
  }
  Write(scratch / "s/STORE", own.substr(0, own.size() / 2));
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kCorruption);
  Write(scratch / "s/STORE", "");
  CHECK_CODE(Store::Open(scratch / "s", Quick()), kCorruption);
}

}  // namespace
}  // namespace crm
