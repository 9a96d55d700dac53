// Tenant::MatchHouseholds: who shares what, beside the appends; then what
// differs from the households that there are becomes choices, all at once.

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/mutex.h"
#include "identity/household_groups.h"
#include "store/households.h"
#include "store/identity_text.h"
#include "store/match_fields.h"
#include "store/refusal.h"

namespace crm {
namespace {

constexpr uint64_t kMostChanges = 10'000;
constexpr size_t kListedHouseholds = 1'000;
constexpr int kMostKinds = 4;
constexpr size_t kMostMembers = 100;

// What all customers of a tenant may share.
class Gathering final {
 public:
  Gathering(const Tenant::Impl& tenant, const HouseholdMatchOptions& options)
      : core_(*tenant.core),
        identity_(tenant.core->views->identity()),
        tenant_(tenant.info.id),
        options_(options),
        view_(tenant.core->views->overlay().OpenView()) {}

  Status Run(const MatchFieldMap& fields, HouseholdReport* report) {
    Result<TenantCounts> counts = core_.views->event().Counts(tenant_, *view_);
    if (!counts.ok()) return std::move(counts).status();
    for (RecordId record = 1; record <= counts->records; ++record) {
      Status status = ReadRecord(record, fields, report);
      if (!status.ok()) return status;
      const bool last = record == counts->records;
      if ((last || record % kMatchProgressEvery == 0) && options_.progress &&
          !options_.progress({"read", record, counts->records})) {
        return Status(StatusCode::kCancelled, "cancelled");
      }
    }
    return ReadIdentifiers();
  }

  // By customer; those of whom nothing is known are left out.
  std::vector<HouseholdPerson> Take() {
    std::erase_if(persons_,
                  [](const HouseholdPerson& person) { return person.empty(); });
    std::sort(persons_.begin(), persons_.end(),
              [](const HouseholdPerson& a, const HouseholdPerson& b) {
                return a.customer < b.customer;
              });
    return std::move(persons_);
  }

 private:
  Status ReadRecord(RecordId record, const MatchFieldMap& fields,
                    HouseholdReport* report) {
    Result<RecordRow> row = identity_.RecordOf(tenant_, record, *view_);
    if (row.status().code() == StatusCode::kNotFound) return Status::Ok();
    if (!row.ok()) return std::move(row).status();
    const auto [place, is_first] =
        place_.try_emplace(row->customer, persons_.size());
    if (is_first) persons_.push_back({.customer = row->customer});
    MatchFieldMap::Traits traits;
    Status status = core_.views->profile().ForEachTrait(
        tenant_, record, [&](std::string_view name, std::string_view value) {
          traits.emplace(name, value);
        });
    if (!status.ok()) return status;
    const std::vector<MatchValue> values = fields.ValuesOf(traits);
    if (!values.empty()) ++report->records;
    AddHouseholdValues(values, &persons_[place->second]);
    return status;
  }

  Status ReadIdentifiers() {
    for (HouseholdPerson& person : persons_) {
      Result<Members> members =
          identity_.MembersOf(tenant_, person.customer, *view_);
      if (!members.ok()) return std::move(members).status();
      for (const Members::Claim& claim : members->claims) {
        if (claim.state == Members::Claim::State::kKey ||
            claim.klass == IdentifierClass::kExclusive) {
          continue;
        }
        AddHouseholdIdentifier(
            core_.names.Text(NameKind::kNamespace, claim.name_space),
            claim.hash, &person);
      }
    }
    return Status::Ok();
  }

  const StoreCore& core_;
  const IdentityRoom& identity_;
  const uint32_t tenant_;
  const HouseholdMatchOptions& options_;
  const std::shared_ptr<View> view_;
  std::vector<HouseholdPerson> persons_;
  absl::flat_hash_map<CustomerId, size_t> place_;
};

// From groups to changes of the households that there are.
class Planning final {
 public:
  Planning(const Tenant::Impl& tenant, Sequencer::Choosing& choosing,
           const std::vector<HouseholdGroup>& groups)
      : identity_(tenant.core->views->identity()),
        tenant_(tenant.info.id),
        rows_(choosing.context().rows),
        found_(groups) {}

  // By household, then the new ones by their first customer.
  Status Run(std::vector<HouseholdChange>* changes) {
    Status status = ReadHouseholds();
    if (status.ok()) status = ReadGroups();
    if (!status.ok()) return status;
    Assign();
    for (const auto& [id, known] : derived_) {
      if (!known.assigned) Differ(id, known, {}, changes);
    }
    for (const Group& group : groups_) {
      if (group.household != 0) {
        const Known& known = derived_.at(group.household);
        Differ(group.household, known, Wanted(group, known), changes);
      }
    }
    std::sort(changes->begin(), changes->end(),
              [](const HouseholdChange& a, const HouseholdChange& b) {
                return a.household < b.household;
              });
    for (const Group& group : groups_) {
      if (group.household == 0) {
        Differ(0, Known(), Wanted(group, Known()), changes);
      }
    }
    return status;
  }

 private:
  using Joins = std::map<CustomerId, uint32_t>;  // With their evidence.
  // A derived household.
  struct Known {
    std::set<CustomerId> derived;  // Members whom a run put in,
    std::set<CustomerId> by_hand;  // and whom somebody did.
    std::set<CustomerId> left;     // Whom somebody took out.
    size_t items = 0;              // Of all of them, record by record.
    bool assigned = false;
  };
  struct Group {
    Joins members;
    HouseholdId household = 0;  // That it is; 0: none as yet.
  };

  Status ReadHouseholds() {
    Result<uint64_t> last = identity_.LastHousehold(tenant_, rows_);
    if (!last.ok()) return std::move(last).status();
    for (HouseholdId id = 1; id <= *last; ++id) {
      Result<HouseholdRow> row = identity_.HouseholdOf(tenant_, id, rows_);
      if (!row.ok()) return std::move(row).status();
      Known known;
      known.items = row->members.size();
      for (const HouseholdRow::Member& item : row->members) {
        Result<RecordRow> record =
            identity_.RecordOf(tenant_, item.record, rows_);
        if (!record.ok()) return std::move(record).status();
        const CustomerId customer = record->customer;
        ++named_[customer];
        (item.left      ? known.left
         : item.derived ? known.derived
                        : known.by_hand)
            .insert(customer);
        if (!item.left && !item.derived) pinned_[customer].insert(id);
      }
      if (row->derived) derived_.emplace(id, std::move(known));
    }
    return Status::Ok();
  }

  // Since they were found some may have been merged, or erased.
  Status ReadGroups() {
    std::set<CustomerId> seen;
    for (const HouseholdGroup& found : found_) {
      Group group;
      for (const HouseholdJoin& join : found) {
        Result<CustomerId> current =
            identity_.Current(tenant_, join.customer, rows_);
        if (!current.ok()) return std::move(current).status();
        Result<Members> members = identity_.MembersOf(tenant_, *current, rows_);
        if (!members.ok()) return std::move(members).status();
        if (members->IsErased() || !seen.insert(*current).second) continue;
        group.members[*current] = join.evidence;
      }
      if (!group.members.empty()) groups_.push_back(std::move(group));
    }
    return Status::Ok();
  }

  // Each household goes to the group with most of its people; those whom
  // somebody took out count, so that they are known to be out of it.
  void Assign() {
    std::map<CustomerId, std::vector<HouseholdId>> of;
    for (const auto& [id, known] : derived_) {
      std::set<CustomerId> all = known.derived;
      all.insert(known.by_hand.begin(), known.by_hand.end());
      all.insert(known.left.begin(), known.left.end());
      for (const CustomerId customer : all) of[customer].push_back(id);
    }
    std::vector<std::tuple<int64_t, HouseholdId, size_t>> fits;
    for (size_t i = 0; i < groups_.size(); ++i) {
      std::map<HouseholdId, int64_t> common;
      for (const auto& [customer, evidence] : groups_[i].members) {
        const auto found = of.find(customer);
        if (found == of.end()) continue;
        for (const HouseholdId id : found->second) ++common[id];
      }
      for (const auto& [id, count] : common) fits.emplace_back(-count, id, i);
    }
    std::sort(fits.begin(), fits.end());
    for (const auto& [count, id, group] : fits) {
      Known& known = derived_.at(id);
      if (known.assigned || groups_[group].household != 0) continue;
      known.assigned = true;
      groups_[group].household = id;
    }
  }

  // One that is at a limit is no reason to do nothing for all others.
  bool IsFull(CustomerId customer, const Known& known, size_t joining) const {
    const auto named = named_.find(customer);
    return known.items + joining >= kMaxHouseholdMembers ||
           (named != named_.end() && named->second >= kMaxHouseholdsOfRecord);
  }

  // Whom a run may put in; nobody, if it would be no household.
  Joins Wanted(const Group& group, const Known& known) const {
    Joins wanted;
    size_t joining = 0;
    std::set<CustomerId> all = known.by_hand;
    for (const auto& [customer, evidence] : group.members) {
      const bool by_hand = known.by_hand.contains(customer);
      const bool elsewhere = !by_hand && pinned_.contains(customer);
      const bool left = !by_hand && known.left.contains(customer);
      if (elsewhere || left) continue;
      if (!by_hand && !known.derived.contains(customer)) {
        if (IsFull(customer, known, joining)) continue;
        ++joining;
      }
      all.insert(customer);
      if (!by_hand) wanted[customer] = evidence;
    }
    if (all.size() < 2) wanted.clear();
    return wanted;
  }

  static void Differ(HouseholdId id, const Known& known, const Joins& wanted,
                     std::vector<HouseholdChange>* changes) {
    HouseholdChange change;
    change.household = id;
    change.derived = true;
    for (const auto& [customer, evidence] : wanted) {
      if (known.derived.contains(customer)) continue;
      change.join.push_back({customer, evidence});
    }
    for (const CustomerId customer : known.derived) {
      if (!wanted.contains(customer)) change.leave.push_back(customer);
    }
    if (change.join.empty() && change.leave.empty()) return;
    changes->push_back(std::move(change));
  }

  const IdentityRoom& identity_;
  const uint32_t tenant_;
  Generation& rows_;
  const std::vector<HouseholdGroup>& found_;
  std::vector<Group> groups_;
  std::map<HouseholdId, Known> derived_;
  std::map<CustomerId, std::set<HouseholdId>> pinned_;
  std::map<CustomerId, size_t> named_;  // In so many places, left or not.
};

Status Apply(const Tenant::Impl& tenant, Sequencer::Choosing& choosing,
             const std::vector<HouseholdGroup>& groups,
             const HouseholdMatchOptions& options, HouseholdReport* report) {
  std::vector<HouseholdChange> changes;
  Status status = Planning(tenant, choosing, groups).Run(&changes);
  for (size_t i = 0; status.ok() && i < changes.size(); ++i) {
    if (i == kMostChanges) {
      report->remaining = changes.size() - i;
      break;
    }
    HouseholdChange& change = changes[i];
    change.by = options.by;
    change.why = options.why;
    HouseholdDone done;
    status = EmitHouseholdChange(tenant, choosing, change, &done);
    if (change.household == 0) ++report->made;
    report->joined += done.joined;
    report->left += done.left;
    if (done.position != 0) report->position = done.position;
    if (!options.dry_run) change.household = done.id;
    if (i < kListedHouseholds) report->changes.push_back(std::move(change));
  }
  if (options.dry_run) report->position = 0;
  return status;
}

Status Check(const HouseholdMatchOptions& options) {
  if (options.min_evidence < 1 || options.min_evidence > kMostKinds) {
    return Invalid("min_evidence: must be 1 to 4");
  }
  if (options.max_members < 2 || options.max_members > kMostMembers) {
    return Invalid("max_members: must be 2 to 100");
  }
  return CheckWho(options.by, options.why);
}

}  // namespace

Result<HouseholdReport> Tenant::MatchHouseholds(
    const HouseholdMatchOptions& options) {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = Check(options);
  if (!status.ok()) return status;
  Result<MatchFieldMap> fields = MatchFieldMap::Parse(options.fields);
  if (!fields.ok()) return fields.status();
  HouseholdReport report;
  Gathering gathering(*impl_, options);
  status = gathering.Run(*fields, &report);
  if (!status.ok()) return status;
  std::vector<HouseholdPerson> persons = gathering.Take();
  report.customers = persons.size();
  std::vector<HouseholdGroup> groups;
  status = GroupHouseholds(std::move(persons),
                           {options.min_evidence, options.max_members},
                           options.progress, &groups);
  if (!status.ok()) return status;
  report.households = groups.size();
  status = impl_->core->sequencer->Choose(
      impl_->info.id, options.dry_run, [&](Sequencer::Choosing& choosing) {
        return Apply(*impl_, choosing, groups, options, &report);
      });
  if (!status.ok()) return status;
  return report;
}

}  // namespace crm
