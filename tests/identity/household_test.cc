// Households: who lives together, and stays who she is. By hand, and found.

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "store/fixture.h"

namespace crm {
namespace {

using Customers = std::vector<CustomerId>;

class Club {
 public:
  Club() : store(MustOpenInMemory()), tenant(MustTenant(store)) {}
  explicit Club(const std::string& path)
      : store(MustOpen(path)), tenant(MustTenant(store)) {}

  CustomerId Member(int number) {
    return MustAppendOne(tenant,
                         MemberEvent("m" + std::to_string(number), number))
        .customer;
  }
  // Somebody of whom a profile is known.
  CustomerId Person(const std::string& id, const std::string& surname,
                    const std::string& address,
                    std::vector<Identifier> shared = {}) {
    shared.insert(shared.begin(), {"sclMemberId", id});
    Event event = MakeEvent("p" + std::to_string(++events_), std::move(shared));
    event.type = "crm.profile.updated";
    event.payload = "{\"traits\":{\"lastName\":\"" + surname + "\"" +
                    (address.empty() ? "" : ",\"address\":" + address) + "}}";
    return MustAppendOne(tenant, event).customer;
  }
  HouseholdId MustChange(const HouseholdChange& change) {
    Result<HouseholdId> id = tenant.ChangeHousehold(change);
    REQUIRE_OK(id);
    return *id;
  }
  HouseholdId MustMake(const Customers& customers,
                       const std::string& name = "") {
    HouseholdChange change;
    change.name = name;
    for (const CustomerId customer : customers) {
      change.join.push_back({customer});
    }
    return MustChange(change);
  }
  void Join(HouseholdId id, CustomerId customer) {
    CHECK(MustChange({.household = id, .join = {{customer}}}) == id);
  }
  void Leave(HouseholdId id, CustomerId customer) {
    CHECK(MustChange({.household = id, .leave = {customer}}) == id);
  }
  std::vector<Household> List(const HouseholdQuery& query = {}) {
    Result<std::vector<Household>> list = tenant.ListHouseholds(query);
    REQUIRE_OK(list);
    return *std::move(list);
  }
  std::vector<HouseholdId> Of(CustomerId customer) {
    std::vector<HouseholdId> ids;
    for (const Household& one : List({.customer = customer})) {
      ids.push_back(one.id);
    }
    return ids;
  }
  Customers In(HouseholdId id) {
    Customers customers;
    const Household household = List({.household = id, .empty = true}).at(0);
    for (const HouseholdMember& member : household.members) {
      customers.push_back(member.customer);
    }
    return customers;
  }
  // All of them, told.
  std::string Told() {
    std::string text;
    for (const Household& one : List({.empty = true, .limit = 1000})) {
      text += std::to_string(one.id) + " " + one.name +
              (one.derived ? " derived at " : " at ") +
              std::to_string(one.position) + ":";
      for (const HouseholdMember& member : one.members) {
        text += " " + std::to_string(member.customer) + "/" +
                std::to_string(member.record) + "@" +
                std::to_string(member.position) + "=" +
                std::to_string(member.evidence);
      }
      text += "\n";
    }
    return text;
  }
  HouseholdReport Match(bool apply, HouseholdMatchOptions options = {}) {
    options.dry_run = !apply;
    Result<HouseholdReport> report = tenant.MatchHouseholds(options);
    REQUIRE_OK(report);
    return *std::move(report);
  }
  void MustMerge(CustomerId a, CustomerId b) {
    REQUIRE_OK(tenant.Merge(a, b, {.by = "t", .why = "t", .force = true}));
  }

  Store store;
  Tenant tenant;

 private:
  int events_ = 0;
};

std::string At(const std::string& street, const std::string& postcode) {
  return "{\"street\":\"" + street + "\",\"postalCode\":\"" + postcode + "\"}";
}

TEST_CASE("household: somebody says who lives together") {
  Club club;
  for (int i = 1; i <= 4; ++i) club.Member(i);
  const HouseholdId home = club.MustChange({.name = "H-4711",
                                            .join = {{1}, {2}},
                                            .by = "desk",
                                            .why = "they said so"});
  CHECK(home == 1);
  const HouseholdId other = club.MustMake({2, 3});
  CHECK(other == 2);
  const Household told = club.List({.name = "H-4711"}).at(0);
  CHECK(told.id == home);
  CHECK(told.by == "desk");
  CHECK(told.why == "they said so");
  CHECK(!told.derived);
  REQUIRE(told.members.size() == 2);
  CHECK(told.members[0].customer == 1);
  CHECK(told.members[0].position == told.position);
  CHECK(told.members[0].evidence == 0);
  CHECK(club.Of(2) == std::vector<HouseholdId>{1, 2});
  CHECK(club.Of(4).empty());
  club.Leave(home, 2);
  CHECK(club.In(home) == Customers{1});
  CHECK(club.Of(2) == std::vector<HouseholdId>{2});
  club.Join(home, 4);
  CHECK(club.In(home) == Customers{1, 4});
  // Nobody is anybody else by it.
  for (CustomerId id = 1; id <= 4; ++id) {
    CHECK(club.tenant.GetCustomer(id)->id == id);
  }
  // What is so already is no change.
  const Position head = club.store.GetStats()->head;
  club.Join(home, 1);
  club.Leave(home, 2);
  CHECK(club.store.GetStats()->head == head);
  // An empty one stays, and its number is no other's.
  club.Leave(home, 1);
  club.Leave(home, 4);
  CHECK(club.List().size() == 1);
  CHECK(club.List({.empty = true}).size() == 2);
  CHECK(club.MustMake({1}) == 3);
  CHECK(club.List({.after = 2}).at(0).id == 3);
  CHECK(club.List({.limit = 1}).at(0).id == 2);
  CheckSound(club.store);
}

TEST_CASE("household: what cannot be says why, and changes nothing") {
  Club club;
  for (int i = 1; i <= 3; ++i) club.Member(i);
  Tenant other = MustTenant(club.store, "other-club");
  const HouseholdId home = club.MustMake({1}, "H-1");
  REQUIRE_OK(club.tenant.Erase(3));
  const std::string before = club.Told();
  const Position head = club.store.GetStats()->head;
  Tenant& tenant = club.tenant;
  CHECK_CODE(tenant.ChangeHousehold({.household = home}), kInvalidArgument);
  CHECK_CODE(
      tenant.ChangeHousehold({.household = home, .name = "x", .join = {{2}}}),
      kInvalidArgument);
  CHECK_CODE(tenant.ChangeHousehold({.leave = {1}}), kInvalidArgument);
  CHECK_CODE(
      tenant.ChangeHousehold({.household = home, .join = {{1}}, .leave = {1}}),
      kInvalidArgument);
  CHECK_CODE(tenant.ChangeHousehold({.join = {{1, 1}}}), kInvalidArgument);
  CHECK_CODE(tenant.ChangeHousehold({.join = {{1, 64}}, .derived = true}),
             kInvalidArgument);
  CHECK_CODE(tenant.ChangeHousehold({.join = {{1}}, .derived = true}),
             kInvalidArgument);
  CHECK_CODE(tenant.ChangeHousehold(
                 {.household = home, .join = {{2, 1}}, .derived = true}),
             kInvalidArgument);  // It was made by hand.
  CHECK_CODE(tenant.ChangeHousehold({.household = 9, .join = {{1}}}),
             kNotFound);
  CHECK_CODE(tenant.ChangeHousehold({.join = {{9}}}), kNotFound);
  CHECK_CODE(tenant.ChangeHousehold({.household = home, .leave = {9}}),
             kNotFound);
  CHECK_CODE(tenant.ChangeHousehold({.join = {{3}}}), kErased);
  CHECK_CODE(tenant.ChangeHousehold({.name = "H-1"}), kAlreadyExists);
  CHECK_CODE(tenant.ChangeHousehold({.name = std::string(129, 'x')}),
             kTooLarge);
  CHECK_CODE(tenant.ChangeHousehold({.name = "\xff"}), kInvalidArgument);
  CHECK_CODE(tenant.ChangeHousehold({.why = std::string(257, 'x')}), kTooLarge);
  CHECK_CODE(other.ChangeHousehold({.household = home, .join = {{1}}}),
             kNotFound);
  CHECK_CODE(tenant.ListHouseholds({.household = 9}), kNotFound);
  CHECK_CODE(tenant.ListHouseholds({.customer = 9}), kNotFound);
  CHECK_CODE(tenant.ListHouseholds({.name = "H-2"}), kNotFound);
  CHECK_CODE(other.ListHouseholds({.name = "H-1"}), kNotFound);
  CHECK_CODE(tenant.ListHouseholds({.limit = 0}), kInvalidArgument);
  CHECK_CODE(tenant.ListHouseholds({.limit = 1001}), kInvalidArgument);
  CHECK_CODE(tenant.MatchHouseholds({.min_evidence = 0}), kInvalidArgument);
  CHECK_CODE(tenant.MatchHouseholds({.max_members = 101}), kInvalidArgument);
  CHECK_CODE(tenant.MatchHouseholds({.fields = "["}), kMalformed);
  CHECK(club.store.GetStats()->head == head);
  CHECK(club.Told() == before);
}

TEST_CASE("household: a merge and its undoing move nobody else") {
  Club club;
  for (int i = 1; i <= 5; ++i) club.Member(i);
  const HouseholdId one = club.MustMake({1, 2});
  const HouseholdId two = club.MustMake({3, 4});
  const std::string before = club.Told();
  club.MustMerge(2, 3);
  CHECK(club.In(one) == Customers{1, 2});
  CHECK(club.In(two) == Customers{2, 4});
  CHECK(club.Of(3) == std::vector<HouseholdId>{one, two});  // By a retired id.
  // Whoever joins by an id belongs to the record that began it.
  const HouseholdId three = club.MustMake({3, 5});
  CHECK(club.In(three) == Customers{2, 5});
  REQUIRE_OK(club.tenant.Unmerge({.customer = 2}));
  CHECK(club.In(one) == Customers{1, 2});
  CHECK(club.In(two) == Customers{3, 4});
  CHECK(club.In(three) == Customers{3, 5});
  CHECK(club.Told().starts_with(before));
  // Two of one household become one member.
  club.MustMerge(1, 2);
  CHECK(club.In(one) == Customers{1});
  CHECK(club.Of(1) == std::vector<HouseholdId>{one});
  club.Leave(one, 1);
  CHECK(club.In(one).empty());
  CheckSound(club.store);
}

TEST_CASE("household: who is erased leaves, and nothing of her stays") {
  Scratch scratch;
  std::string told;
  {
    Club club(scratch / "s");
    for (int i = 1; i <= 3; ++i) club.Member(i);
    const HouseholdId home = club.MustMake({1, 2, 3}, "H-1");
    club.Leave(home, 3);
    REQUIRE_OK(club.tenant.Erase(1));
    REQUIRE_OK(club.tenant.Erase(3));
    CHECK(club.In(home) == Customers{2});
    CHECK_CODE(club.tenant.ListHouseholds({.customer = 1}), kErased);
    CheckSound(club.store);
    told = club.Told();
    REQUIRE_OK(club.store.Close());
  }
  // The log says the same without the views.
  std::filesystem::remove_all(scratch / "s/views");
  Club again(scratch / "s");
  CHECK(again.Told() == told);
  CheckSound(again.store);
}

TEST_CASE("household: a family is found, an office and a neighbour are not") {
  Club club;
  const std::string home = At("12 Hill Road", "8001");
  const CustomerId ada = club.Person("a", "King", home);
  const CustomerId ben = club.Person("b", "KING", At("12 Hill Rd", "8001"));
  const CustomerId eve =
      club.Person("e", "Byron", home, {{"phoneNumber", "+27821234567"}});
  const CustomerId kid =
      club.Person("k", "King", home, {{"phoneNumber", "+27821234567"}});
  club.Person("n", "Moss", home);                        // A neighbour.
  club.Person("o", "King", At("1 Far Street", "9000"));  // A namesake.
  for (int i = 0; i < 12; ++i) {
    club.Person("w" + std::to_string(i), "Work", At("5 Quay", "8002"),
                {{"email", "office@firm.co.za"}});
  }
  const std::string nothing = club.Told();
  const HouseholdReport would = club.Match(false);
  CHECK(club.Told() == nothing);
  CHECK(would.households == 1);
  CHECK(would.made == 1);
  CHECK(would.joined == 4);
  CHECK(would.position == 0);
  REQUIRE(would.changes.size() == 1);
  CHECK(would.changes[0].household == 0);
  const HouseholdReport did = club.Match(true);
  CHECK(did.made == 1);
  CHECK(did.changes[0].household == 1);
  CHECK(did.changes[0].join == would.changes[0].join);
  const Household found = club.List().at(0);
  CHECK(found.derived);
  CHECK(club.In(1) == Customers{ada, ben, eve, kid});
  CHECK(HouseholdEvidenceNames(found.members[0].evidence) ==
        std::vector<std::string_view>{"address", "surname"});
  CHECK(HouseholdEvidenceNames(found.members[2].evidence) ==
        std::vector<std::string_view>{"address", "phone"});
  // A second run finds nothing to do.
  const Position head = club.store.GetStats()->head;
  const HouseholdReport again = club.Match(true);
  CHECK(again.households == 1);
  CHECK(again.changes.empty());
  CHECK(again.position == 0);
  CHECK(club.store.GetStats()->head == head);
  CheckSound(club.store);
}

TEST_CASE("household: what is said by hand stays, whatever is found") {
  Club club;
  const std::string home = At("12 Hill Road", "8001");
  const CustomerId ada = club.Person("a", "King", home);
  const CustomerId ben = club.Person("b", "King", home);
  const CustomerId kid = club.Person("k", "King", home);
  const CustomerId far = club.Person("f", "Moss", At("1 Far", "9000"));
  club.Match(true);
  CHECK(club.In(1) == Customers{ada, ben, kid});
  club.Leave(1, kid);
  club.Join(1, far);
  CHECK(club.Match(true).changes.empty());
  CHECK(club.In(1) == Customers{ada, ben, far});
  SUBCASE("who moves away is taken out") {
    club.Person("b", "King", At("7 New Lane", "7000"));
    const HouseholdReport moved = club.Match(true);
    CHECK(moved.left == 1);
    CHECK(club.In(1) == Customers{ada, far});
    CHECK(club.Match(true).changes.empty());
    club.Person("b", "King", home);  // And back.
    CHECK(club.Match(true).joined == 1);
    CHECK(club.In(1) == Customers{ada, ben, far});
  }
  SUBCASE("one alone is no household") {
    club.Leave(1, far);
    club.Person("b", "King", At("7 New Lane", "7000"));
    CHECK(club.Match(true).left == 2);
    CHECK(club.In(1).empty());
    // Her son left it by hand: no other one is made for the two.
    CHECK(club.Match(true).changes.empty());
  }
  SUBCASE("a household made by hand takes its people out of reach") {
    club.MustMake({ben});
    CHECK(club.Match(true).left == 1);
    CHECK(club.In(1) == Customers{ada, far});
    CHECK(club.Match(true).changes.empty());
  }
  SUBCASE("two of it become one, and two again") {
    const std::string before = club.Told();
    club.MustMerge(ada, ben);
    CHECK(club.In(1) == Customers{ada, far});
    REQUIRE_OK(club.tenant.Unmerge({.customer = ada}));
    CHECK(club.Told() == before);
  }
  CheckSound(club.store);
}

TEST_CASE("household: one who is in too many keeps nobody from being found") {
  Club club;
  const std::string home = At("7 Oak Road", "7700");
  const CustomerId ann = club.Person("ann", "Reed", home);
  const CustomerId ben = club.Person("ben", "Reed", home);
  const CustomerId cid = club.Person("cid", "Reed", home);
  for (int i = 0; i < 100; ++i) club.Leave(club.MustMake({ann}), ann);
  CHECK_CODE(club.tenant.ChangeHousehold({.join = {{ann}}}), kTooLarge);
  const HouseholdReport report = club.Match(true);
  CHECK(report.made == 1);
  CHECK(report.joined == 2);
  REQUIRE(club.Of(ben).size() == 1);
  CHECK(club.In(club.Of(ben)[0]) == Customers{ben, cid});
  CHECK(club.Match(true).changes.empty());
  CheckSound(club.store);
}

TEST_CASE("household: a chain of neighbours is none") {
  Club club;
  // Each shares two things with the next one, and nobody with all.
  for (int i = 0; i < 8; ++i) {
    const auto phone = [](int n) {
      return Identifier{"phoneNumber", "+2782000100" + std::to_string(n)};
    };
    const auto mail = [](int n) {
      return Identifier{"email", "x" + std::to_string(n) + "@club.org"};
    };
    // Two at once: the second one is named, and is the one before's.
    club.Person("c" + std::to_string(i), "S" + std::to_string(i), "",
                {phone(i), mail(i)});
    if (i == 0) continue;
    Event event = MakeEvent(
        "shared" + std::to_string(i),
        {{"sclMemberId", "c" + std::to_string(i)}, phone(i - 1), mail(i - 1)});
    MustAppendOne(club.tenant, event);
  }
  const HouseholdReport report = club.Match(true);
  for (const Household& household : club.List()) {
    CHECK(household.members.size() <= 3);
  }
  CHECK(report.households > 0);
  CHECK(club.Match(true).changes.empty());
}

TEST_CASE("household: a run is cancelled, and changes nothing") {
  Club club;
  club.Person("a", "King", At("12 Hill Road", "8001"));
  club.Person("b", "King", At("12 Hill Road", "8001"));
  const Position head = club.store.GetStats()->head;
  HouseholdMatchOptions options;
  options.dry_run = false;
  options.progress = [](const MatchProgress&) { return false; };
  CHECK_CODE(club.tenant.MatchHouseholds(options), kCancelled);
  CHECK(club.store.GetStats()->head == head);
}

// What households are, simply: names of persons in sets. A person is the record
// that began her; a merge and its undoing change nothing here.
struct Model {
  struct Home {
    std::map<RecordId, bool> by_hand;  // False: she left.
  };
  std::map<HouseholdId, Home> homes;
};

TEST_CASE("household: random lives, as a model has them") {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](uint32_t n) { return random() % n; };
    Scratch scratch;
    std::optional<Club> club(std::in_place, scratch / "s");
    constexpr int kPeople = 10;
    for (int i = 1; i <= kPeople; ++i) club->Member(i);
    Model model;
    const auto records_of = [&](CustomerId id) {
      std::vector<RecordId> records;
      const Result<Customer> customer = club->tenant.GetCustomer(id);
      REQUIRE_OK(customer);
      for (const CustomerRecord& one : customer->records) {
        records.push_back(one.record);
      }
      return records;
    };
    for (int step = 0; step < 120; ++step) {
      const CustomerId a = 1 + below(kPeople);
      const CustomerId b = 1 + below(kPeople);
      const bool gone = !club->tenant.GetCustomer(a).ok();
      const uint32_t what = below(20);
      if (what < 4) {
        const HouseholdId id = club->MustMake({});
        model.homes[id];
      } else if (model.homes.empty() || gone) {
        continue;
      } else if (what < 10) {
        const HouseholdId id =
            1 + below(static_cast<uint32_t>(model.homes.size()));
        club->Join(id, a);
        model.homes[id].by_hand[a] = true;  // Customer n began with record n.
      } else if (what < 13) {
        const HouseholdId id =
            1 + below(static_cast<uint32_t>(model.homes.size()));
        club->Leave(id, a);
        for (const RecordId record : records_of(a)) {
          auto& items = model.homes[id].by_hand;
          if (items.contains(record)) items[record] = false;
        }
      } else if (what < 16) {
        (void)club->tenant.Merge(a, b, {.by = "t", .why = "t", .force = true});
      } else if (what < 18) {
        (void)club->tenant.Unmerge({.customer = a});
      } else if (what == 18 && below(3) == 0) {
        const std::vector<RecordId> records = records_of(a);
        REQUIRE_OK(club->tenant.Erase(a, {.confirm = true}));
        for (auto& [id, home] : model.homes) {
          for (const RecordId record : records) home.by_hand.erase(record);
        }
      } else if (what == 19 && below(4) == 0) {
        REQUIRE_OK(club->store.Close());
        club.reset();
        if (below(2) == 0) std::filesystem::remove_all(scratch / "s/views");
        club.emplace(scratch / "s");
      }
    }
    for (const auto& [id, home] : model.homes) {
      std::set<CustomerId> want;
      for (const auto& [record, in] : home.by_hand) {
        if (in) want.insert(club->tenant.GetCustomer(record)->id);
      }
      const Customers have = club->In(id);
      CHECK(std::set<CustomerId>(have.begin(), have.end()) == want);
    }
    CheckSound(club->store);
  }
}

}  // namespace
}  // namespace crm
