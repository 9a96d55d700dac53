#include "format/packed_profile.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "format/profile_state.h"

namespace crm {
namespace {

std::string Folded(std::mt19937_64& random, size_t events, size_t names) {
  ProfileFolder folder;
  std::string state;
  for (size_t i = 0; i < events; ++i) {
    std::vector<std::string> values;
    std::vector<TraitUpdate> updates;
    values.reserve(names);
    for (size_t n = 0; n < names; ++n) {
      if (random() % 3 != 0) continue;
      values.push_back(
          random() % 5 == 0 ? "" : "\"" + std::to_string(random()) + "\"");
      static const std::vector<std::string> kNames = [] {
        std::vector<std::string> all = {"email", "firstName", "phoneNumber"};
        for (int k = 100; k < 999; ++k) {
          all.push_back("trait" + std::to_string(k));
        }
        return all;  // Ascending.
      }();
      updates.push_back({kNames[n], values.back(), random() % 7 == 0});
    }
    const TraitOrigin origin{
        static_cast<int64_t>(1'700'000'000'000'000 + random() % 1'000'000),
        random(), i + 1, static_cast<uint32_t>(random() % 4), 0};
    std::string after;
    REQUIRE(folder.Fold(state, origin, updates, &after));
    state = after;
  }
  return state;
}

TEST_CASE("a packed profile comes back as the very bytes of the state") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::string state =
        Folded(random, 1 + random() % 12, 1 + random() % 200);
    std::string packed = "kept";
    REQUIRE(PackProfile(state, &packed));
    REQUIRE(packed.substr(0, 4) == "kept");
    std::string again;
    REQUIRE(UnpackProfile(std::string_view(packed).substr(4), &again));
    CHECK(again == state);
    CHECK(packed.size() < state.size());
  }
}

TEST_CASE("the ends of all numbers fit into a packed profile") {
  ProfileBuilder builder;
  TraitEntry entry;
  entry.occurred_at = std::numeric_limits<int64_t>::min();
  entry.id_order = std::numeric_limits<uint64_t>::max();
  entry.position = std::numeric_limits<uint64_t>::max();
  entry.is_default = 1;
  entry.source = std::numeric_limits<uint32_t>::max();
  entry.source_rank = std::numeric_limits<uint16_t>::max();
  builder.Add("a", "1", entry);
  builder.Add("b", "", TraitEntry());
  std::string state;
  builder.Build(std::numeric_limits<uint64_t>::max(), 0,
                std::numeric_limits<int64_t>::max(),
                std::numeric_limits<int64_t>::min(), &state);
  std::string packed;
  REQUIRE(PackProfile(state, &packed));
  std::string again;
  REQUIRE(UnpackProfile(packed, &again));
  CHECK(again == state);
}

TEST_CASE("a profile of many traits over many events packs and unpacks") {
  std::mt19937_64 random(11);
  const std::string state = Folded(random, 300, 900);
  std::string packed;
  REQUIRE(PackProfile(state, &packed));
  std::string again;
  REQUIRE(UnpackProfile(packed, &again));
  CHECK(again == state);
}

TEST_CASE("a cut or lengthened packed profile is refused") {
  std::mt19937_64 random(3);
  std::string packed;
  REQUIRE(PackProfile(Folded(random, 3, 5), &packed));
  std::string state;
  for (size_t size = 0; size < packed.size(); ++size) {
    CHECK_FALSE(
        UnpackProfile(std::string_view(packed).substr(0, size), &state));
  }
  CHECK_FALSE(UnpackProfile(packed + "x", &state));
  CHECK_FALSE(PackProfile("no state", &packed));
}

}  // namespace
}  // namespace crm
