// Snapshot and Tenant: criteria held against one customer, and against all.

#include <utility>

#include "base/instant.h"
#include "criteria/evaluate.h"
#include "store/criteria_facts.h"
#include "store/erased.h"

namespace crm {
namespace {

// How often a preview says how far it is.
constexpr CustomerId kCustomersPerStep = 256;

Result<CriteriaClock> MakeClock(const StoreCore& core,
                                const std::optional<Timestamp>& as_of,
                                std::string_view time_zone) {
  return CriteriaClock::Make(as_of.value_or(core.clock->Now()), time_zone);
}

// By the id that she goes by, of somebody who is there.
Result<CustomerId> FindLiving(const Snapshot::Impl& snapshot,
                              CustomerId customer) {
  const IdentityRoom& identity = snapshot.core().views->identity();
  const uint32_t tenant = snapshot.tenant.id;
  Result<Members> members =
      identity.MembersOf(tenant, customer, *snapshot.view);
  if (!members.ok()) return std::move(members).status();
  if (members->records.empty()) return NoCustomer(customer);
  Status erased = CheckNotErased(customer, *members);
  if (!erased.ok()) return erased;
  return identity.Current(tenant, customer, *snapshot.view);
}

}  // namespace

Result<CriteriaAnswer> Snapshot::Evaluate(
    CustomerId customer, const Criteria& criteria,
    const CriteriaOptions& options) const {
  Status status = impl_->Check();
  if (!status.ok()) return status;
  Result<CriteriaClock> clock =
      MakeClock(impl_->core(), options.as_of, options.time_zone);
  if (!clock.ok()) return std::move(clock).status();
  Result<CustomerId> who = FindLiving(*impl_, customer);
  if (!who.ok()) return std::move(who).status();
  const auto definitions = impl_->core().DefinitionsOf(impl_->tenant.id);
  CriteriaAnswer answer;
  answer.customer = *who;
  answer.as_of = Instant(clock->as_of());
  answer.position = position();
  SnapshotFacts facts(*impl_, definitions.get(), *who, answer.as_of);
  status = EvaluateCriteria(*criteria.impl().root, *clock, facts, &answer.truth,
                            &answer.proof);
  if (!status.ok()) return status;
  return answer;
}

Result<CriteriaPreview> Snapshot::Preview(const Criteria& criteria,
                                          const PreviewOptions& options) const {
  if (options.sample > kMaxCriteriaSample) {
    return Status(StatusCode::kInvalidArgument,
                  "sample: must be at most 10,000");
  }
  Status status = impl_->Check();
  if (!status.ok()) return status;
  StoreCore& core = impl_->core();
  Result<CriteriaClock> clock =
      MakeClock(core, options.as_of, options.time_zone);
  if (!clock.ok()) return std::move(clock).status();
  Result<TenantCounts> counts =
      core.views->event().Counts(impl_->tenant.id, *impl_->view);
  if (!counts.ok()) return std::move(counts).status();
  const auto definitions = core.DefinitionsOf(impl_->tenant.id);
  CriteriaPreview preview;
  preview.as_of = Instant(clock->as_of());
  preview.position = position();
  for (CustomerId id = 1; id <= counts->customers; ++id) {
    if (options.progress && id % kCustomersPerStep == 1 &&
        !options.progress(id - 1, counts->customers)) {
      return Status(StatusCode::kCancelled, "preview: cancelled");
    }
    const Result<CustomerId> who = FindLiving(*impl_, id);
    const StatusCode code = who.status().code();
    if (code == StatusCode::kNotFound || code == StatusCode::kErased) continue;
    if (!who.ok()) return who.status();
    if (*who != id) continue;  // She goes by another id.
    ++preview.customers;
    SnapshotFacts facts(*impl_, definitions.get(), id, preview.as_of);
    Truth truth = Truth::kUnknown;
    status =
        EvaluateCriteria(*criteria.impl().root, *clock, facts, &truth, nullptr);
    // Erased behind this snapshot: she is nobody now.
    if (status.code() == StatusCode::kErased) {
      --preview.customers;
      continue;
    }
    if (!status.ok()) return status;
    preview.unknown += truth == Truth::kUnknown ? 1 : 0;
    if (truth != Truth::kTrue) continue;
    ++preview.matching;
    if (preview.sample.size() < options.sample) preview.sample.push_back(id);
  }
  if (options.progress) options.progress(counts->customers, counts->customers);
  return preview;
}

Result<CriteriaAnswer> Tenant::Evaluate(CustomerId customer,
                                        const Criteria& criteria,
                                        const CriteriaOptions& options) const {
  Result<crm::Snapshot> snapshot = GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  return snapshot->Evaluate(customer, criteria, options);
}

Result<CriteriaPreview> Tenant::Preview(const Criteria& criteria,
                                        const PreviewOptions& options) const {
  Result<crm::Snapshot> snapshot = GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  return snapshot->Preview(criteria, options);
}

}  // namespace crm
