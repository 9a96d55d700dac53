// What a choice says to those who keep customer ids elsewhere.

#include "identity/changes.h"

#include <doctest/doctest.h>

#include <vector>

namespace crm {
namespace {

using Kind = IdentityChange::Kind;
using Part = IdentityChoice::Part;

Part Owner(CustomerId customer, std::vector<IdentityChoice::Move> moved) {
  Part part;
  part.customer = customer;
  part.moved = std::move(moved);
  return part;
}

Part Leads(CustomerId customer, CustomerId to, bool retired_now) {
  Part part;
  part.customer = customer;
  part.members.moved_to = to;
  part.retired_now = retired_now;
  return part;
}

IdentityChoice Partition(std::vector<Part> parts) {
  IdentityChoice choice;
  choice.kind = ChoiceKind::kPartition;
  choice.position = 9;
  choice.parts = std::move(parts);
  return choice;
}

void Check(const IdentityChange& change, Kind kind, CustomerId from,
           CustomerId to, const std::vector<RecordId>& records = {}) {
  CHECK(change.kind == kind);
  CHECK(change.position == 9);
  CHECK(change.from == from);
  CHECK(change.to == to);
  CHECK(change.records == records);
}

TEST_CASE("a merge is one change, and other choices are none") {
  IdentityChoice choice;
  choice.position = 9;
  choice.customer = 3;
  choice.retired = 7;
  const auto changes = ChangesOf(choice);
  REQUIRE(changes.size() == 1);
  Check(changes[0], Kind::kMerged, 7, 3);
  for (const ChoiceKind kind : {ChoiceKind::kAssertion, ChoiceKind::kReview,
                                ChoiceKind::kAnswer, ChoiceKind::kShared}) {
    choice.kind = kind;
    CHECK(ChangesOf(choice).empty());
  }
}

TEST_CASE("who comes back is told before those who lead to her") {
  // Customer 2 was merged into 1, after 3 had been merged into 2.
  const auto changes = ChangesOf(Partition(
      {Owner(1, {}), Leads(3, 2, false), Owner(2, {{8, 1}, {5, 1}})}));
  REQUIRE(changes.size() == 2);
  Check(changes[0], Kind::kSplit, 1, 2, {5, 8});
  Check(changes[1], Kind::kMerged, 3, 2);
}

TEST_CASE("records of several customers are told customer by customer") {
  const auto changes =
      ChangesOf(Partition({Owner(4, {{9, 2}, {6, 1}, {7, 2}})}));
  REQUIRE(changes.size() == 2);
  Check(changes[0], Kind::kSplit, 1, 4, {6});
  Check(changes[1], Kind::kSplit, 2, 4, {7, 9});
}

TEST_CASE("who is united with another is merged, not split") {
  // Customer 2 is retired: some of her records went to 1, others to 5.
  const auto changes = ChangesOf(Partition(
      {Owner(1, {{2, 2}}), Leads(2, 1, true), Owner(5, {{3, 2}, {4, 2}})}));
  REQUIRE(changes.size() == 2);
  Check(changes[0], Kind::kSplit, 2, 5, {3, 4});
  Check(changes[1], Kind::kMerged, 2, 1);
}

}  // namespace
}  // namespace crm
