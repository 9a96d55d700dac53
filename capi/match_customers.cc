// Matching: customers who are one person, by what is known of them.

#include "crm/match_customers.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/limits.h"

namespace crm::capi {
namespace {

Status Read(const crm_match_options& in, MatchCustomersOptions* out) {
  Status status = CheckSlice(in.model, "options.model");
  if (status.ok()) status = CheckSlice(in.fields, "options.fields");
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (!status.ok()) return status;
  status = CheckThreads(in.threads);
  if (!status.ok()) return status;
  out->dry_run = (in.flags & CRM_MATCH_APPLY) == 0;
  out->fields = View(in.fields);
  out->by = View(in.by);
  out->why = View(in.why);
  if (in.threads != 0) out->threads = static_cast<int>(in.threads);
  if (in.merge_weight != 0) out->merge_weight = in.merge_weight;
  if (in.review_weight != 0) out->review_weight = in.review_weight;
  if (in.max_reviews != 0) out->max_reviews = in.max_reviews;
  if (in.model.size == 0) return status;
  Result<MatchModel> model = MatchModel::FromJson(View(in.model));
  if (!model.ok()) return model.status();
  out->model = *std::move(model);
  return status;
}

}  // namespace

void GiveReport(MatchReport report, crm_match_report** out) {
  if (out == nullptr) return;
  auto state = std::make_unique<MatchReportState>();
  state->from = std::move(report);
  const MatchReport& from = state->from;
  for (const CustomerMatch& match : from.matches) {
    crm_customer_match one = {};
    one.a = match.a;
    one.b = match.b;
    one.weight = match.weight;
    one.reason = static_cast<int32_t>(match.reason);
    state->matches.push_back(one);
  }
  crm_match_report_view& view = state->view;
  view.records = from.records;
  view.pairs = from.pairs;
  view.prior = from.prior;
  view.merged = from.merged;
  view.asked = from.asked;
  view.known = from.known;
  view.withheld = from.withheld;
  view.left = from.left;
  view.matches = state->matches.data();
  view.match_count = state->matches.size();
  view.position = from.position;
  *out = Adopt<crm_match_report>(std::move(state));
}

}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_slice crm_default_match_fields(void) noexcept {
  return GuardValue(crm_slice(), [] {
    static const std::string& fields =
        *new std::string(crm::DefaultMatchFields());
    return Slice(fields);
  });
}

crm_status crm_tenant_match_customers(crm_tenant* tenant,
                                      const crm_match_options* options,
                                      crm_match_report** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_match_options own = CRM_MATCH_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read =
        ReadOptions(options, "options", CRM_MATCH_APPLY, &own);
    crm::MatchCustomersOptions how;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    if (status.ok()) status = Read(own, &how);
    if (status.ok()) status = Check(tenant, "tenant");
    if (!status.ok()) return status;
    auto report = ChangeLong(
        StateOf(tenant), std::move(how), own.progress, held.get(), "match",
        [](crm::Tenant& of, const crm::MatchCustomersOptions& in) {
          return of.MatchCustomers(in);
        });
    if (!report.ok()) return report.status();
    GiveReport(*std::move(report), out);
    return status;
  });
}

const crm_match_report_view* crm_match_report_read(
    const crm_match_report* report) noexcept {
  return ReadView(report);
}

void crm_match_report_free(crm_match_report* report) noexcept { Free(report); }
