// Tenant: legal holds, and the settings of privacy. See crm/retention.h.

#include <algorithm>
#include <optional>
#include <utility>

#include "base/instant.h"
#include "base/mutex.h"
#include "base/utf8.h"
#include "privacy/settings.h"
#include "store/erased.h"
#include "store/identity_text.h"
#include "store/privacy_settings.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

using What = IdentityChoice::Hold::What;

Status NoHold(HoldId hold) {
  return Status(StatusCode::kNotFound, "no hold " + std::to_string(hold));
}

// What a row says, with the texts of its choices: those are in the log.
Status ShowHold(const StoreCore& core, uint32_t tenant, HoldId id,
                const HoldRow& row, const View& view, Hold* hold) {
  Result<CustomerId> current =
      core.views->identity().Current(tenant, row.customer, view);
  if (!current.ok()) return std::move(current).status();
  IdentityChoice choice;
  Status status = ReadChoiceAt(core, tenant, row.position, &choice);
  if (!status.ok()) return status;
  *hold = Hold();
  hold->id = id;
  hold->position = row.position;
  hold->at = Instant(choice.hold.at);
  hold->customer = *current;
  hold->categories = row.categories;
  hold->by = std::move(choice.by);
  hold->why = std::move(choice.why);
  if (row.released == 0) return status;
  status = ReadChoiceAt(core, tenant, row.released, &choice);
  if (!status.ok()) return status;
  hold->released_position = row.released;
  hold->released_at = Instant(choice.hold.at);
  hold->released_by = std::move(choice.by);
  hold->released_why = std::move(choice.why);
  return status;
}

Status ShowWaiting(const StoreCore& core, uint32_t tenant, const HoldRow& row,
                   const View& view, WaitingErasure* waiting) {
  const IdentityRoom& identity = core.views->identity();
  Result<CustomerId> current = identity.Current(tenant, row.customer, view);
  if (!current.ok()) return std::move(current).status();
  Result<std::vector<HoldId>> holds = identity.HoldsOn(tenant, *current, view);
  if (!holds.ok()) return std::move(holds).status();
  IdentityChoice choice;
  Status status = ReadChoiceAt(core, tenant, row.position, &choice);
  if (!status.ok()) return status;
  *waiting = WaitingErasure();
  waiting->position = row.position;
  waiting->at = Instant(choice.hold.at);
  waiting->customer = *current;
  waiting->mode = static_cast<ErasureMode>(choice.hold.mode);
  waiting->confirm = choice.hold.confirm;
  waiting->by = std::move(choice.by);
  waiting->why = std::move(choice.why);
  waiting->holds = std::move(holds).value();
  return status;
}

Status CheckCategories(const PrivacySettings& settings,
                       const std::vector<std::string>& categories) {
  for (const std::string& name : categories) {
    Status status = CheckName("category", name, kMaxCategoryNameBytes);
    if (!status.ok()) return status;
    if (!settings.HasCategory(name)) {
      return Status(StatusCode::kInvalidArgument, "no category " + name);
    }
  }
  return Status::Ok();
}

// While nobody else decides anything.
Status EmitPlaced(const StoreCore& core, uint32_t tenant, CustomerId customer,
                  Sequencer::Choosing& choosing, IdentityChoice* choice) {
  const IdentityRoom& identity = core.views->identity();
  Generation& rows = choosing.context().rows;
  Result<CustomerId> current = identity.Current(tenant, customer, rows);
  if (!current.ok()) return std::move(current).status();
  if (*current == 0) {
    return Status(StatusCode::kNotFound,
                  "no customer " + std::to_string(customer));
  }
  Result<Members> members = identity.OwnMembers(tenant, *current, rows);
  if (!members.ok()) return std::move(members).status();
  Status status = CheckNotErased(customer, *members);
  if (!status.ok()) return status;
  Result<HoldsRow> all = identity.Holds(tenant, rows);
  if (!all.ok()) return std::move(all).status();
  const auto now = core.DefinitionsOf(tenant);
  status =
      CheckCategories(PrivacySettingsOf(now.get()), choice->hold.categories);
  if (!status.ok()) return status;
  choice->customer = *current;
  choice->hold.number = all->last + 1;
  choice->hold.at = choosing.now();
  for (const Members::Member& member : members->records) {
    choice->hold.records.push_back(member.record);
  }
  std::sort(choice->hold.records.begin(), choice->hold.records.end());
  return choosing.Emit(choice);
}

Status EmitReleased(const StoreCore& core, uint32_t tenant, HoldId hold,
                    Sequencer::Choosing& choosing, IdentityChoice* choice) {
  Generation& rows = choosing.context().rows;
  Result<HoldRow> row = core.views->identity().HoldOf(tenant, hold, rows);
  if (!row.ok()) return std::move(row).status();
  if (row->position == 0 || row->waiting) return NoHold(hold);
  if (row->released != 0) {
    return Status(StatusCode::kFailedPrecondition,
                  "hold " + std::to_string(hold) + " was released already");
  }
  choice->customer = row->customer;
  choice->hold.what = What::kReleased;
  choice->hold.number = hold;
  choice->hold.at = choosing.now();
  return choosing.Emit(choice);
}

IdentityChoice HoldChoice(uint32_t tenant, const std::string& by,
                          const std::string& why) {
  IdentityChoice choice;
  choice.kind = ChoiceKind::kHold;
  choice.origin = ChoiceOrigin::kHand;
  choice.tenant = tenant;
  choice.by = by;
  choice.why = why;
  return choice;
}

// All that wait, at the head.
Status ListWaiting(const StoreCore& core, uint32_t tenant, const View& view,
                   std::vector<WaitingErasure>* out) {
  const IdentityRoom& identity = core.views->identity();
  Result<HoldsRow> all = identity.Holds(tenant, view);
  if (!all.ok()) return std::move(all).status();
  for (const uint64_t number : all->waiting) {
    Result<HoldRow> row = identity.HoldOf(tenant, number, view);
    if (!row.ok()) return std::move(row).status();
    Status status = ShowWaiting(core, tenant, *row, view, &out->emplace_back());
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

// Open holds name no category that `settings` does not have.
Status CheckHeldCategories(const StoreCore& core, uint32_t tenant,
                           const PrivacySettings& settings) {
  const IdentityRoom& identity = core.views->identity();
  const std::shared_ptr<View> view = core.views->overlay().OpenView();
  Result<HoldsRow> all = identity.Holds(tenant, *view);
  if (!all.ok()) return std::move(all).status();
  for (const HoldId hold : all->open) {
    Result<HoldRow> row = identity.HoldOf(tenant, hold, *view);
    if (!row.ok()) return std::move(row).status();
    for (const std::string& name : row->categories) {
      if (settings.HasCategory(name)) continue;
      return Status(StatusCode::kFailedPrecondition,
                    "privacy settings /categories: hold " +
                        std::to_string(hold) + " is of " + name);
    }
  }
  return Status::Ok();
}

}  // namespace

const PrivacySettings& PrivacySettingsOf(const TenantDefinitions* definitions) {
  const Definition* const set =
      definitions == nullptr ? nullptr : definitions->privacy();
  return set == nullptr ? PrivacySettings::Default() : *set->privacy;
}

Result<HoldId> Tenant::PlaceHold(CustomerId customer,
                                 const HoldOptions& options) {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckWho(options.by, options.why);
  if (!status.ok()) return status;
  const uint32_t tenant = impl_->info.id;
  // Between the steps of an erasure nobody is to be held.
  MutexLock one(impl_->core->erasure_mutex);
  IdentityChoice choice = HoldChoice(tenant, options.by, options.why);
  choice.hold.categories = options.categories;
  std::vector<std::string>& names = choice.hold.categories;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  status = impl_->core->sequencer->Choose(
      tenant, false, [&](Sequencer::Choosing& choosing) {
        return EmitPlaced(*impl_->core, tenant, customer, choosing, &choice);
      });
  if (!status.ok()) return status;
  return choice.hold.number;
}

Result<HoldRelease> Tenant::ReleaseHold(HoldId hold,
                                        const HoldReleaseOptions& options) {
  HoldRelease release;
  std::vector<WaitingErasure> waiting;
  {
    StoreCore& core = *impl_->core;
    ReaderLock open(core.lifecycle);
    Status status = impl_->CheckOpen();
    if (status.ok()) status = CheckWho(options.by, options.why);
    if (!status.ok()) return status;
    const uint32_t tenant = impl_->info.id;
    IdentityChoice choice = HoldChoice(tenant, options.by, options.why);
    status = core.sequencer->Choose(
        tenant, false, [&](Sequencer::Choosing& choosing) {
          return EmitReleased(core, tenant, hold, choosing, &choice);
        });
    if (!status.ok()) return status;
    const std::shared_ptr<View> view = core.views->overlay().OpenView();
    Result<HoldRow> row = core.views->identity().HoldOf(tenant, hold, *view);
    if (!row.ok()) return std::move(row).status();
    status = ShowHold(core, tenant, hold, *row, *view, &release.hold);
    if (status.ok()) status = ListWaiting(core, tenant, *view, &waiting);
    if (!status.ok()) return status;
  }
  for (const WaitingErasure& one : waiting) {
    if (!one.holds.empty()) continue;
    ErasureOptions erasure;
    erasure.mode = one.mode;
    erasure.confirm = one.confirm;
    erasure.by = one.by;
    erasure.why = one.why;
    Result<ErasureReport> report = Erase(one.customer, erasure);
    // Several may have waited for the same person.
    if (report.status().code() == StatusCode::kErased) continue;
    if (report.ok()) {
      release.erased.push_back(std::move(report).value());
    } else {
      release.failed.push_back(one.customer);
    }
  }
  return release;
}

Result<HoldList> Tenant::ListHolds(const HoldQuery& query) const {
  const StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  const uint32_t tenant = impl_->info.id;
  const IdentityRoom& identity = core.views->identity();
  const std::shared_ptr<View> view = core.views->overlay().OpenView();
  CustomerId of = 0;
  if (query.customer != 0) {
    Result<CustomerId> current =
        identity.Current(tenant, query.customer, *view);
    if (!current.ok()) return std::move(current).status();
    of = *current;
    if (of == 0) {
      return Status(StatusCode::kNotFound,
                    "no customer " + std::to_string(query.customer));
    }
  }
  Result<HoldsRow> all = identity.Holds(tenant, *view);
  if (!all.ok()) return std::move(all).status();
  Result<Members> members = identity.MembersOf(tenant, of, *view);
  if (!members.ok()) return std::move(members).status();
  HoldList list;
  for (HoldId number = 1; number <= all->last; ++number) {
    Result<HoldRow> row = identity.HoldOf(tenant, number, *view);
    if (!row.ok()) return std::move(row).status();
    if (row->waiting || (row->released != 0 && !query.released)) continue;
    Hold hold;
    status = ShowHold(core, tenant, number, *row, *view, &hold);
    if (!status.ok()) return status;
    if (of == 0 || hold.customer == of || row->Holds(members->records)) {
      list.holds.push_back(std::move(hold));
    }
  }
  status = ListWaiting(core, tenant, *view, &list.waiting);
  if (!status.ok()) return status;
  std::erase_if(list.waiting, [of](const WaitingErasure& one) {
    return of != 0 && one.customer != of;
  });
  return list;
}

Status Tenant::SetPrivacySettings(std::string_view json) {
  Result<std::shared_ptr<const PrivacySettings>> settings =
      PrivacySettings::Parse(json);
  if (!settings.ok()) return std::move(settings).status();
  StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  std::string text = (*settings)->json();
  return core.sequencer
      ->Define(impl_->info.id,
               [&](std::optional<Definition>* out) -> Status {
                 const auto now = core.definitions.Of(impl_->info.id);
                 const Definition* before =
                     now == nullptr ? nullptr : now->privacy();
                 // The same again is no change.
                 if (before == nullptr ? text == "{}" : text == before->json) {
                   return Status::Ok();
                 }
                 Status held =
                     CheckHeldCategories(core, impl_->info.id, **settings);
                 if (!held.ok()) return held;
                 *out = Definition{.kind = DefinitionKind::kPrivacy,
                                   .json = std::move(text),
                                   .privacy = std::move(settings).value()};
                 return Status::Ok();
               })
      .status();
}

Result<std::string> Tenant::GetPrivacySettings() const {
  const StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  const auto now = core.DefinitionsOf(impl_->info.id);
  return PrivacySettingsOf(now.get()).ToWholeJson();
}

}  // namespace crm
