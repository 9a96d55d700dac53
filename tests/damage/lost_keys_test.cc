// Keys that are older than the log must not be taken for keys of a new store:
// new ones would be made in their place.

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "crm/store.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

class Folder final {
 public:
  Folder() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = fs::temp_directory_path() / "crm-keys-XXXXXX";
};

void AppendOne(const Folder& folder, const char* tenant_name) {
  Result<Store> store = Store::Open(
      folder / "store", {.create_if_missing = true, .background_threads = 0});
  REQUIRE(store.ok());
  Result<Tenant> tenant = store->Tenant(tenant_name);
  REQUIRE(tenant.ok());
  Event event;
  event.id = "e-1";
  event.type = "member.created";
  event.source = "test";
  event.identifiers = {{"customerId", "1"}};
  REQUIRE(tenant->Append(event).ok());
  REQUIRE(store->Close().ok());
}

StatusCode OpenCode(const Folder& folder) {
  return Store::Open(folder / "store").status().code();
}

TEST_CASE("a store with keys from before its newest tenant is refused") {
  const Folder folder;
  AppendOne(folder, "first");
  fs::copy(folder / "store/keys", folder / "keys");
  AppendOne(folder, "second");
  fs::rename(folder / "store/keys", folder / "newest");
  fs::rename(folder / "keys", folder / "store/keys");
  CHECK(OpenCode(folder) == StatusCode::kKeyMissing);
  fs::remove_all(folder / "store/views");
  CHECK(OpenCode(folder) == StatusCode::kKeyMissing);
  // Nothing was made in the place of what is missing.
  fs::remove_all(folder / "store/keys");
  fs::rename(folder / "newest", folder / "store/keys");
  CHECK(OpenCode(folder) == StatusCode::kOk);
}

TEST_CASE("a store whose log or keys are gone is not absent") {
  const Folder folder;
  AppendOne(folder, "first");
  fs::rename(folder / "store/keys", folder / "keys");
  CHECK(OpenCode(folder) == StatusCode::kKeyMissing);
  fs::rename(folder / "keys", folder / "store/keys");
  CHECK(OpenCode(folder) == StatusCode::kOk);
  fs::remove_all(folder / "store/log");
  CHECK(OpenCode(folder) == StatusCode::kCorruption);
}

}  // namespace
}  // namespace crm
