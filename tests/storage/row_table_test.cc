// The table of rows against a map, through all that grows and shrinks it.

#include "storage/row_table.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>

#include "storage/huge_pages.h"

namespace crm {
namespace {

using Model = std::map<std::tuple<uint32_t, uint64_t, uint64_t>, std::string>;

std::tuple<uint32_t, uint64_t, uint64_t> NameOf(const RowKey& key) {
  return {key.tenant, key.a, key.b};
}

void CheckEqual(RowTable& table, const Model& model) {
  REQUIRE(table.size() == model.size());
  for (const auto& [name, value] : model) {
    const RowKey key{std::get<1>(name), std::get<2>(name), std::get<0>(name)};
    table.Prefetch(key);
    const RowTable::Slot* slot = table.Find(key);
    REQUIRE(slot != nullptr);
    REQUIRE(slot->key() == key);
    REQUIRE(slot->row.value() == value);
  }
}

// Ordinals, as customers have, or hashes; small numbers make keys meet again.
RowKey RandomKey(std::mt19937_64& random, bool hashed, uint64_t range) {
  const uint64_t number = random() % range;
  const auto tenant = static_cast<uint32_t>(random() % 3);
  if (!hashed) return RowKey{number, 0, tenant};
  std::mt19937_64 hash(number);
  const uint64_t a = hash();
  return RowKey{a, hash(), tenant};
}

TEST_CASE("a table of rows does what a map does") {
  for (const bool hashed : {false, true}) {
    for (const uint64_t range : {5, 400, 40'000}) {
      CAPTURE(hashed);
      CAPTURE(range);
      HugePages pages;
      RowTable table;
      Model model;
      std::mt19937_64 random(range + hashed);
      for (uint64_t step = 0; step < 4 * range + 100; ++step) {
        const RowKey key = RandomKey(random, hashed, range);
        const std::string value(random() % 40, 'v');
        if (random() % 4 != 0) {
          const auto [slot, inserted] = table.Insert(key, pages);
          REQUIRE(inserted == (model.count(NameOf(key)) == 0));
          if (inserted) {
            REQUIRE(!slot->row.exists());
            REQUIRE(slot->epoch == 0);
          }
          slot->row = Row(value);
          model[NameOf(key)] = value;
        } else {
          RowTable::Slot* slot = table.Find(key);
          REQUIRE((slot != nullptr) == (model.erase(NameOf(key)) == 1));
          if (slot != nullptr) table.Erase(slot);
        }
        if (step % (range + 50) == 0) CheckEqual(table, model);
      }
      CheckEqual(table, model);
      table.EraseIf([](const RowTable::Slot& slot) {
        return slot.row.value().size() % 2 == 0;
      });
      std::erase_if(
          model, [](const auto& item) { return item.second.size() % 2 == 0; });
      CheckEqual(table, model);
      table.EraseIf([](const RowTable::Slot&) { return true; });
      CHECK(table.size() == 0);
    }
  }
}

TEST_CASE("an empty table has nothing, and costs nothing") {
  RowTable table;
  CHECK(table.Find(RowKey{1, 2, 3}) == nullptr);
  table.Prefetch(RowKey{1, 2, 3});
  table.EraseIf([](const RowTable::Slot&) { return true; });
  CHECK(table.size() == 0);
}

TEST_CASE("pieces of huge pages are aligned, apart, and used again") {
  HugePages pages;
  char* one = static_cast<char*>(pages.Take(100));
  char* two = static_cast<char*>(pages.Take(100));
  CHECK(reinterpret_cast<uintptr_t>(one) % HugePages::kAlignment == 0);
  CHECK(std::abs(two - one) >= 100);
  pages.GiveBack(one, 100);
  CHECK(pages.Take(101) == one);  // 100 and 101 bytes are the same size.
  CHECK(pages.Take(HugePages::kPageBytes) != nullptr);
}

}  // namespace
}  // namespace crm
