// Tenant: what she has set about identity. See crm/identity.h.

#include <optional>
#include <utility>

#include "base/mutex.h"
#include "store/sequencer.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

// kUnsupported: the store takes phone numbers in E.164 alone.
Status CheckPhones(const StoreCore& core, const IdentitySettings& settings) {
  const PhoneSettings& phone = settings.phone();
  if (core.ReadsPhones() || (phone.region.empty() && phone.regions.empty())) {
    return settings.CheckRegions();
  }
  return Status(StatusCode::kUnsupported,
                "identity settings /phone: the store was made without "
                "libphonenumber, and reads no national numbers");
}

}  // namespace

Status Tenant::SetIdentitySettings(std::string_view json) {
  Result<std::shared_ptr<const IdentitySettings>> settings =
      IdentitySettings::Parse(json);
  if (!settings.ok()) return std::move(settings).status();
  StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (status.ok()) status = CheckPhones(core, **settings);
  if (!status.ok()) return status;
  std::string text = (*settings)->ToJson();
  return core.sequencer
      ->Define(impl_->info.id,
               [&](std::optional<Definition>* out) -> Status {
                 const auto now = core.definitions.Of(impl_->info.id);
                 const Definition* before =
                     now == nullptr ? nullptr : now->identity();
                 // The same again is no change.
                 if (before == nullptr ? text == "{}" : text == before->json) {
                   return Status::Ok();
                 }
                 *out = Definition{.kind = DefinitionKind::kIdentity,
                                   .json = std::move(text),
                                   .identity = std::move(settings).value()};
                 return Status::Ok();
               })
      .status();
}

Result<std::string> Tenant::GetIdentitySettings() const {
  const StoreCore& core = *impl_->core;
  ReaderLock open(core.lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  const auto now = core.definitions.Of(impl_->info.id);
  const Definition* set = now == nullptr ? nullptr : now->identity();
  const IdentitySettings& settings =
      set == nullptr ? IdentitySettings::Default() : *set->identity;
  return settings.ToWholeJson(core.superblock.region);
}

}  // namespace crm
