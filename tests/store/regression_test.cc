// Bugs that were found, each named for its symptom.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "crm/store.h"
#include "store/fixture.h"

namespace crm {
namespace {

Event Named(const std::string& id, const std::string& person) {
  Event event;
  event.id = id;
  event.type = "scl.member.updated";
  event.source = "scl";
  event.identifiers = {{"authUserId", person}};
  return event;
}

size_t FilesBelow(const std::filesystem::path& folder) {
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  return files;
}

TEST_CASE("many flushes do not leave thousands of files") {
  const Scratch scratch;
  const std::string directory = scratch / "s";
  Result<Store> store = Store::Open(directory, {.create_if_missing = true});
  REQUIRE(store.ok());
  Result<Tenant> tenant = store->Tenant("club");
  REQUIRE(tenant.ok());
  const AppendOptions quick = {.durability = Durability::kOs};
  for (int i = 0; i < 150; ++i) {
    const std::string name = std::to_string(i);
    REQUIRE(tenant->Append(Named("e" + name, "p" + name), quick).ok());
    REQUIRE(store->Flush().ok());
  }
  CHECK(FilesBelow(directory) < 700);
  Result<VerifyReport> report = store->Verify();
  REQUIRE_OK(report);
  CHECK(report->sound());
}

TEST_CASE("two threads that make one tenant do not lose its secrets") {
  const Scratch scratch;
  const std::string directory = scratch / "s";
  for (int round = 0; round < 8; ++round) {
    const std::string name = "club-" + std::to_string(round);
    {
      Result<Store> store = Store::Open(directory, {.create_if_missing = true});
      REQUIRE(store.ok());
      std::vector<std::thread> threads;
      for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&, i] {
          Result<Tenant> tenant = store->Tenant(name);
          if (!tenant.ok()) return;
          (void)tenant->Append(Named("e" + std::to_string(i), "p"));
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    Result<Store> store = Store::Open(directory);
    REQUIRE(store.ok());
    Result<Tenant> tenant = store->Tenant(name);
    REQUIRE(tenant.ok());
    Result<AppendResult> again = tenant->Append(Named("e0", "p"));
    REQUIRE(again.ok());
    CHECK(again->duplicates == 1);
    Result<CustomerId> customer = tenant->FindCustomer({"authUserId", "p"});
    REQUIRE(customer.ok());
    CHECK(tenant->GetProfile(*customer).ok());
  }
}

}  // namespace
}  // namespace crm
