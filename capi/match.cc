// Records in memory: sets of them, models, links, and why two are one.

#include "crm/match.h"

#include <cmath>
#include <span>

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/limits.h"

namespace crm::capi {
namespace {

constexpr size_t kMaxOfRecord = 10'000;
constexpr size_t kMaxAsserted = 100'000'000;
constexpr uint32_t kMaxIterations = 1'000;

// Where in an array something is wrong.
Status At(const std::string& place, const Status& status) {
  if (status.ok()) return status;
  return Status(status.code(), place + ": " + std::string(status.message()));
}

std::string Place(const char* name, size_t index) {
  return std::string(name) + "[" + std::to_string(index) + "]";
}

Status CheckCount(const void* array, size_t count, size_t most,
                  const char* name) {
  if (count > most) {
    return Status(StatusCode::kTooLarge, std::string(name) + ": at most " +
                                             std::to_string(most) + ", not " +
                                             std::to_string(count));
  }
  return CheckArray(array, count, name);
}

Status ReadValue(const crm_match_value& in, MatchValue* out) {
  Status status = CheckSlice(in.text, "text");
  if (!status.ok()) return status;
  if (!IsZero(in.reserved)) return Invalid("reserved: must be zero");
  if (in.field < CRM_MATCH_FIELD_GIVEN_NAME ||
      in.field > CRM_MATCH_FIELD_OTHER) {
    return Invalid("field: is none of CRM_MATCH_FIELD_...");
  }
  if (in.slot > UINT8_MAX) return Invalid("slot: must be at most 3");
  out->field = static_cast<MatchField>(in.field);
  out->slot = static_cast<uint8_t>(in.slot);
  out->text = View(in.text);
  return status;
}

Status ReadExclusive(const crm_match_record& in, MatchRecord* out) {
  Status status =
      CheckCount(in.exclusive, in.exclusive_count, kMaxOfRecord, "exclusive");
  if (!status.ok()) return status;
  for (const auto& one : std::span(in.exclusive, in.exclusive_count)) {
    status = CheckSlice(one.name_space, "exclusive: name_space");
    if (status.ok()) status = CheckSlice(one.value, "exclusive: value");
    if (!status.ok()) return status;
    out->exclusive.emplace_back(View(one.name_space), View(one.value));
  }
  return status;
}

Status ReadRecord(const crm_match_record& in, MatchRecord* out) {
  Status status = CheckSlice(in.id, "id");
  if (status.ok()) {
    status = CheckCount(in.values, in.value_count, kMaxOfRecord, "values");
  }
  if (!status.ok()) return status;
  if (!IsZero(in.reserved)) return Invalid("reserved: must be zero");
  out->id = View(in.id);
  for (size_t i = 0; i < in.value_count; ++i) {
    status = ReadValue(in.values[i], &out->values.emplace_back());
    if (!status.ok()) return At(Place("values", i), status);
  }
  return ReadExclusive(in, out);
}

// A set that ran out of memory while it was added to knows half of a record.
Status CheckSet(const crm_match_set* set) {
  Status status = Check(set, "set");
  if (!status.ok() || !StateOf(set).broken) return status;
  return Status(StatusCode::kFailedPrecondition,
                "set: a call ran out of memory; make a new one");
}

Status AddAll(MatchSetState& state, std::span<const crm_match_record> records) {
  for (size_t i = 0; i < records.size(); ++i) {
    MatchRecord record;
    Status status = ReadRecord(records[i], &record);
    if (status.ok()) {
      state.broken = true;
      status = state.set.Add(record);
      state.broken = false;
    }
    if (!status.ok()) return At(Place("records", i), status);
  }
  return Status::Ok();
}

// `*out`: the model, or the default one for null.
Status ReadModel(const crm_match_model* model, std::optional<MatchModel>* out) {
  if (model == nullptr) {
    *out = MatchModel::Default();
    return Status::Ok();
  }
  Status status = Check(model, "model");
  if (status.ok()) *out = StateOf(model);
  return status;
}

MatchProgressCallback ProgressTo(crm_progress_callback progress,
                                 void* user_data, int32_t* stopped) {
  if (progress == nullptr) return {};
  return [=](const MatchProgress& from) {
    *stopped = progress(user_data, from.done, from.total);
    return *stopped == 0;
  };
}

Status ReadAsserted(const crm_match_pair* pairs, size_t count, const char* name,
                    std::vector<std::pair<uint32_t, uint32_t>>* out) {
  Status status = CheckCount(pairs, count, kMaxAsserted, name);
  if (!status.ok()) return status;
  out->reserve(count);
  for (const crm_match_pair& pair : std::span(pairs, count)) {
    if (!IsZero(pair.reserved)) {
      return Invalid(std::string(name) + ": reserved: must be zero");
    }
    out->emplace_back(pair.a, pair.b);
  }
  return status;
}

Status ReadLinkOptions(const crm_link_records_options& in, LinkOptions* out) {
  Status status = CheckThreads(in.threads);
  if (!status.ok()) return status;
  if (in.threads != 0) out->threads = static_cast<int>(in.threads);
  if (in.link_weight != 0) out->link_weight = in.link_weight;
  if (in.review_weight != 0) out->review_weight = in.review_weight;
  if (in.max_cluster != 0) out->max_cluster = in.max_cluster;
  if (in.max_review != 0) out->max_review = in.max_review;
  status = ReadAsserted(in.must_link, in.must_link_count, "options.must_link",
                        &out->must_link);
  if (!status.ok()) return status;
  return ReadAsserted(in.cannot_link, in.cannot_link_count,
                      "options.cannot_link", &out->cannot_link);
}

crm_match_pair Show(const MatchPair& from) {
  crm_match_pair pair = {};
  pair.a = from.a;
  pair.b = from.b;
  pair.weight = from.weight;
  return pair;
}

crm_link_result* NewResult(LinkResult from) {
  auto state = std::make_unique<LinkResultState>();
  state->clusters = std::move(from.clusters);
  state->links.reserve(from.links.size());
  for (const MatchPair& pair : from.links) state->links.push_back(Show(pair));
  state->review.reserve(from.review.size());
  for (const ReviewPair& pair : from.review) {
    crm_review_pair& shown = state->review.emplace_back();
    shown.pair = Show(pair.pair);
    shown.reason = static_cast<int32_t>(pair.reason);
  }
  crm_link_result_view& view = state->view;
  view.clusters = state->clusters.data();
  view.record_count = state->clusters.size();
  view.cluster_count = from.cluster_count;
  view.links = state->links.data();
  view.link_count = state->links.size();
  view.review = state->review.data();
  view.review_count = state->review.size();
  view.review_total = from.review_total;
  view.prior = from.prior;
  view.pairs = from.pairs;
  view.cut_blocks = from.cut_blocks;
  view.cut_pairs = from.cut_pairs;
  return Adopt<crm_link_result>(std::move(state));
}

crm_training* NewTraining(Training from) {
  auto state = std::make_unique<TrainingState>();
  state->kept_default = std::move(from.kept_default);
  for (const std::string& name : state->kept_default) {
    state->names.push_back(Slice(name));
  }
  crm_training_view& view = state->view;
  view.pairs = from.pairs;
  view.sessions = from.sessions;
  view.kept_default = state->names.data();
  view.kept_default_count = state->names.size();
  state->model.reset(Make<crm_match_model>(std::move(from.model)));
  view.model = state->model.get();
  return Adopt<crm_training>(std::move(state));
}

crm_match_explanation* NewExplanation(const MatchExplanation& from) {
  auto state = std::make_unique<MatchExplanationState>();
  for (const MatchEvidence& evidence : from.evidence) {
    crm_match_evidence& shown = state->evidence.emplace_back();
    shown.field = static_cast<int32_t>(evidence.field);
    shown.slot = evidence.slot;
    shown.level = Slice(evidence.level);
    shown.weight = evidence.weight;
    shown.rareness = evidence.rareness;
    shown.beside = Slice(evidence.beside);
  }
  crm_match_explanation_view& view = state->view;
  view.weight = from.weight;
  view.prior = from.prior;
  view.evidence = state->evidence.data();
  view.evidence_count = state->evidence.size();
  return Adopt<crm_match_explanation>(std::move(state));
}

}  // namespace

void FreeModel::operator()(crm_match_model* model) const { Free(model); }

}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_slice crm_match_field_name(int32_t field) noexcept {
  return GuardValue(crm_slice(), [=] {
    if (field < 0 || field > UINT8_MAX) return Slice({});
    return Slice(crm::MatchFieldName(static_cast<crm::MatchField>(field)));
  });
}

crm_slice crm_review_reason_name(int32_t reason) noexcept {
  return GuardValue(crm_slice(), [=] {
    if (reason < 0 || reason > UINT8_MAX) return Slice({});
    return Slice(crm::ReviewReasonName(static_cast<crm::ReviewReason>(reason)));
  });
}

crm_status crm_match_set_new(crm_match_set** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) *out = Make<crm_match_set>();
    return status;
  });
}

crm_status crm_match_set_add(crm_match_set* set,
                             const crm_match_record* records, size_t count,
                             crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckSet(set);
    if (status.ok()) status = CheckArray(records, count, "records");
    if (!status.ok()) return status;
    return AddAll(StateOf(set), std::span(records, count));
  });
}

size_t crm_match_set_size(const crm_match_set* set) noexcept {
  return GuardValue(size_t{0}, [=] {
    return CheckSet(set).ok() ? StateOf(set).set.size() : size_t{0};
  });
}

crm_slice crm_match_set_id(const crm_match_set* set, size_t number) noexcept {
  return GuardValue(crm_slice(), [=] {
    const bool there = CheckSet(set).ok() && number < StateOf(set).set.size();
    return there ? Slice(StateOf(set).set.id(number)) : Slice({});
  });
}

crm_status crm_match_set_find(const crm_match_set* set, crm_slice id,
                              uint32_t* out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: NULL");
    *out = 0;
    crm::Status status = CheckSet(set);
    if (status.ok()) status = CheckSlice(id, "id");
    if (!status.ok()) return status;
    const crm::Result<uint32_t> found = StateOf(set).set.Find(View(id));
    if (!found.ok()) return found.status();
    *out = *found;
    return status;
  });
}

void crm_match_set_free(crm_match_set* set) noexcept { Free(set); }

crm_status crm_match_model_default(crm_match_model** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) {
      *out = Make<crm_match_model>(crm::MatchModel::Default());
    }
    return status;
  });
}

crm_status crm_match_model_from_json(crm_slice json, crm_match_model** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckSlice(json, "json");
    if (!status.ok()) return status;
    crm::Result<crm::MatchModel> model = crm::MatchModel::FromJson(View(json));
    if (!model.ok()) return model.status();
    *out = Make<crm_match_model>(*std::move(model));
    return status;
  });
}

crm_status crm_match_model_to_json(const crm_match_model* model,
                                   crm_buffer** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(model, "model");
    if (status.ok()) GiveBuffer(StateOf(model).ToJson(), out);
    return status;
  });
}

uint64_t crm_match_model_trained_on(const crm_match_model* model) noexcept {
  return GuardValue(uint64_t{0}, [=] {
    const bool alive = Check(model, "model").ok();
    return alive ? StateOf(model).trained_on() : uint64_t{0};
  });
}

void crm_match_model_free(crm_match_model* model) noexcept { Free(model); }

crm_status crm_train_model(const crm_match_set* set,
                           const crm_train_options* options, crm_training** out,
                           crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_train_options own = CRM_TRAIN_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    if (status.ok()) status = CheckSet(set);
    if (status.ok() && own.iterations > kMaxIterations) {
      status = Invalid("options.iterations: must be at most 1,000");
    }
    if (!status.ok()) return status;
    crm::TrainOptions how;
    if (own.seed != 0) how.seed = own.seed;
    if (own.iterations != 0) how.iterations = static_cast<int>(own.iterations);
    int32_t stopped = 0;
    how.progress = ProgressTo(own.progress, held.get(), &stopped);
    auto training = crm::TrainModel(StateOf(set).set, how);
    if (stopped != 0) return StoppedBy(stopped, "train");
    if (!training.ok()) return training.status();
    *out = NewTraining(*std::move(training));
    return status;
  });
}

const crm_training_view* crm_training_read(
    const crm_training* training) noexcept {
  return ReadView(training);
}

void crm_training_free(crm_training* training) noexcept { Free(training); }

crm_status crm_link_records(const crm_match_set* set,
                            const crm_match_model* model,
                            const crm_link_records_options* options,
                            crm_link_result** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_link_records_options own = CRM_LINK_RECORDS_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    crm::LinkOptions how;
    std::optional<crm::MatchModel> by;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    if (status.ok()) status = ReadLinkOptions(own, &how);
    if (status.ok()) status = CheckSet(set);
    if (status.ok()) status = ReadModel(model, &by);
    if (!status.ok()) return status;
    int32_t stopped = 0;
    how.progress = ProgressTo(own.progress, held.get(), &stopped);
    auto result = crm::LinkRecords(StateOf(set).set, *by, how);
    if (stopped != 0) return StoppedBy(stopped, "link");
    if (!result.ok()) return result.status();
    *out = NewResult(*std::move(result));
    return status;
  });
}

const crm_link_result_view* crm_link_result_read(
    const crm_link_result* result) noexcept {
  return ReadView(result);
}

void crm_link_result_free(crm_link_result* result) noexcept { Free(result); }

crm_status crm_explain_pair(const crm_match_set* set,
                            const crm_match_model* model, uint32_t a,
                            uint32_t b, double prior,
                            const crm_read_options* options,
                            crm_match_explanation** out,
                            crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    std::optional<crm::MatchModel> by;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = CheckReadOptions(options);
    if (status.ok()) status = CheckSet(set);
    if (status.ok()) status = ReadModel(model, &by);
    if (status.ok() && !std::isfinite(prior)) {
      status = Invalid("prior: must be a number");
    }
    if (!status.ok()) return status;
    const auto explanation =
        crm::ExplainPair(StateOf(set).set, *by, a, b, prior);
    if (!explanation.ok()) return explanation.status();
    *out = NewExplanation(*explanation);
    return status;
  });
}

const crm_match_explanation_view* crm_match_explanation_read(
    const crm_match_explanation* explanation) noexcept {
  return ReadView(explanation);
}

void crm_match_explanation_free(crm_match_explanation* explanation) noexcept {
  Free(explanation);
}
