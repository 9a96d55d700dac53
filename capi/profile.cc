// Profile: what is known, into a handle that is new or used again.

#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

// Takes no memory for a profile that is not larger than those before it.
void Fill(ProfileState* state) {
  const Profile& from = state->profile;
  state->traits.resize(from.traits.size());
  for (size_t i = 0; i < from.traits.size(); ++i) {
    const Trait& trait = from.traits[i];
    crm_trait& out = state->traits[i];
    out.name = Slice(trait.name);
    out.value = Slice(trait.value);
    out.source = Slice(trait.source);
    out.occurred_at_us = Microseconds(trait.occurred_at);
    out.position = trait.position;
  }
  crm_profile_view& view = state->view;
  view.customer = from.customer;
  view.version = from.version;
  view.events = from.events;
  view.first_seen_us = from.first_seen ? Microseconds(*from.first_seen) : 0;
  view.last_seen_us = from.last_seen ? Microseconds(*from.last_seen) : 0;
  view.traits = state->traits.data();
  view.trait_count = state->traits.size();
}

// Empties a profile that could not be filled.
class EmptiedProfile final {
 public:
  explicit EmptiedProfile(ProfileState* state) : state_(state) {}
  ~EmptiedProfile() {
    if (state_ != nullptr) *state_ = ProfileState();
  }
  void Keep() { state_ = nullptr; }
  EmptiedProfile(const EmptiedProfile&) = delete;
  EmptiedProfile& operator=(const EmptiedProfile&) = delete;

 private:
  ProfileState* state_;
};

template <typename Handle>
Status Read(const Handle* from, uint64_t customer,
            const crm_read_options* options, ProfileState* state) {
  EmptiedProfile emptied(state);
  Status status = Check(from, NameOf(from));
  if (status.ok()) status = CheckReadOptions(options);
  if (!status.ok()) return status;
  status = Source(from).GetProfile(customer, &state->profile);
  if (!status.ok()) return status;
  Fill(state);
  emptied.Keep();
  return status;
}

template <typename Handle>
Status ReadInto(const Handle* from, uint64_t customer,
                const crm_read_options* options, crm_profile* profile) {
  Status status = Check(profile, "profile");
  if (!status.ok()) return status;
  return Read(from, customer, options, &StateOf(profile));
}

template <typename Handle>
Status Get(const Handle* from, uint64_t customer,
           const crm_read_options* options, crm_profile** out) {
  Status status = CheckOut(out);
  if (!status.ok()) return status;
  auto state = std::make_unique<ProfileState>();
  status = Read(from, customer, options, state.get());
  if (status.ok()) *out = Adopt<crm_profile>(std::move(state));
  return status;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_get_profile(crm_tenant* tenant, uint64_t customer,
                                  const crm_read_options* options,
                                  crm_profile** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&] { return Get(tenant, customer, options, out); });
}

crm_status crm_snapshot_get_profile(crm_snapshot* snapshot, uint64_t customer,
                                    const crm_read_options* options,
                                    crm_profile** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&] { return Get(snapshot, customer, options, out); });
}

crm_status crm_profile_new(crm_profile** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) *out = Make<crm_profile>();
    return status;
  });
}

crm_status crm_tenant_read_profile(crm_tenant* tenant, uint64_t customer,
                                   const crm_read_options* options,
                                   crm_profile* profile,
                                   crm_error** error) noexcept {
  return Guard(error,
               [&] { return ReadInto(tenant, customer, options, profile); });
}

crm_status crm_snapshot_read_profile(crm_snapshot* snapshot, uint64_t customer,
                                     const crm_read_options* options,
                                     crm_profile* profile,
                                     crm_error** error) noexcept {
  return Guard(error,
               [&] { return ReadInto(snapshot, customer, options, profile); });
}

const crm_profile_view* crm_profile_read(const crm_profile* profile) noexcept {
  return ReadView(profile);
}

const crm_trait* crm_profile_find(const crm_profile* profile,
                                  crm_slice name) noexcept {
  return GuardValue<const crm_trait*>(nullptr, [&]() -> const crm_trait* {
    if (!Check(profile, "profile").ok()) return nullptr;
    if (!CheckSlice(name, "name").ok()) return nullptr;
    const ProfileState& state = StateOf(profile);
    const crm::Trait* const found = state.profile.Find(View(name));
    if (found == nullptr) return nullptr;
    return &state.traits[static_cast<size_t>(found -
                                             state.profile.traits.data())];
  });
}

void crm_profile_free(crm_profile* profile) noexcept { Free(profile); }
