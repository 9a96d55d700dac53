// Exports of stores in which somebody chose who is who, and the way back.

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "export_fixture.h"

namespace crm::ingest {
namespace {

MergeOptions Desk(const std::string& why = "she called") {
  MergeOptions options;
  options.by = "the \"desk\"";
  options.why = why;
  return options;
}

std::string Said(int n, const std::string& source,
                 const std::string& identity) {
  return R"({"type":"scl.member.updated","id":"e)" + std::to_string(n) +
         R"(","source":")" + source + R"(","timestamp":"2026-01-02T00:00:)" +
         std::to_string(10 + n % 50) + R"(Z","identity":{)" + identity +
         R"(},"payload":{"firstName":"N)" + std::to_string(n) + R"("}})";
}

std::string Email(int n) {
  return R"("email":"p)" + std::to_string(n) + R"(@example.com")";
}

std::string Member(int n) {
  return R"("sclMemberId":")" + std::to_string(n) + R"(")";
}

size_t Count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1)) {
    ++n;
  }
  return n;
}

// Imports what `first` exports; the copy exports the same, byte by byte.
void CheckRoundTrip(Store& first) {
  const std::string text = Exported(first);
  Folder folder;
  Store second = NewStore(1'900'000'000);
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("s", text));
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  CheckSame(*report);
  CHECK(Exported(second) == text);
  Result<VerifyReport> verified = second.Verify();
  REQUIRE(verified.ok());
  CHECK(verified->sound());
}

TEST_CASE("store export: choices by hand come back, at their places") {
  Store first = NewStore(1'700'000'000);
  Tenant t = TenantOf(first, "t");
  for (int i = 1; i <= 8; ++i) {
    Append(first, "t", {Said(i, "web", Email(i))});
  }
  Append(first, "u", {Said(1, "web", Email(1)), Said(2, "web", Email(2))});
  Result<MergeResult> merged = t.Merge(2, 1, Desk());
  REQUIRE(merged.ok());
  MergeOptions keep = Desk();
  keep.keep = 4;
  REQUIRE(t.Merge(3, 4, keep).ok());
  REQUIRE(t.Merge(1, 4, {}).ok());
  // An event of one who was merged, between the choices.
  Append(first, "t", {Said(9, "web", Email(2)), Said(10, "app", Email(3))});
  REQUIRE(TenantOf(first, "u").Merge(1, 2, {}).ok());
  REQUIRE(t.AddAssertion(Assertion::Kind::kCannotLink, 5, 6, Desk()).ok());
  REQUIRE(t.AddAssertion(Assertion::Kind::kCannotLink, 7, 8, Desk()).ok());
  REQUIRE(t.RetractAssertion(7, 8, Desk("a mistake")).ok());
  REQUIRE(t.AddAssertion(Assertion::Kind::kMustLink, 8, 7, Desk()).ok());
  MergeOptions force = Desk("sure");
  force.force = true;
  REQUIRE(t.Merge(5, 6, force).ok());
  UnmergeTarget one;
  one.merge = merged->position;
  REQUIRE(t.Unmerge(one, Desk("no")).ok());
  UnmergeTarget all;
  all.customer = 7;
  REQUIRE(t.Unmerge(all, Desk("no")).ok());
  const std::string text = Exported(first);
  CHECK(Count(text, R"("choice":"merge")") == 6);
  CHECK(Count(text, R"("choice":"partition")") == 2);
  CHECK(Count(text, R"("said":"retracted")") == 2);
  CHECK(Count(text, R"("by":"the \"desk\"")") > 6);
  CheckRoundTrip(first);
}

TEST_CASE("store export: households come back, by hand and derived") {
  Store first = NewStore(1'700'000'000);
  Tenant t = TenantOf(first, "t");
  for (int i = 1; i <= 4; ++i) Append(first, "t", {Said(i, "web", Email(i))});
  const auto change = [&](const HouseholdChange& what) {
    Result<HouseholdId> id = t.ChangeHousehold(what);
    REQUIRE_MESSAGE(id.ok(), id.status().ToString());
    return *id;
  };
  const HouseholdId home = change({.name = "H \"1\"",
                                   .join = {{1}, {2}},
                                   .by = "desk",
                                   .why = "they said so"});
  change({.household = home, .join = {{3}}, .leave = {2, 4}});
  const HouseholdId found =
      change({.join = {{2, 9}, {4, 1}}, .derived = true, .by = "nightly"});
  REQUIRE(t.Merge(1, 2, Desk()).ok());
  change({.household = found, .join = {{2}}});  // By a retired id.
  change({.household = found, .leave = {4}, .derived = true});
  change({});
  const std::string text = Exported(first);
  CHECK(Count(text, R"("choice":"household")") == 6);
  CHECK(Count(text, R"("evidence":["address","surname"])") == 1);
  CHECK(Count(text, R"("left":[2,4])") == 1);
  CheckRoundTrip(first);
}

TEST_CASE("store export: choices of events are made again by the events") {
  Store first = NewStore(1'700'000'000);
  Append(first, "t", {Said(1, "web", Member(1))});
  Append(first, "t", {Said(2, "web", Email(1))});
  Append(first, "t", {Said(3, "web", Member(1) + "," + Email(1))});
  const std::string text = Exported(first);
  CHECK(Count(text, R"("choice":"merge","origin":"event")") == 1);
  CheckRoundTrip(first);
  // They are compared.
  Folder folder;
  Store second = NewStore(1'700'000'000);
  const std::string other = Rewritten(text, 5, [](std::string* line) {
    Replace(line, R"("confidence":)", R"("confidence":1)");
  });
  Result<StoreImportReport> report =
      ImportStore(second, folder.Write("s", other));
  REQUIRE_MESSAGE(report.ok(), report.status().ToString());
  REQUIRE(report->tenants.size() == 1);
}

TEST_CASE("store export: answers come back") {
  Store first = NewStore(1'700'000'000);
  Tenant t = TenantOf(first, "t");
  // Pairs with a member id each, who meet: a guard asks.
  for (int i = 1; i <= 3; ++i) {
    Append(first, "t", {Said(3 * i, "web", Member(2 * i) + "," + Email(i))});
    Append(first, "t", {Said(3 * i + 1, "app", Member(2 * i + 1))});
    Append(first, "t",
           {Said(3 * i + 2, "app", Member(2 * i + 1) + "," + Email(i))});
  }
  Result<std::vector<Review>> open = t.ListReviews();
  REQUIRE(open.ok());
  REQUIRE(open->size() == 3);
  REQUIRE(t.AnswerReview((*open)[0].position, ReviewAnswer::kDifferent, Desk())
              .ok());
  REQUIRE(t.AnswerReview((*open)[1].position, ReviewAnswer::kDismiss, {}).ok());
  MergeOptions force = Desk("one person");
  force.force = true;
  REQUIRE(t.AnswerReview((*open)[2].position, ReviewAnswer::kSame, force).ok());
  CHECK(Count(Exported(first), R"("choice":"answer")") == 3);
  CheckRoundTrip(first);
}

TEST_CASE("store export: who is who at random comes back") {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Store first = NewStore(1'700'000'000);
    Tenant t = TenantOf(first, "t");
    const auto any = [&]() -> CustomerId {
      return random() % t.GetSnapshot()->GetStats()->last_customer + 1;
    };
    MergeOptions force = Desk("chance");
    force.force = true;
    for (int i = 0; i < 120; ++i) {
      const uint32_t what = i < 10 ? 0 : random() % 10;
      if (what < 5) {
        std::string identity = Email(static_cast<int>(random() % 40));
        if (random() % 2 == 0) {
          identity += "," + Member(static_cast<int>(random() % 25));
        }
        const std::string source = "s" + std::to_string(random() % 3);
        Append(first, "t", {Said(i, source, identity)}, random() % 4 == 0);
      } else if (what < 7) {
        (void)t.Merge(any(), any(), force);
      } else if (what < 9) {
        UnmergeTarget target;
        Result<Customer> customer = t.GetCustomer(any());
        REQUIRE(customer.ok());
        if (random() % 2 == 0) {
          target.customer = customer->id;
        } else {
          for (const CustomerRecord& record : customer->records) {
            if (random() % 2 == 0) target.records.push_back(record.record);
          }
        }
        (void)t.Unmerge(target, Desk());
      } else {
        Result<std::vector<Review>> open = t.ListReviews();
        REQUIRE(open.ok());
        if (open->empty()) continue;
        const auto answer = static_cast<ReviewAnswer>(random() % 3 + 1);
        (void)t.AnswerReview((*open)[0].position, answer, force);
      }
    }
    CheckRoundTrip(first);
  }
}

TEST_CASE("store import: a choice that was changed is refused, or told") {
  Store first = NewStore(1'700'000'000);
  Tenant t = TenantOf(first, "t");
  for (int i = 1; i <= 3; ++i) Append(first, "t", {Said(i, "web", Email(i))});
  REQUIRE(t.Merge(1, 2, Desk()).ok());
  UnmergeTarget target;
  target.customer = 1;
  REQUIRE(t.Unmerge(target, Desk()).ok());
  // 1 header, 2 tenant, 3 to 5 events, 6 must-link, 7 merge, 8 cannot-link,
  // 9 partition, 10 checksums, 11 end.
  const std::string text = Exported(first);
  const LineChange changes[] = {
      {6, R"("after":3)", R"("after":2)", StatusCode::kMalformed},
      {6, R"("tenant":"t")", R"("tenant":"v")", StatusCode::kMalformed},
      {6, R"("must-link")", R"("should-link")", StatusCode::kMalformed},
      {7, R"("merge")", R"("novel")", StatusCode::kUnsupported},
      {7, R"("hand")", R"("novel")", StatusCode::kUnsupported},
      {7, R"("retired")", R"("novel")", StatusCode::kUnsupported},
      {7, R"("retired":2)", R"("retired":"x")", StatusCode::kMalformed},
      {9, R"("parts":[{)", R"("parts":[ {)", StatusCode::kMalformed},
      {9, R"("parts":[{"customer")", R"("parts":[{"person")",
       StatusCode::kMalformed},
      {11, R"("choices":4)", R"("choices":3)", StatusCode::kMalformed},
  };
  CheckRefused(text, changes);
  // What only making it shows names the line.
  Folder folder;
  Store second = NewStore(1'700'000'000);
  Result<StoreImportReport> report = ImportStore(
      second, folder.Write("s", Rewritten(text, 7, [](std::string* line) {
                             Replace(line, R"("retired":2)", R"("retired":3)");
                           })));
  const bool told = report.ok() ? !report->identical()
                                : report.status().message().find("line ") == 0;
  CHECK(told);
}

}  // namespace
}  // namespace crm::ingest
