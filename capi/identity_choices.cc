// Who is who: merges, unmerges, assertions and answers by hand; why and how.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/limits.h"

namespace crm::capi {
namespace {

constexpr uint32_t kMergeFlags = CRM_MERGE_DRY_RUN | CRM_MERGE_FORCE;
static_assert(static_cast<int>(IdentityReason::kMalformed) ==
              CRM_IDENTITY_MALFORMED);
static_assert(static_cast<int>(IdentityReason::kWeakMatch) ==
              CRM_IDENTITY_WEAK_MATCH);

Status ReadMergeOptions(const crm_merge_options* options, MergeOptions* out) {
  crm_merge_options in = CRM_MERGE_OPTIONS_INIT;
  Status status = ReadOptions(options, "options", kMergeFlags, &in);
  if (status.ok()) status = CheckReserved(in.reserved);
  if (status.ok()) status = CheckSlice(in.by, "options.by");
  if (status.ok()) status = CheckSlice(in.why, "options.why");
  if (!status.ok()) return status;
  out->by = View(in.by);
  out->why = View(in.why);
  out->dry_run = (in.flags & CRM_MERGE_DRY_RUN) != 0;
  out->force = (in.flags & CRM_MERGE_FORCE) != 0;
  out->keep = in.keep;
  return status;
}

// A choice by hand: `make` gives a Result.
template <typename Make>
auto Choose(crm_tenant* tenant, const crm_merge_options* options, Make make)
    -> decltype(make(std::declval<Tenant&>(), MergeOptions())) {
  Status status = Check(tenant, "tenant");
  MergeOptions own;
  if (status.ok()) status = ReadMergeOptions(options, &own);
  if (!status.ok()) return status;
  return Change(StateOf(tenant), own.dry_run,
                [&](TenantState& state) { return make(state.tenant, own); });
}

// The same for those that answer with a position, which nobody need want.
template <typename Make>
Status ChoosePosition(crm_tenant* tenant, const crm_merge_options* options,
                      uint64_t* position, Make make) {
  if (position != nullptr) *position = 0;
  const Result<Position> made = Choose(tenant, options, make);
  if (made.ok() && position != nullptr) *position = *made;
  return made.status();
}

Status ReadTarget(const crm_unmerge_target* target, UnmergeTarget* out) {
  if (target == nullptr) return Invalid("target: NULL");
  if (!IsZero(target->reserved))
    return Invalid("target.reserved: must be zero");
  Status status =
      CheckElements(target->records, target->record_count, "target.records");
  if (!status.ok()) return status;
  out->merge = target->merge;
  out->customer = target->customer;
  if (target->record_count != 0) {
    out->records.assign(target->records,
                        target->records + target->record_count);
  }
  return status;
}

Status ReadMatches(const crm_customer_match* matches, size_t count,
                   std::vector<CustomerMatch>* out) {
  Status status = CheckElements(matches, count, "matches");
  for (size_t i = 0; status.ok() && i < count; ++i) {
    const crm_customer_match& in = matches[i];
    const std::string at = "matches[" + std::to_string(i) + "]";
    if (in.flags != 0 || !IsZero(in.reserved)) {
      return Invalid(at + ".reserved: must be zero");
    }
    if (in.reason < 0 || in.reason > CRM_IDENTITY_WEAK_MATCH) {
      return Invalid(at + ".reason: is none of CRM_IDENTITY_...");
    }
    out->push_back(
        {in.a, in.b, in.weight, static_cast<IdentityReason>(in.reason)});
  }
  return status;
}

void Fill(UnmergeResultState* state) {
  for (const UnmergedPart& part : state->result.parts) {
    crm_unmerged_part out = {};
    out.customer = part.customer;
    out.flags = part.is_new ? uint32_t{CRM_UNMERGED_NEW} : 0;
    out.records = part.records.data();
    out.record_count = part.records.size();
    state->parts.push_back(out);
  }
  state->view.position = state->result.position;
  state->view.parts = state->parts.data();
  state->view.part_count = state->parts.size();
}

void Fill(IdentityChangesState* state) {
  for (const IdentityChange& change : state->from.changes) {
    state->changes.push_back(ShowChange(change));
  }
  state->view.changes = state->changes.data();
  state->view.change_count = state->changes.size();
  state->view.position = state->from.position;
}

void Fill(ReviewListState* state) {
  for (const Review& one : state->from) {
    crm_review out = {};
    out.position = one.position;
    out.record_a = one.record_a;
    out.record_b = one.record_b;
    out.a = one.a;
    out.b = one.b;
    out.reason = static_cast<int32_t>(one.reason);
    out.name_space = Slice(one.name_space);
    out.weight = one.weight;
    state->reviews.push_back(out);
  }
  state->view.reviews = state->reviews.data();
  state->view.review_count = state->reviews.size();
}

void Fill(IdentityExplanationState* state) {
  for (const IdentityEvidence& one : state->from.evidence) {
    crm_identity_evidence out = {};
    out.kind = static_cast<int32_t>(one.kind);
    out.confidence = one.confidence;
    out.reason = static_cast<int32_t>(one.reason);
    out.sign = one.sign;
    out.weight = one.weight;
    out.a = one.a;
    out.b = one.b;
    out.position = one.position;
    out.name_space = Slice(one.name_space);
    state->evidence.push_back(out);
  }
  state->view.a = state->from.a;
  state->view.b = state->from.b;
  state->view.evidence = state->evidence.data();
  state->view.evidence_count = state->evidence.size();
  state->view.text = Slice(state->from.text);
}

void Fill(IdentityHistoryState* state) {
  for (const IdentityStep& one : state->from.steps) {
    crm_identity_step out = {};
    out.kind = static_cast<int32_t>(one.kind);
    out.confidence = one.confidence;
    out.position = one.position;
    out.record = one.record;
    out.retired = one.retired;
    out.matched_by = Slice(one.matched_by);
    out.by = Slice(one.by);
    out.why = Slice(one.why);
    out.weight = one.weight;
    state->steps.push_back(out);
  }
  state->view.customer = state->from.customer;
  state->view.steps = state->steps.data();
  state->view.step_count = state->steps.size();
  state->view.text = Slice(state->from.text);
}

// What `ask` answers, as a handle with a view.
template <typename H, typename Ask>
Status Answer(crm_tenant* tenant, const crm_read_options* options, H** out,
              Ask ask) {
  Status status = BeginRead(tenant, options, out);
  if (!status.ok()) return status;
  auto answer = ask(Source(tenant));
  if (!answer.ok()) return answer.status();
  auto state = std::make_unique<typename H::State>(
      typename H::State{*std::move(answer)});
  Fill(state.get());
  *out = Adopt<H>(std::move(state));
  return status;
}

Status ReadReviewQuery(const crm_review_query* query, ReviewQuery* out) {
  crm_review_query in = CRM_REVIEW_QUERY_INIT;
  const Status status = ReadOptions(query, "query", 0, &in);
  out->customer = in.customer;
  if (in.limit != 0) out->limit = in.limit;
  return status;
}

}  // namespace

crm_identity_change ShowChange(const IdentityChange& from) {
  crm_identity_change out = {};
  out.kind = static_cast<int32_t>(from.kind);
  out.position = from.position;
  out.from = from.from;
  out.to = from.to;
  out.records = from.records.data();
  out.record_count = from.records.size();
  return out;
}
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_slice crm_identity_reason_name(int32_t reason) noexcept {
  return GuardValue(crm_slice{"", 0}, [&]() -> crm_slice {
    if (reason < CRM_IDENTITY_NONE || reason > CRM_IDENTITY_WEAK_MATCH) {
      return Slice({});
    }
    return Slice(
        crm::IdentityReasonName(static_cast<crm::IdentityReason>(reason)));
  });
}

crm_status crm_tenant_lookup(crm_tenant* tenant,
                             const crm_identifier* identifiers,
                             size_t identifier_count,
                             const crm_read_options* options,
                             crm_lookup_result* out,
                             crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = crm_lookup_result();
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckReadOptions(options);
    if (status.ok()) {
      status = CheckElements(identifiers, identifier_count, "identifiers");
    }
    if (!status.ok()) return status;
    std::vector<crm::Identifier> own(identifier_count);
    for (size_t i = 0; status.ok() && i < identifier_count; ++i) {
      status = ReadIdentifier(identifiers[i], &own[i]);
    }
    if (!status.ok()) return status;
    const auto found = Source(tenant).Lookup(own);
    if (!found.ok()) return found.status();
    out->customer = found->customer;
    out->matched = found->matched;
    out->confidence = found->confidence;
    return status;
  });
}

crm_status crm_tenant_what_if(crm_tenant* tenant, const crm_event* event,
                              const crm_read_options* options,
                              crm_append_result** out,
                              crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (status.ok() && event == nullptr) status = Invalid("event: NULL");
    crm::Event own;
    if (status.ok()) status = ReadEvent(*event, &own);
    if (!status.ok()) return status;
    auto outcome = Source(tenant).WhatIf(own);
    if (!outcome.ok()) return outcome.status();
    crm::AppendResult result;
    result.events.push_back(*std::move(outcome));
    return GiveResult(std::move(result), out);
  });
}

crm_status crm_tenant_merge(crm_tenant* tenant, uint64_t a, uint64_t b,
                            const crm_merge_options* options,
                            crm_merge_result* out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = crm_merge_result();
    const auto merged = Choose(
        tenant, options, [&](crm::Tenant& of, const crm::MergeOptions& own) {
          return of.Merge(a, b, own);
        });
    if (merged.ok() && out != nullptr) {
      out->position = merged->position;
      out->customer = merged->customer;
      out->retired = merged->retired;
    }
    return merged.status();
  });
}

crm_status crm_tenant_unmerge(crm_tenant* tenant,
                              const crm_unmerge_target* target,
                              const crm_merge_options* options,
                              crm_unmerge_result** out,
                              crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    crm::UnmergeTarget own;
    crm::Status status = ReadTarget(target, &own);
    if (!status.ok()) return status;
    auto undone = Choose(tenant, options,
                         [&](crm::Tenant& of, const crm::MergeOptions& how) {
                           return of.Unmerge(own, how);
                         });
    if (!undone.ok() || out == nullptr) return undone.status();
    auto state = std::make_unique<UnmergeResultState>(
        UnmergeResultState{*std::move(undone)});
    Fill(state.get());
    *out = Adopt<crm_unmerge_result>(std::move(state));
    return status;
  });
}

const crm_unmerge_result_view* crm_unmerge_result_read(
    const crm_unmerge_result* result) noexcept {
  return ReadView(result);
}

void crm_unmerge_result_free(crm_unmerge_result* result) noexcept {
  Free(result);
}

crm_status crm_tenant_add_assertion(crm_tenant* tenant, int32_t kind,
                                    uint64_t a, uint64_t b,
                                    const crm_merge_options* options,
                                    uint64_t* position,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (position != nullptr) *position = 0;
    if (kind != CRM_ASSERTION_MUST_LINK && kind != CRM_ASSERTION_CANNOT_LINK) {
      return Invalid("kind: " + std::to_string(kind) + " is none");
    }
    return ChoosePosition(tenant, options, position,
                          [&](crm::Tenant& of, const crm::MergeOptions& own) {
                            return of.AddAssertion(
                                static_cast<crm::Assertion::Kind>(kind), a, b,
                                own);
                          });
  });
}

crm_status crm_tenant_retract_assertion(crm_tenant* tenant, uint64_t a,
                                        uint64_t b,
                                        const crm_merge_options* options,
                                        uint64_t* position,
                                        crm_error** error) noexcept {
  return Guard(error, [&] {
    return ChoosePosition(tenant, options, position,
                          [&](crm::Tenant& of, const crm::MergeOptions& own) {
                            return of.RetractAssertion(a, b, own);
                          });
  });
}

crm_status crm_tenant_list_assertions(crm_tenant* tenant, uint64_t customer,
                                      const crm_read_options* options,
                                      crm_assertion_list** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(tenant, options, out);
    if (!status.ok()) return status;
    const auto list = Source(tenant).ListAssertions(customer);
    if (!list.ok()) return list.status();
    auto state = std::make_unique<AssertionListState>();
    for (const crm::Assertion& one : *list) {
      state->assertions.push_back(
          {static_cast<int32_t>(one.kind), 0, one.a, one.b, one.position, {}});
    }
    state->view.assertions = state->assertions.data();
    state->view.assertion_count = state->assertions.size();
    *out = Adopt<crm_assertion_list>(std::move(state));
    return status;
  });
}

const crm_assertion_list_view* crm_assertion_list_read(
    const crm_assertion_list* list) noexcept {
  return ReadView(list);
}

void crm_assertion_list_free(crm_assertion_list* list) noexcept { Free(list); }

crm_status crm_tenant_list_reviews(crm_tenant* tenant,
                                   const crm_review_query* query,
                                   crm_review_list** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::ReviewQuery own;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = ReadReviewQuery(query, &own);
    if (!status.ok()) return status;
    return Answer(tenant, nullptr, out,
                  [&](const crm::Tenant& of) { return of.ListReviews(own); });
  });
}

const crm_review_list_view* crm_review_list_read(
    const crm_review_list* list) noexcept {
  return ReadView(list);
}

void crm_review_list_free(crm_review_list* list) noexcept { Free(list); }

crm_status crm_tenant_answer_review(crm_tenant* tenant, uint64_t review,
                                    int32_t answer,
                                    const crm_merge_options* options,
                                    uint64_t* position,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (position != nullptr) *position = 0;
    if (answer < CRM_REVIEW_ANSWER_SAME || answer > CRM_REVIEW_ANSWER_DISMISS) {
      return Invalid("answer: " + std::to_string(answer) + " is none");
    }
    return ChoosePosition(tenant, options, position,
                          [&](crm::Tenant& of, const crm::MergeOptions& own) {
                            return of.AnswerReview(
                                review, static_cast<crm::ReviewAnswer>(answer),
                                own);
                          });
  });
}

crm_status crm_tenant_get_identity_changes(crm_tenant* tenant, uint64_t after,
                                           size_t limit,
                                           const crm_read_options* options,
                                           crm_identity_changes** out,
                                           crm_error** error) noexcept {
  return Guard(error, [&] {
    return Answer(tenant, options, out, [&](const crm::Tenant& of) {
      return limit == 0 ? of.GetIdentityChanges(after)
                        : of.GetIdentityChanges(after, limit);
    });
  });
}

const crm_identity_changes_view* crm_identity_changes_read(
    const crm_identity_changes* changes) noexcept {
  return ReadView(changes);
}

void crm_identity_changes_free(crm_identity_changes* changes) noexcept {
  Free(changes);
}

crm_status crm_tenant_why(crm_tenant* tenant, uint64_t a, uint64_t b,
                          const crm_read_options* options,
                          crm_identity_explanation** out,
                          crm_error** error) noexcept {
  return Guard(error, [&] {
    return Answer(tenant, options, out,
                  [&](const crm::Tenant& of) { return of.Why(a, b); });
  });
}

crm_status crm_tenant_why_not(crm_tenant* tenant, uint64_t a, uint64_t b,
                              const crm_read_options* options,
                              crm_identity_explanation** out,
                              crm_error** error) noexcept {
  return Guard(error, [&] {
    return Answer(tenant, options, out,
                  [&](const crm::Tenant& of) { return of.WhyNot(a, b); });
  });
}

const crm_identity_explanation_view* crm_identity_explanation_read(
    const crm_identity_explanation* explanation) noexcept {
  return ReadView(explanation);
}

void crm_identity_explanation_free(
    crm_identity_explanation* explanation) noexcept {
  Free(explanation);
}

crm_status crm_tenant_how(crm_tenant* tenant, uint64_t customer,
                          const crm_read_options* options,
                          crm_identity_history** out,
                          crm_error** error) noexcept {
  return Guard(error, [&] {
    return Answer(tenant, options, out,
                  [&](const crm::Tenant& of) { return of.How(customer); });
  });
}

const crm_identity_history_view* crm_identity_history_read(
    const crm_identity_history* history) noexcept {
  return ReadView(history);
}

void crm_identity_history_free(crm_identity_history* history) noexcept {
  Free(history);
}

crm_status crm_tenant_apply_matches(crm_tenant* tenant,
                                    const crm_customer_match* matches,
                                    size_t count,
                                    const crm_merge_options* options,
                                    crm_match_report** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = nullptr;
    std::vector<crm::CustomerMatch> own;
    crm::Status status = ReadMatches(matches, count, &own);
    if (!status.ok()) return status;
    auto report = Choose(tenant, options, [&](crm::Tenant& of, const auto& by) {
      return of.ApplyMatches(own, by);
    });
    if (report.ok()) GiveReport(*std::move(report), out);
    return report.status();
  });
}
