#include "identity/household_groups.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

#include "identity/match_text.h"

namespace crm {
namespace {

constexpr uint64_t kProgressEvery = 65'536;

struct Named {
  HouseholdEvidence evidence;
  std::string_view name;
};
constexpr Named kNames[] = {
    {HouseholdEvidence::kAddress, "address"},
    {HouseholdEvidence::kEmail, "email"},
    {HouseholdEvidence::kPhone, "phone"},
    {HouseholdEvidence::kSurname, "surname"},
    {HouseholdEvidence::kIdentifier, "identifier"},
};

constexpr uint32_t Bit(HouseholdEvidence evidence) {
  return static_cast<uint32_t>(evidence);
}

uint64_t HashOfValue(HouseholdEvidence evidence, std::string text) {
  text.push_back(static_cast<char>(evidence));
  return StableHash64(text);
}

void AddValue(HouseholdEvidence evidence, const std::string& text,
              HouseholdPerson* person) {
  if (text.empty()) return;
  person->values.emplace_back(HashOfValue(evidence, text), Bit(evidence));
}

template <typename T>
void SortOnce(std::vector<T>* items) {
  std::sort(items->begin(), items->end());
  items->erase(std::unique(items->begin(), items->end()), items->end());
}

template <typename T>
bool Share(const std::vector<T>& a, const std::vector<T>& b) {
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() && y != b.end()) {
    if (*x == *y) return true;
    *x < *y ? ++x : ++y;
  }
  return false;
}

// Two persons by their numbers, the smaller one first, and what they share.
struct Pair {
  uint32_t a;
  uint32_t b;
  uint32_t evidence;

  int kinds() const { return std::popcount(evidence); }
};

class Grouping final {
 public:
  Grouping(const std::vector<HouseholdPerson>& persons,
           const HouseholdRules& rules)
      : persons_(persons), rules_(rules), parent_(persons.size()) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  Status Run(const MatchProgressCallback& progress) {
    Status status = FindPairs(progress);
    if (!status.ok()) return status;
    KeepThoseThatGo();
    for (const Pair& pair : pairs_) TryJoin(pair);
    return status;
  }

  std::vector<HouseholdGroup> Groups() {
    // Of each person: what she shares within her group.
    absl::flat_hash_map<uint32_t, uint32_t> evidence;
    for (const Pair& pair : pairs_) {
      if (Find(pair.a) != Find(pair.b)) continue;
      evidence[pair.a] |= pair.evidence;
      evidence[pair.b] |= pair.evidence;
    }
    std::vector<HouseholdGroup> groups;
    for (auto& [root, members] : members_) {
      if (members.size() < 2) continue;
      HouseholdGroup& group = groups.emplace_back();
      std::sort(members.begin(), members.end());
      for (const uint32_t one : members) {
        group.push_back({persons_[one].customer, evidence[one]});
      }
    }
    std::sort(groups.begin(), groups.end(),
              [](const HouseholdGroup& x, const HouseholdGroup& y) {
                return x.front().customer < y.front().customer;
              });
    return groups;
  }

 private:
  // Of all who share a value that few enough share.
  Status FindPairs(const MatchProgressCallback& progress) {
    struct Item {
      uint64_t value;
      uint32_t evidence;
      uint32_t person;
    };
    std::vector<Item> items;
    for (uint32_t i = 0; i < persons_.size(); ++i) {
      for (const auto& [value, evidence] : persons_[i].values) {
        items.push_back({value, evidence, i});
      }
    }
    std::sort(items.begin(), items.end(), [](const Item& x, const Item& y) {
      return std::tie(x.value, x.person) < std::tie(y.value, y.person);
    });
    absl::flat_hash_map<uint64_t, uint32_t> found;
    uint64_t values = 0;
    for (size_t begin = 0, end = 0; begin < items.size(); begin = end) {
      while (end < items.size() && items[end].value == items[begin].value) {
        ++end;
      }
      const bool tell = ++values % kProgressEvery == 0 || end == items.size();
      if (tell && progress && !progress({"pair", end, items.size()})) {
        return Status(StatusCode::kCancelled, "cancelled");
      }
      if (end - begin > rules_.max_members) continue;
      for (size_t i = begin; i < end; ++i) {
        for (size_t j = i + 1; j < end; ++j) {
          found[Key(items[i].person, items[j].person)] |= items[i].evidence;
        }
      }
    }
    for (const auto& [key, evidence] : found) {
      share_.insert(key);
      pairs_.push_back({static_cast<uint32_t>(key >> 32),
                        static_cast<uint32_t>(key), evidence});
    }
    return Status::Ok();
  }

  static uint64_t Key(uint32_t a, uint32_t b) {
    return uint64_t{std::min(a, b)} << 32 | std::max(a, b);
  }

  // Those with enough evidence, most of it first.
  void KeepThoseThatGo() {
    for (Pair& pair : pairs_) {
      if (Share(persons_[pair.a].surnames, persons_[pair.b].surnames)) {
        pair.evidence |= Bit(HouseholdEvidence::kSurname);
      }
    }
    std::erase_if(pairs_, [this](const Pair& pair) {
      return pair.kinds() < rules_.min_evidence;
    });
    std::sort(pairs_.begin(), pairs_.end(), [](const Pair& x, const Pair& y) {
      return std::tuple(-x.kinds(), x.a, x.b) <
             std::tuple(-y.kinds(), y.a, y.b);
    });
  }

  uint32_t Find(uint32_t person) {
    while (parent_[person] != person) {
      person = parent_[person] = parent_[parent_[person]];
    }
    return person;
  }

  std::vector<uint32_t>& MembersOf(uint32_t root) {
    std::vector<uint32_t>& members = members_[root];
    if (members.empty()) members.push_back(root);
    return members;
  }

  void TryJoin(const Pair& pair) {
    const uint32_t a = Find(pair.a);
    const uint32_t b = Find(pair.b);
    if (a == b) return;
    const std::vector<uint32_t> left = MembersOf(a);
    const std::vector<uint32_t> right = MembersOf(b);
    if (left.size() + right.size() > rules_.max_members) return;
    size_t share = 0;
    for (const uint32_t x : left) {
      for (const uint32_t y : right) {
        share += share_.contains(Key(x, y)) ? 1 : 0;
      }
    }
    if (2 * share < left.size() * right.size()) return;
    parent_[b] = a;
    members_.erase(b);
    std::vector<uint32_t>& all = members_[a];
    all.insert(all.end(), right.begin(), right.end());
  }

  const std::vector<HouseholdPerson>& persons_;
  const HouseholdRules& rules_;
  std::vector<Pair> pairs_;
  absl::flat_hash_set<uint64_t> share_;  // Keys of all pairs that share any.
  std::vector<uint32_t> parent_;
  absl::flat_hash_map<uint32_t, std::vector<uint32_t>> members_;
};

}  // namespace

std::vector<std::string_view> HouseholdEvidenceNames(uint32_t evidence) {
  std::vector<std::string_view> names;
  for (const Named& one : kNames) {
    if ((evidence & Bit(one.evidence)) != 0) names.push_back(one.name);
  }
  return names;
}

void AddHouseholdValues(std::span<const MatchValue> values,
                        HouseholdPerson* person) {
  RawName name;
  std::string_view street;
  std::string house;
  std::string town;
  std::string postcode;
  for (const MatchValue& value : values) {
    switch (value.field) {
      case MatchField::kSurname:
        name.surname = value.text;
        break;
      case MatchField::kFullName:
        name.full = value.text;
        break;
      case MatchField::kStreet:
        street = value.text;
        break;
      case MatchField::kHouseNumber:
        house = FoldCode(value.text);
        break;
      case MatchField::kCity:
        town = FoldText(value.text);
        break;
      case MatchField::kPostcode:
        postcode = FoldCode(value.text);
        break;
      case MatchField::kEmail:
        AddValue(HouseholdEvidence::kEmail, FoldEmail(value.text), person);
        break;
      case MatchField::kPhone:
        AddValue(HouseholdEvidence::kPhone, FoldPhone(value.text), person);
        break;
      default:
        break;
    }
  }
  const std::string surname = SplitName(name).surname;
  if (!surname.empty()) {
    person->surnames.push_back(
        HashOfValue(HouseholdEvidence::kSurname, surname));
  }
  const std::string folded = FoldStreet(street, &house);
  if (folded.empty() || house.empty()) return;
  const std::string at = folded + '\n' + house + '\n';
  // Where one record names the town and another the postcode, both count.
  if (!postcode.empty()) {
    AddValue(HouseholdEvidence::kAddress, at + postcode, person);
  }
  if (!town.empty()) {
    AddValue(HouseholdEvidence::kAddress, at + town, person);
  }
}

void AddHouseholdIdentifier(std::string_view name_space, const Hash128& hash,
                            HouseholdPerson* person) {
  const HouseholdEvidence evidence =
      name_space == "email"         ? HouseholdEvidence::kEmail
      : name_space == "phoneNumber" ? HouseholdEvidence::kPhone
                                    : HouseholdEvidence::kIdentifier;
  person->values.emplace_back(hash.lo ^ hash.hi, Bit(evidence));
}

Status GroupHouseholds(std::vector<HouseholdPerson> persons,
                       const HouseholdRules& rules,
                       const MatchProgressCallback& progress,
                       std::vector<HouseholdGroup>* groups) {
  for (HouseholdPerson& person : persons) {
    SortOnce(&person.values);
    SortOnce(&person.surnames);
  }
  Grouping grouping(persons, rules);
  Status status = grouping.Run(progress);
  if (status.ok()) *groups = grouping.Groups();
  return status;
}

}  // namespace crm
