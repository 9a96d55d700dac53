// Criteria: what is true of a customer, and of how many.

#include "crm/criteria.h"

#include <algorithm>

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

static_assert(static_cast<int>(Truth::kUnknown) == CRM_TRUTH_UNKNOWN);

Result<Criteria> ReadCriteria(crm_slice criteria) {
  Status status = CheckSlice(criteria, "criteria");
  if (!status.ok()) return status;
  return Criteria::Parse(View(criteria));
}

template <typename Handle>
Status Evaluate(const Handle* from, uint64_t customer, crm_slice criteria,
                const crm_criteria_options* options, int32_t* truth,
                crm_buffer** proof) {
  if (proof != nullptr) *proof = nullptr;
  if (truth == nullptr) return Invalid("truth: must not be NULL");
  *truth = CRM_TRUTH_UNKNOWN;
  Status status = Check(from, NameOf(from));
  crm_criteria_options in = CRM_CRITERIA_OPTIONS_INIT;
  if (status.ok()) {
    status = ReadOptions(options, "options",
                         CRM_CRITERIA_AS_OF | CRM_CRITERIA_TEXT, &in);
  }
  if (status.ok()) status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.time_zone, "options.time_zone");
  CriteriaOptions own;
  if (status.ok()) {
    status = ReadTime(in.as_of_us, in.flags, CRM_CRITERIA_AS_OF,
                      "options.as_of_us", &own.as_of);
  }
  if (!status.ok()) return status;
  own.time_zone = View(in.time_zone);
  const Result<Criteria> parsed = ReadCriteria(criteria);
  if (!parsed.ok()) return parsed.status();
  const auto answer = Source(from).Evaluate(customer, *parsed, own);
  if (!answer.ok()) return answer.status();
  if (proof != nullptr) {
    GiveBuffer((in.flags & CRM_CRITERIA_TEXT) != 0
                   ? CriteriaAnswerToText(*answer)
                   : CriteriaAnswerToJson(*answer),
               proof);
  }
  *truth = static_cast<int32_t>(answer->truth);
  return status;
}

Status ReadPreview(const crm_preview_options& in, size_t room,
                   PreviewOptions* out) {
  Status status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.time_zone, "options.time_zone");
  if (status.ok()) {
    status = ReadTime(in.as_of_us, in.flags, CRM_CRITERIA_AS_OF,
                      "options.as_of_us", &out->as_of);
  }
  out->time_zone = View(in.time_zone);
  out->sample = room;
  return status;
}

void Fill(const CriteriaPreview& from, crm_criteria_preview* out) {
  out->customers = from.customers;
  out->matching = from.matching;
  out->unknown = from.unknown;
  out->as_of_us = Microseconds(from.as_of);
  out->position = from.position;
}

template <typename Handle>
Status Preview(const Handle* from, crm_slice criteria,
               const crm_preview_options* options, crm_criteria_preview* out,
               uint64_t* sample, size_t room, size_t* count) {
  crm_preview_options in = CRM_PREVIEW_OPTIONS_INIT;
  const PassingUserData held(in.user_data, in.destroy);
  const Status read = ReadOptions(options, "options", CRM_CRITERIA_AS_OF, &in);
  if (out == nullptr || count == nullptr) {
    return Invalid("out and count must not be NULL");
  }
  *out = crm_criteria_preview();
  *count = 0;
  Status status = Check(from, NameOf(from));
  if (status.ok()) status = read;
  if (status.ok()) status = CheckArray(sample, room, "sample");
  PreviewOptions own;
  if (status.ok()) status = ReadPreview(in, room, &own);
  if (!status.ok()) return status;
  const Result<Criteria> parsed = ReadCriteria(criteria);
  if (!parsed.ok()) return parsed.status();
  int32_t stopped = 0;
  own.progress = ProgressOf(in.progress, held.get(), &stopped);
  const auto preview = Source(from).Preview(*parsed, own);
  if (stopped != 0) return StoppedBy(stopped, "preview");
  if (!preview.ok()) return preview.status();
  Fill(*preview, out);
  std::copy(preview->sample.begin(), preview->sample.end(), sample);
  *count = preview->sample.size();
  return status;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

const char* crm_criteria_schema(void) noexcept {
  return GuardValue("", [] { return crm::CriteriaSchema().data(); });
}

crm_status crm_criteria_describe(crm_slice criteria, crm_buffer** out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (!status.ok()) return status;
    const auto parsed = ReadCriteria(criteria);
    if (!parsed.ok()) return parsed.status();
    GiveBuffer(parsed->Describe(), out);
    return status;
  });
}

crm_status crm_tenant_evaluate(crm_tenant* tenant, uint64_t customer,
                               crm_slice criteria,
                               const crm_criteria_options* options,
                               int32_t* truth, crm_buffer** proof,
                               crm_error** error) noexcept {
  return Guard(error, [&] {
    return Evaluate(tenant, customer, criteria, options, truth, proof);
  });
}

crm_status crm_snapshot_evaluate(crm_snapshot* snapshot, uint64_t customer,
                                 crm_slice criteria,
                                 const crm_criteria_options* options,
                                 int32_t* truth, crm_buffer** proof,
                                 crm_error** error) noexcept {
  return Guard(error, [&] {
    return Evaluate(snapshot, customer, criteria, options, truth, proof);
  });
}

crm_status crm_tenant_preview(crm_tenant* tenant, crm_slice criteria,
                              const crm_preview_options* options,
                              crm_criteria_preview* out, uint64_t* sample,
                              size_t room, size_t* count,
                              crm_error** error) noexcept {
  return Guard(error, [&] {
    return Preview(tenant, criteria, options, out, sample, room, count);
  });
}

crm_status crm_snapshot_preview(crm_snapshot* snapshot, crm_slice criteria,
                                const crm_preview_options* options,
                                crm_criteria_preview* out, uint64_t* sample,
                                size_t room, size_t* count,
                                crm_error** error) noexcept {
  return Guard(error, [&] {
    return Preview(snapshot, criteria, options, out, sample, room, count);
  });
}
