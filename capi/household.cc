// Households: who lives together.

#include "crm/household.h"

#include <span>

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

Status ReadJoins(const crm_household_join* joins, size_t count,
                 std::vector<HouseholdJoin>* out) {
  Status status = CheckArray(joins, count, "change.joins");
  if (!status.ok()) return status;
  if (count > kMaxHouseholdMembers) {
    return Status(StatusCode::kTooLarge, "change.joins: at most 1,000");
  }
  for (const crm_household_join& join : std::span(joins, count)) {
    if (join.flags != 0 || !IsZero(join.reserved)) {
      return Invalid("change.joins: flags, reserved: must be zero");
    }
    out->push_back({join.customer, join.evidence});
  }
  return status;
}

Status ReadChange(const crm_household_change* change, HouseholdChange* out) {
  crm_household_change in = CRM_HOUSEHOLD_CHANGE_INIT;
  Status status = ReadOptions(change, "change", CRM_HOUSEHOLD_DERIVED, &in);
  if (status.ok()) status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.name, "change.name");
  if (status.ok()) status = CheckSlice(in.by, "change.by");
  if (status.ok()) status = CheckSlice(in.why, "change.why");
  if (status.ok()) status = ReadJoins(in.joins, in.join_count, &out->join);
  if (status.ok()) {
    status = CheckArray(in.leaves, in.leave_count, "change.leaves");
  }
  if (!status.ok()) return status;
  if (in.leave_count > kMaxHouseholdMembers) {
    return Status(StatusCode::kTooLarge, "change.leaves: at most 1,000");
  }
  const std::span leaves(in.leaves, in.leave_count);
  out->leave.assign(leaves.begin(), leaves.end());
  out->household = in.household;
  out->name = View(in.name);
  out->derived = (in.flags & CRM_HOUSEHOLD_DERIVED) != 0;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

Status ReadMatchOptions(const crm_household_match_options& in,
                        HouseholdMatchOptions* out) {
  Status status = CheckSlice(in.fields, "options.fields");
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (!status.ok()) return status;
  if (in.min_evidence > 4) {
    return Invalid("options.min_evidence: must be at most 4");
  }
  out->dry_run = (in.flags & CRM_HOUSEHOLD_APPLY) == 0;
  out->fields = View(in.fields);
  if (in.min_evidence != 0) {
    out->min_evidence = static_cast<int>(in.min_evidence);
  }
  if (in.max_members != 0) out->max_members = in.max_members;
  out->by = View(in.by);
  out->why = View(in.why);
  return status;
}

std::unique_ptr<HouseholdListState> ShowList(std::vector<Household> list) {
  auto state =
      std::make_unique<HouseholdListState>(HouseholdListState{std::move(list)});
  for (const Household& from : state->from) {
    std::vector<crm_household_member>& members = state->members.emplace_back();
    for (const HouseholdMember& one : from.members) {
      members.push_back(
          {one.customer, one.record, one.position, one.evidence, 0, {0, 0}});
    }
  }
  for (size_t i = 0; i < state->from.size(); ++i) {
    const Household& from = state->from[i];
    crm_household& out = state->households.emplace_back();
    out = {};
    out.id = from.id;
    out.name = Slice(from.name);
    out.position = from.position;
    out.at_us = Microseconds(from.at);
    out.by = Slice(from.by);
    out.why = Slice(from.why);
    out.members = state->members[i].data();
    out.member_count = state->members[i].size();
    out.flags = from.derived ? uint32_t{CRM_HOUSEHOLD_DERIVED} : 0;
  }
  state->view.households = state->households.data();
  state->view.household_count = state->households.size();
  return state;
}

std::unique_ptr<HouseholdReportState> ShowReport(HouseholdReport report) {
  auto state = std::make_unique<HouseholdReportState>(
      HouseholdReportState{std::move(report)});
  const HouseholdReport& from = state->from;
  for (const HouseholdChange& change : from.changes) {
    std::vector<crm_household_join>& joins = state->joins.emplace_back();
    for (const HouseholdJoin& join : change.join) {
      joins.push_back({join.customer, join.evidence, 0, {0, 0}});
    }
    crm_household_step& step = state->steps.emplace_back();
    step = {};
    step.household = change.household;
    step.joins = joins.data();
    step.join_count = joins.size();
    step.leaves = change.leave.data();
    step.leave_count = change.leave.size();
  }
  crm_household_report_view& view = state->view;
  view.records = from.records;
  view.customers = from.customers;
  view.households = from.households;
  view.made = from.made;
  view.joined = from.joined;
  view.left = from.left;
  view.remaining = from.remaining;
  view.steps = state->steps.data();
  view.step_count = state->steps.size();
  view.position = from.position;
  return state;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_change_household(crm_tenant* tenant,
                                       const crm_household_change* change,
                                       uint64_t* household,
                                       crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (household != nullptr) *household = 0;
    crm::HouseholdChange own;
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = ReadChange(change, &own);
    if (!status.ok()) return status;
    auto changed = Change(StateOf(tenant), false, [&](TenantState& state) {
      return state.tenant.ChangeHousehold(own);
    });
    if (changed.ok() && household != nullptr) *household = *changed;
    return changed.status();
  });
}

crm_status crm_tenant_list_households(crm_tenant* tenant,
                                      const crm_household_query* query,
                                      crm_household_list** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_household_query in = CRM_HOUSEHOLD_QUERY_INIT;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(tenant, "tenant");
    if (status.ok()) {
      status = ReadOptions(query, "query", CRM_HOUSEHOLD_EMPTY, &in);
    }
    if (status.ok()) status = CheckSlice(in.name, "query.name");
    if (!status.ok()) return status;
    crm::HouseholdQuery own;
    own.household = in.household;
    own.customer = in.customer;
    own.name = View(in.name);
    own.empty = (in.flags & CRM_HOUSEHOLD_EMPTY) != 0;
    own.after = in.after;
    if (in.limit != 0) own.limit = in.limit;
    auto list = Source(tenant).ListHouseholds(own);
    if (!list.ok()) return list.status();
    *out = Adopt<crm_household_list>(ShowList(*std::move(list)));
    return status;
  });
}

const crm_household_list_view* crm_household_list_read(
    const crm_household_list* list) noexcept {
  return ReadView(list);
}

void crm_household_list_free(crm_household_list* list) noexcept { Free(list); }

crm_status crm_tenant_match_households(
    crm_tenant* tenant, const crm_household_match_options* options,
    crm_household_report** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_household_match_options own = CRM_HOUSEHOLD_MATCH_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read =
        ReadOptions(options, "options", CRM_HOUSEHOLD_APPLY, &own);
    crm::HouseholdMatchOptions how;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    if (status.ok()) status = ReadMatchOptions(own, &how);
    if (status.ok()) status = Check(tenant, "tenant");
    if (!status.ok()) return status;
    auto report = ChangeLong(
        StateOf(tenant), std::move(how), own.progress, held.get(), "match",
        [](crm::Tenant& of, const crm::HouseholdMatchOptions& in) {
          return of.MatchHouseholds(in);
        });
    if (!report.ok()) return report.status();
    *out = Adopt<crm_household_report>(ShowReport(*std::move(report)));
    return status;
  });
}

const crm_household_report_view* crm_household_report_read(
    const crm_household_report* report) noexcept {
  return ReadView(report);
}

void crm_household_report_free(crm_household_report* report) noexcept {
  Free(report);
}
