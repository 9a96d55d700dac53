// Tenant: households, as somebody says they are. See crm/household.h.

#include "store/households.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/instant.h"
#include "base/mutex.h"
#include "base/utf8.h"
#include "store/erased.h"
#include "store/identity_text.h"
#include "store/refusal.h"

namespace crm {
namespace {

using Said = IdentityChoice::Household;

constexpr size_t kMostListed = 1'000;

// One change: it reads through the generation, and emits.
class Changing final {
 public:
  Changing(const Tenant::Impl& tenant, Sequencer::Choosing& choosing,
           const HouseholdChange& change)
      : core_(*tenant.core),
        identity_(tenant.core->views->identity()),
        tenant_(tenant.info.id),
        choosing_(choosing),
        rows_(choosing.context().rows),
        change_(change) {}

  Status Run(HouseholdDone* done) {
    Status status = FindHousehold();
    if (status.ok()) status = FindWho();
    for (size_t i = 0; status.ok() && i < joining_.size(); ++i) {
      status = Join(change_.join[i], joining_[i]);
    }
    for (size_t i = 0; status.ok() && i < leaving_.size(); ++i) {
      Leave(change_.leave[i], leaving_[i]);
    }
    if (status.ok()) status = CheckLimits();
    if (!status.ok()) return status;
    const Said& said = choice_.household;
    done->id = said.number;
    if (!said.made && said.joined.empty() && said.left.empty()) return status;
    choice_.kind = ChoiceKind::kHousehold;
    choice_.origin =
        change_.derived ? ChoiceOrigin::kMatch : ChoiceOrigin::kHand;
    choice_.tenant = tenant_;
    choice_.by = change_.by;
    choice_.why = change_.why;
    choice_.household.at = choosing_.now();
    done->joined = said.joined.size();
    done->left = said.left.size();
    status = choosing_.Emit(&choice_);
    done->position = choice_.position;
    return status;
  }

 private:
  struct Side {
    CustomerId customer = 0;
    Members members;
  };

  Status FindHousehold() {
    Said& said = choice_.household;
    said.number = change_.household;
    if (said.number == 0) {
      Result<uint64_t> last = identity_.LastHousehold(tenant_, rows_);
      if (!last.ok()) return std::move(last).status();
      said.number = *last + 1;
      said.made = true;
      said.name = change_.name;
      return CheckName();
    }
    Result<HouseholdRow> row =
        identity_.HouseholdOf(tenant_, said.number, rows_);
    if (!row.ok()) return std::move(row).status();
    row_ = std::move(row).value();
    if (row_.position == 0) return NotFound("household", said.number);
    if (change_.derived && !row_.derived) {
      return Invalid("derived: household " + std::to_string(said.number) +
                     " was made by hand");
    }
    return Status::Ok();
  }

  Status CheckName() {
    if (change_.name.empty()) return Status::Ok();
    choice_.hash = identity_.HashOfHousehold(tenant_, change_.name);
    Result<uint64_t> other =
        identity_.HouseholdNamed(tenant_, choice_.hash, rows_);
    if (!other.ok()) return std::move(other).status();
    if (*other == 0) return Status::Ok();
    return Status(StatusCode::kAlreadyExists,
                  "household " + std::to_string(*other) + " has this name");
  }

  Result<Side> SideOf(CustomerId customer) {
    Side side;
    Result<CustomerId> current = identity_.Current(tenant_, customer, rows_);
    if (!current.ok()) return std::move(current).status();
    if (*current == 0) return NotFound("customer", customer);
    side.customer = *current;
    Result<Members> members = identity_.OwnMembers(tenant_, *current, rows_);
    if (!members.ok()) return std::move(members).status();
    side.members = std::move(members).value();
    Status erased = CheckNotErased(customer, side.members);
    if (!erased.ok()) return erased;
    return side;
  }

  Status FindWho() {
    for (const HouseholdJoin& join : change_.join) {
      Result<Side> side = SideOf(join.customer);
      if (!side.ok()) return std::move(side).status();
      joining_.push_back(std::move(side).value());
    }
    for (const CustomerId customer : change_.leave) {
      Result<Side> side = SideOf(customer);
      if (!side.ok()) return std::move(side).status();
      for (const Side& other : joining_) {
        if (other.customer != side->customer) continue;
        return Invalid("customer " + std::to_string(customer) +
                       " is to join and to leave");
      }
      leaving_.push_back(std::move(side).value());
    }
    return Status::Ok();
  }

  // Somebody said where she belongs, and it is not here.
  Result<bool> IsPinnedElsewhere(const Members& members) {
    for (const Members::Member& member : members.records) {
      Result<HouseholdsOfRow> of =
          identity_.HouseholdsNaming(tenant_, member.record, rows_);
      if (!of.ok()) return std::move(of).status();
      for (const uint64_t number : of->numbers) {
        if (number == choice_.household.number) continue;
        Result<HouseholdRow> row =
            identity_.HouseholdOf(tenant_, number, rows_);
        if (!row.ok()) return std::move(row).status();
        const HouseholdRow::Member* const item = row->Find(member.record);
        if (item != nullptr && !item->left && !item->derived) return true;
      }
    }
    return false;
  }

  Status Join(const HouseholdJoin& join, const Side& side) {
    const RecordId record = side.members.FirstRecord(join.customer);
    if (change_.derived) {
      // She is there, or somebody took her out for good.
      for (const Members::Member& member : side.members.records) {
        if (row_.Find(member.record) != nullptr) return Status::Ok();
      }
      Result<bool> pinned = IsPinnedElsewhere(side.members);
      if (!pinned.ok()) return std::move(pinned).status();
      if (*pinned) return Status::Ok();
    } else {
      // Another record of hers may go to somebody else again.
      const HouseholdRow::Member* const item = row_.Find(record);
      const bool stays = item != nullptr && !item->left && !item->derived;
      if (stays) return Status::Ok();
    }
    Result<HouseholdsOfRow> of =
        identity_.HouseholdsNaming(tenant_, record, rows_);
    if (!of.ok()) return std::move(of).status();
    if (of->numbers.size() >= kMaxHouseholdsOfRecord) {
      return Status(StatusCode::kTooLarge,
                    "customer " + std::to_string(join.customer) + " is in " +
                        std::to_string(kMaxHouseholdsOfRecord) + " households");
    }
    for (const Said::Join& before : choice_.household.joined) {
      if (before.record == record) return Status::Ok();
    }
    choice_.household.joined.push_back({join.customer, record, join.evidence});
    return Status::Ok();
  }

  void Leave(CustomerId customer, const Side& side) {
    Said::Leave leave{customer, {}};
    bool left_before = false;
    for (const Members::Member& member : side.members.records) {
      const HouseholdRow::Member* const item = row_.Find(member.record);
      if (item == nullptr) continue;
      left_before |= item->left;
      if (item->left || (change_.derived && !item->derived)) continue;
      leave.records.push_back(member.record);
    }
    std::sort(leave.records.begin(), leave.records.end());
    // So that no run puts her in.
    if (leave.records.empty() && !left_before && !change_.derived) {
      leave.records.push_back(side.members.FirstRecord(customer));
    }
    for (const Said::Leave& before : choice_.household.left) {
      if (before.records == leave.records) return;
    }
    if (!leave.records.empty()) {
      choice_.household.left.push_back(std::move(leave));
    }
  }

  Status CheckLimits() const {
    const Said& said = choice_.household;
    size_t members = row_.members.size() + said.joined.size();
    for (const Said::Leave& leave : said.left) {
      for (const RecordId record : leave.records) {
        members += row_.Find(record) == nullptr ? 1 : 0;
      }
    }
    if (members <= kMaxHouseholdMembers) return Status::Ok();
    return Status(
        StatusCode::kTooLarge,
        "household: over " + std::to_string(kMaxHouseholdMembers) + " members");
  }

  const StoreCore& core_;
  const IdentityRoom& identity_;
  const uint32_t tenant_;
  Sequencer::Choosing& choosing_;
  Generation& rows_;
  const HouseholdChange& change_;
  HouseholdRow row_;
  std::vector<Side> joining_;
  std::vector<Side> leaving_;
  IdentityChoice choice_;
};

// Who has the records that are members now, each once.
Status ShowMembers(const IdentityRoom& identity, uint32_t tenant,
                   const HouseholdRow& row, const View& view,
                   std::vector<HouseholdMember>* out) {
  std::map<CustomerId, HouseholdMember> members;
  for (const HouseholdRow::Member& item : row.members) {
    if (item.left) continue;
    Result<RecordRow> record = identity.RecordOf(tenant, item.record, view);
    if (!record.ok()) return std::move(record).status();
    const HouseholdMember shown{record->customer, item.record, item.position,
                                item.evidence};
    const auto [place, is_first] = members.emplace(record->customer, shown);
    if (is_first || place->second.evidence == 0) continue;
    if (item.evidence == 0) {
      place->second = shown;
    } else {
      place->second.evidence |= item.evidence;
    }
  }
  for (const auto& [customer, member] : members) out->push_back(member);
  return Status::Ok();
}

// What a row says, with the texts of its choice: those are in the log.
Status ShowHousehold(const StoreCore& core, uint32_t tenant, HouseholdId id,
                     const HouseholdRow& row, const View& view,
                     Household* household) {
  IdentityChoice choice;
  Status status = ReadChoiceAt(core, tenant, row.position, &choice);
  if (!status.ok()) return status;
  *household = Household();
  household->id = id;
  household->name = std::move(choice.household.name);
  household->derived = row.derived;
  household->position = row.position;
  household->at = Instant(choice.household.at);
  household->by = std::move(choice.by);
  household->why = std::move(choice.why);
  return ShowMembers(core.views->identity(), tenant, row, view,
                     &household->members);
}

// Which numbers a query asks for, ascending; none: all.
Status FindAsked(const IdentityRoom& identity, uint32_t tenant,
                 const HouseholdQuery& query, const View& view,
                 std::vector<uint64_t>* numbers) {
  if (!query.name.empty()) {
    Result<uint64_t> named = identity.HouseholdNamed(
        tenant, identity.HashOfHousehold(tenant, query.name), view);
    if (!named.ok()) return std::move(named).status();
    if (*named == 0) {
      return Status(StatusCode::kNotFound, "no household of this name");
    }
    numbers->push_back(*named);
  }
  if (query.household != 0) {
    Result<HouseholdRow> row =
        identity.HouseholdOf(tenant, query.household, view);
    if (!row.ok()) return std::move(row).status();
    if (row->position == 0) return NotFound("household", query.household);
    if (numbers->empty()) numbers->push_back(query.household);
    if (numbers->front() != query.household) numbers->front() = 0;
  }
  if (query.customer == 0) return Status::Ok();
  Result<CustomerId> current = identity.Current(tenant, query.customer, view);
  if (!current.ok()) return std::move(current).status();
  if (*current == 0) return NotFound("customer", query.customer);
  Result<Members> members = identity.MembersOf(tenant, *current, view);
  if (!members.ok()) return std::move(members).status();
  Status erased = CheckNotErased(query.customer, *members);
  if (!erased.ok()) return erased;
  Result<std::vector<uint64_t>> hers =
      identity.HouseholdsOf(tenant, *current, view);
  if (!hers.ok()) return std::move(hers).status();
  if (numbers->empty()) {
    *numbers = std::move(hers).value();
  } else if (!std::binary_search(hers->begin(), hers->end(),
                                 numbers->front())) {
    numbers->front() = 0;
  }
  if (numbers->empty()) numbers->push_back(0);
  return Status::Ok();
}

}  // namespace

Status CheckHouseholdChange(const HouseholdChange& change) {
  if (change.household != 0 && !change.name.empty()) {
    return Invalid("name: is given to a new household only");
  }
  if (change.household != 0 && change.join.empty() && change.leave.empty()) {
    return Invalid("join, leave: nobody");
  }
  if (change.household == 0 && !change.leave.empty()) {
    return Invalid("leave: nobody is in a new household");
  }
  if (change.join.size() + change.leave.size() > kMaxHouseholdMembers) {
    return Status(StatusCode::kTooLarge,
                  "join, leave: over " + std::to_string(kMaxHouseholdMembers));
  }
  for (const HouseholdJoin& join : change.join) {
    if ((join.evidence & ~kAllHouseholdEvidence) != 0) {
      return Invalid("join.evidence: bits that are none");
    }
    if (change.derived != (join.evidence != 0)) {
      return Invalid(change.derived ? "join.evidence: must be some"
                                    : "join.evidence: by hand there is none");
    }
  }
  Status status = change.name.empty()
                      ? Status::Ok()
                      : CheckName("name", change.name, kMaxHouseholdNameBytes);
  return status.ok() ? CheckWho(change.by, change.why) : status;
}

Status EmitHouseholdChange(const Tenant::Impl& tenant,
                           Sequencer::Choosing& choosing,
                           const HouseholdChange& change, HouseholdDone* done) {
  return Changing(tenant, choosing, change).Run(done);
}

Result<HouseholdId> Tenant::ChangeHousehold(const HouseholdChange& change) {
  StoreCore& core = *impl_->core;
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckHouseholdChange(change);
  if (!status.ok()) return status;
  HouseholdDone done;
  status = core.sequencer->Choose(
      impl_->info.id, false, [&](Sequencer::Choosing& choosing) {
        return EmitHouseholdChange(*impl_, choosing, change, &done);
      });
  if (!status.ok()) return status;
  return done.id;
}

Result<std::vector<Household>> Tenant::ListHouseholds(
    const HouseholdQuery& query) const {
  const StoreCore& core = *impl_->core;
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  if (query.limit < 1 || query.limit > kMostListed) {
    return Invalid("limit: must be 1 to 1000");
  }
  const uint32_t tenant = impl_->info.id;
  const IdentityRoom& identity = core.views->identity();
  const std::shared_ptr<View> view = core.views->overlay().OpenView();
  std::vector<uint64_t> asked;
  status = FindAsked(identity, tenant, query, *view, &asked);
  if (!status.ok()) return status;
  Result<uint64_t> last = identity.LastHousehold(tenant, *view);
  if (!last.ok()) return std::move(last).status();
  std::vector<Household> households;
  const uint64_t end = asked.empty() ? *last : asked.size();
  for (uint64_t i = asked.empty() ? query.after : 0; i < end; ++i) {
    const HouseholdId id = asked.empty() ? i + 1 : asked[i];
    if (id <= query.after) continue;
    Result<HouseholdRow> row = identity.HouseholdOf(tenant, id, *view);
    if (!row.ok()) return std::move(row).status();
    const bool anybody =
        std::any_of(row->members.begin(), row->members.end(),
                    [](const auto& member) { return !member.left; });
    if (row->position == 0 || (!anybody && !query.empty)) continue;
    if (households.size() == query.limit) break;
    Household& household = households.emplace_back();
    status = ShowHousehold(core, tenant, id, *row, *view, &household);
    if (!status.ok()) return status;
  }
  return households;
}

}  // namespace crm
