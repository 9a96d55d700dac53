// Sequencer: the record that says that a tenant is dropped.

#include <string>
#include <utility>

#include "base/mutex.h"
#include "store/erased.h"
#include "store/sequencer.h"

namespace crm {

Status Sequencer::CheckAlive(uint32_t tenant) const {
  if (!core_->keyring->IsDropped(tenant)) return Status::Ok();
  return DroppedTenant(core_->names.Text(NameKind::kTenant, tenant));
}

Result<Position> Sequencer::Drop(uint32_t tenant, const ChooseDrop& choose) {
  Position position = 0;
  Status status = RunAlone([&]() -> Status {
    return Contained("a tenant could not be dropped", [&] {
      write_mutex_.AssertHeld();
      return MakeDrop(tenant, choose, &position);
    });
  });
  if (!status.ok()) return status;
  return position;
}

Status Sequencer::MakeDrop(uint32_t tenant, const ChooseDrop& choose,
                           Position* position) {
  Status status = CheckWritable();
  if (!status.ok()) return status;
  MutexLock deciding(decide_mutex_);
  Group* const group = ChooseGroup();
  BeginGroup(group);
  group->rows.BeginRequest();
  Result<TenantCounts> counts =
      core_->views->event().Counts(tenant, group->rows);
  if (!counts.ok()) return std::move(counts).status();
  DropReason reason;
  reason.at = group->now;
  status = choose(&reason);
  if (status.ok()) {
    writer_.Drop(tenant, reason, &group->NextValue());
    *position = group->last();
    FoldContext context{group->rows, *counts};
    Views::FoldDrop(*position, context);
    status = core_->views->event().StoreCounts(tenant, *counts, group->rows);
  }
  // Fenced before anybody can see it: who looks at the head behind it finds
  // nothing of the tenant.
  return FinishAlone(group, std::move(status), [&] {
    core_->keyring->FenceTenant(tenant);
    MutexLock lock(refused_mutex_);
    refused_.erase(tenant);
  });
}

}  // namespace crm
