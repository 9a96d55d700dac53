// Legal holds, retention, and the settings of privacy.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/privacy.h"

namespace crm::capi {
namespace {

Status ReadHoldOptions(const crm_hold_options* options, HoldOptions* out) {
  crm_hold_options in = CRM_HOLD_OPTIONS_INIT;
  Status status = ReadOptions(options, "options", 0, &in);
  if (status.ok()) status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (status.ok()) {
    status = ReadTexts(in.categories, in.category_count, "options.categories",
                       &out->categories);
  }
  if (!status.ok()) return status;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

Status ReadReleaseOptions(const crm_hold_release_options* options,
                          HoldReleaseOptions* out) {
  crm_hold_release_options in = CRM_HOLD_RELEASE_OPTIONS_INIT;
  Status status = ReadOptions(options, "options", 0, &in);
  if (status.ok()) status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (!status.ok()) return status;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

// Views `from` and `categories`, which is made of it.
crm_hold ShowHold(const Hold& from, const std::vector<crm_slice>& categories) {
  crm_hold out = {};
  out.id = from.id;
  out.position = from.position;
  out.at_us = Microseconds(from.at);
  out.customer = from.customer;
  out.categories = categories.data();
  out.category_count = categories.size();
  out.by = Slice(from.by);
  out.why = Slice(from.why);
  out.released_position = from.released_position;
  out.released_at_us = Microseconds(from.released_at);
  out.released_by = Slice(from.released_by);
  out.released_why = Slice(from.released_why);
  return out;
}

crm_waiting_erasure ShowWaiting(const WaitingErasure& from) {
  crm_waiting_erasure out = {};
  out.position = from.position;
  out.at_us = Microseconds(from.at);
  out.customer = from.customer;
  out.mode = static_cast<int32_t>(from.mode);
  out.flags = from.confirm ? uint32_t{CRM_ERASURE_CONFIRM} : 0;
  out.by = Slice(from.by);
  out.why = Slice(from.why);
  out.holds = from.holds.data();
  out.hold_count = from.holds.size();
  return out;
}

std::unique_ptr<HoldReleaseState> ShowRelease(HoldRelease release) {
  auto state =
      std::make_unique<HoldReleaseState>(HoldReleaseState{std::move(release)});
  state->categories = SlicesOf(state->from.hold.categories);
  for (const ErasureReport& one : state->from.erased) {
    state->texts.emplace_back(one);
    state->erased.push_back(ShowErasure(one, state->texts.back()));
  }
  crm_hold_release_view& view = state->view;
  view.hold = ShowHold(state->from.hold, state->categories);
  view.erased = state->erased.data();
  view.erased_count = state->erased.size();
  view.failed = state->from.failed.data();
  view.failed_count = state->from.failed.size();
  return state;
}

std::unique_ptr<HoldListState> ShowList(HoldList list) {
  auto state = std::make_unique<HoldListState>(HoldListState{std::move(list)});
  for (const Hold& hold : state->from.holds) {
    state->categories.push_back(SlicesOf(hold.categories));
    state->holds.push_back(ShowHold(hold, state->categories.back()));
  }
  for (const WaitingErasure& one : state->from.waiting) {
    state->waiting.push_back(ShowWaiting(one));
  }
  state->view.holds = state->holds.data();
  state->view.hold_count = state->holds.size();
  state->view.waiting = state->waiting.data();
  state->view.waiting_count = state->waiting.size();
  return state;
}

Status ReadRetainOptions(const crm_retain_options& in, RetainOptions* out) {
  Status status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (!status.ok()) return status;
  out->dry_run = (in.flags & CRM_RETAIN_DRY_RUN) != 0;
  out->max_events = in.max_events;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

std::unique_ptr<RetentionReportState> ShowRetention(RetentionReport report) {
  auto state = std::make_unique<RetentionReportState>(
      RetentionReportState{std::move(report)});
  const RetentionReport& from = state->from;
  for (const RetainedType& type : from.types) {
    crm_retained_type& out = state->types.emplace_back();
    out = {};
    out.type = Slice(type.type);
    out.before_us = Microseconds(type.before);
    out.events = type.events;
    out.bytes = type.bytes;
    out.customers = type.customers;
    out.held = type.held;
  }
  crm_retention_report_view& view = state->view;
  view.position = from.position;
  view.as_of_us = Microseconds(from.as_of);
  view.last = from.last;
  view.types = state->types.data();
  view.type_count = state->types.size();
  view.events = from.events;
  view.bytes = from.bytes;
  view.held = from.held;
  view.more = from.more ? 1 : 0;
  return state;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_place_hold(crm_tenant* tenant, uint64_t customer,
                                 const crm_hold_options* options,
                                 uint64_t* hold, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (hold != nullptr) *hold = 0;
    crm::HoldOptions own;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = ReadHoldOptions(options, &own);
    if (!status.ok()) return status;
    auto placed = Change(StateOf(tenant), false, [&](TenantState& state) {
      return state.tenant.PlaceHold(customer, own);
    });
    if (placed.ok() && hold != nullptr) *hold = *placed;
    return placed.status();
  });
}

crm_status crm_tenant_release_hold(crm_tenant* tenant, uint64_t hold,
                                   const crm_hold_release_options* options,
                                   crm_hold_release** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::HoldReleaseOptions own;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = ReadReleaseOptions(options, &own);
    if (!status.ok()) return status;
    auto release = Change(StateOf(tenant), false, [&](TenantState& state) {
      return state.tenant.ReleaseHold(hold, own);
    });
    if (release.ok() && out != nullptr) {
      *out = Adopt<crm_hold_release>(ShowRelease(*std::move(release)));
    }
    return release.status();
  });
}

const crm_hold_release_view* crm_hold_release_read(
    const crm_hold_release* release) noexcept {
  return ReadView(release);
}

void crm_hold_release_free(crm_hold_release* release) noexcept {
  Free(release);
}

crm_status crm_tenant_list_holds(crm_tenant* tenant,
                                 const crm_hold_query* query,
                                 crm_hold_list** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_hold_query in = CRM_HOLD_QUERY_INIT;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(tenant, "tenant");
    if (status.ok()) {
      status = ReadOptions(query, "query", CRM_HOLD_RELEASED, &in);
    }
    if (status.ok()) status = CheckReserved(in.reserved);
    if (!status.ok()) return status;
    crm::HoldQuery own;
    own.customer = in.customer;
    own.released = (in.flags & CRM_HOLD_RELEASED) != 0;
    auto list = Source(tenant).ListHolds(own);
    if (!list.ok()) return list.status();
    *out = Adopt<crm_hold_list>(ShowList(*std::move(list)));
    return status;
  });
}

const crm_hold_list_view* crm_hold_list_read(
    const crm_hold_list* list) noexcept {
  return ReadView(list);
}

void crm_hold_list_free(crm_hold_list* list) noexcept { Free(list); }

crm_status crm_tenant_retain(crm_tenant* tenant, int64_t as_of_us,
                             const crm_retain_options* options,
                             crm_retention_report** out,
                             crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm_retain_options in = CRM_RETAIN_OPTIONS_INIT;
    const PassingUserData held(in.user_data, in.destroy);
    crm::Status status =
        ReadOptions(options, "options", uint32_t{CRM_RETAIN_DRY_RUN}, &in);
    crm::RetainOptions own;
    if (status.ok()) status = ReadRetainOptions(in, &own);
    if (status.ok()) status = Check(tenant, "tenant");
    if (!status.ok()) return status;
    auto report = ChangeLong(
        StateOf(tenant), std::move(own), in.progress, held.get(), "retain",
        [&](crm::Tenant& of, const crm::RetainOptions& how) {
          return of.Retain(Time(as_of_us), how);
        });
    if (report.ok() && out != nullptr) {
      *out = Adopt<crm_retention_report>(ShowRetention(*std::move(report)));
    }
    return report.status();
  });
}

const crm_retention_report_view* crm_retention_report_read(
    const crm_retention_report* report) noexcept {
  return ReadView(report);
}

void crm_retention_report_free(crm_retention_report* report) noexcept {
  Free(report);
}

crm_status crm_tenant_set_privacy_settings(crm_tenant* tenant, crm_slice json,
                                           crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckSlice(json, "json");
    if (!status.ok()) return status;
    return Write(StateOf(tenant), [&](TenantState& state) {
      return state.tenant.SetPrivacySettings(View(json));
    });
  });
}

crm_status crm_tenant_get_privacy_settings(crm_tenant* tenant,
                                           const crm_read_options* options,
                                           crm_buffer** out,
                                           crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    auto json = Source(tenant).GetPrivacySettings();
    if (!json.ok()) return json.status();
    GiveBuffer(*std::move(json), out);
    return status;
  });
}
