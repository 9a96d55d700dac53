// Links of customers: whatever is tied together, every id that came to lead to
// her has a merge of its own, whose undoing gives its records back.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "identity/part_links.h"
#include "identity/partition.h"

namespace crm {
namespace {

constexpr uint32_t kMail = 7;
constexpr CustomerId kFirstNew = 1000;

using Tie = std::tuple<RecordId, RecordId, uint32_t, uint8_t>;

std::multiset<Tie> TiesOf(const Members& members) {
  std::multiset<Tie> ties;
  for (const Members::Member& member : members.records) {
    if (member.linked_to == 0) continue;
    ties.emplace(std::min(member.record, member.linked_to),
                 std::max(member.record, member.linked_to), member.matched_by,
                 member.confidence);
  }
  for (const Members::Merge& merge : members.merges) {
    ties.emplace(std::min(merge.a, merge.b), std::max(merge.a, merge.b),
                 merge.name_space, merge.confidence);
  }
  return ties;
}

// A tree of records, tied at random by events, matches and hands, in which any
// of them may have begun an id.
Members RandomMembers(std::mt19937& random) {
  Members members;
  const uint64_t count = 1 + random() % 9;
  for (RecordId record = 1; record <= count; ++record) {
    Members::Member member{record, 10 + record};
    const RecordId to = record == 1 ? 0 : 1 + random() % (record - 1);
    const uint32_t how = random() % 4;
    if (to != 0 && how < 2) {
      member.linked_to = to;
      member.matched_by = kMail;
      member.confidence = 95;
    } else if (to != 0) {
      const uint32_t name = how == 2 ? kMail : 0;
      const bool match = how == 3 && random() % 2 == 0;
      members.merges.push_back({100 + record, 0, to, record, name,
                                static_cast<uint8_t>(match ? 98 : 100)});
    }
    if (record == 1 || random() % 3 == 0) member.began = 50 - record;
    members.records.push_back(member);
  }
  std::shuffle(members.records.begin(), members.records.end(), random);
  return members;
}

// Each clump of attached records is linked towards the one that began an id.
void CheckClumps(const Members& members) {
  std::map<RecordId, std::vector<RecordId>> clumps;
  for (const Members::Member& member : members.records) {
    RecordId at = member.record;
    for (size_t steps = 0; members.FindRecord(at)->linked_to != 0; ++steps) {
      REQUIRE(steps < members.records.size());
      at = members.FindRecord(at)->linked_to;
    }
    CHECK(members.FindRecord(at)->began != 0);
    CHECK((member.began == 0) == (at != member.record));
    clumps[at].push_back(member.record);
  }
  CHECK(clumps.size() == members.merges.size() + 1);
}

TEST_CASE("links: each id that leads to a customer has one merge") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    Members members = RandomMembers(random);
    std::vector<CustomerId> began;
    for (const Members::Member& member : members.records) {
      if (member.began != 0) began.push_back(member.began);
    }
    const CustomerId customer = began[random() % began.size()];
    const std::multiset<Tie> ties = TiesOf(members);
    CustomerId next_new = kFirstNew;
    SettleLinks(customer, &members, &next_new);
    CAPTURE(round);
    CHECK(TiesOf(members) == ties);
    CheckClumps(members);
    std::set<CustomerId> retired;
    for (const Members::Merge& merge : members.merges) {
      CHECK(merge.retired != customer);
      CHECK(retired.insert(merge.retired).second);
      if (merge.by_match()) CHECK(merge.position > 100);
    }
    for (const CustomerId id : began) {
      CHECK((id == customer || retired.contains(id)));
    }
    CHECK(retired.size() + 1 == began.size() + (next_new - kFirstNew));
    // Settled once, it is settled.
    const Members once = members;
    SettleLinks(customer, &members, &next_new);
    CHECK(members.Encode() == once.Encode());
  }
}

TEST_CASE("links: undoing all merges gives each id its own records back") {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    Members members = RandomMembers(random);
    CustomerId next_new = kFirstNew;
    const CustomerId customer = 49;  // With record 1.
    SettleLinks(customer, &members, &next_new);
    Cut cut;
    cut.goes = [](const RecordLink& link) { return link.merge != 0; };
    cut.first_new = 2 * kFirstNew;
    // Some have no position before they are written.
    Position position = 500;
    for (Members::Merge& merge : members.merges) {
      if (merge.position == 0) merge.position = ++position;
    }
    const Partition apart = TakeApart(customer, members, cut);
    CAPTURE(round);
    CHECK(apart.parts.size() == members.merges.size() + 1);
    CHECK(apart.alive == apart.parts.size());
    for (const IdentityChoice::Part& part : apart.parts) {
      CHECK(part.customer < 2 * kFirstNew);
      CHECK(part.members.merges.empty());
    }
  }
}

TEST_CASE("links: an old merge keeps its id, its position and its sides") {
  Members members;
  members.records = {
      {1, 11, 0, 100, 0, 5}, {2, 12, 0, 100, 0, 6}, {3, 13, kMail, 95, 2, 0}};
  members.merges = {{77, 6, 1, 3, 0, 100}};
  const Members before = members;
  CustomerId next_new = kFirstNew;
  SettleLinks(5, &members, &next_new);
  CHECK(members.Encode() == before.Encode());
  CHECK(next_new == kFirstNew);
  // Seen from the other side the same link is of the other id.
  SettleLinks(6, &members, &next_new);
  CHECK(members.merges == std::vector<Members::Merge>{{77, 5, 3, 1, 0, 100}});
  CHECK(members.records == before.records);
}

TEST_CASE("links: what nothing ties together is held by a merge of nobody") {
  Members members;
  members.records = {
      {1, 11, 0, 100, 0, 5}, {2, 12, 0, 100, 0, 6}, {3, 13, 0, 95, 0, 0}};
  CustomerId next_new = kFirstNew;
  SettleLinks(5, &members, &next_new);
  CHECK(members.merges == std::vector<Members::Merge>{{0, 6, 1, 2, 0, 100}});
  CHECK(members.records[2].linked_to == 0);
}

}  // namespace
}  // namespace crm
