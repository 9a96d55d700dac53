// Files of persons: linked, and trained on.

#include "crm/link_file.h"

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "capi/limits.h"
#include "capi/queries.h"

namespace crm::capi {
namespace {

constexpr uint32_t kDefaultThreads = 2;

// What both calls read of their arguments.
struct LinkInput {
  std::string path;
  std::optional<PersonMap> map = {};
  LinkFileOptions options = {};
  Stopped stopped = 0;
};

Status ReadWeights(const crm_link_options& in, LinkFileOptions* out) {
  if (in.encoding < CRM_ENCODING_DEFAULT ||
      in.encoding > CRM_ENCODING_MAC_ROMAN) {
    return Invalid("options.encoding: is none of CRM_ENCODING_...");
  }
  Status status = CheckThreads(in.threads);
  if (!status.ok()) return status;
  out->encoding = static_cast<TextEncoding>(in.encoding);
  out->threads =
      static_cast<int>(in.threads == 0 ? kDefaultThreads : in.threads);
  if (in.link_weight != 0) out->link_weight = in.link_weight;
  out->review_weight = in.review_weight;
  if (in.seed != 0) out->seed = in.seed;
  if (in.model.size == 0) return Status::Ok();
  Result<MatchModel> model = MatchModel::FromJson(View(in.model));
  if (!model.ok()) return model.status();
  out->model = *std::move(model);
  return Status::Ok();
}

Status ReadInput(crm_slice path, crm_slice map_json, const crm_link_options& in,
                 void* user_data, LinkInput* out) {
  Status status = CheckPath(path, "path");
  if (status.ok()) status = CheckSlice(map_json, "map_json");
  if (status.ok()) status = CheckSlice(in.model, "options.model");
  if (status.ok()) status = CheckSlice(in.review, "options.review");
  if (status.ok()) status = CheckReserved(in.reserved);
  if (status.ok()) status = ReadWeights(in, &out->options);
  if (!status.ok()) return status;
  if (in.review.size > 0) {
    status = CheckPath(in.review, "options.review");
    if (!status.ok()) return status;
    out->options.review = View(in.review);
  }
  Result<PersonMap> map = PersonMap::FromJson(View(map_json));
  if (!map.ok()) return map.status();
  out->map = *std::move(map);
  out->path = View(path);
  if (in.progress != nullptr) {
    Stopped* const stopped = &out->stopped;
    out->options.progress = [=, call = in.progress](const MatchProgress& from) {
      *stopped = call(user_data, from.done, from.total);
      return *stopped == 0;
    };
  }
  return Status::Ok();
}

Status Ended(const LinkInput& input, const Status& status) {
  if (input.stopped == 0) return status;
  return StoppedBy(input.stopped, "link");
}

void Give(std::unique_ptr<LinkReportState> state, crm_link_report** out) {
  state->view.model_json = Slice(state->model);
  state->view.not_trained_because = Slice(state->not_trained_because);
  if (out != nullptr) *out = Adopt<crm_link_report>(std::move(state));
}

Status Link(const LinkInput& input, crm_slice clusters, crm_link_report** out) {
  Result<LinkFileReport> report = LinkFile(
      input.path, *input.map, std::string(View(clusters)), input.options);
  if (!report.ok()) return Ended(input, report.status());
  auto state = std::make_unique<LinkReportState>();
  state->model = report->model.ToJson();
  state->not_trained_because = report->not_trained_because;
  crm_link_report_view& view = state->view;
  view.records = report->records;
  view.clusters = report->clusters;
  view.largest = report->largest;
  view.linked = report->linked;
  view.without_values = report->without_values;
  view.unreadable_dates = report->unreadable_dates;
  view.pairs = report->pairs;
  view.review_total = report->review_total;
  view.cut_pairs = report->cut_pairs;
  view.prior = report->prior;
  view.trained = report->trained ? 1 : 0;
  Give(std::move(state), out);
  return Status::Ok();
}

Status Train(const LinkInput& input, crm_link_report** out) {
  Result<Training> training =
      TrainModelOnFile(input.path, *input.map, input.options);
  if (!training.ok()) return Ended(input, training.status());
  auto state = std::make_unique<LinkReportState>();
  state->model = training->model.ToJson();
  state->view.records = training->model.trained_on();
  state->view.pairs = training->pairs;
  state->view.trained = 1;
  Give(std::move(state), out);
  return Status::Ok();
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_link_file(crm_slice path, crm_slice map_json, crm_slice clusters,
                         const crm_link_options* options, crm_link_report** out,
                         crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_link_options own = CRM_LINK_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    crm::Status status = ReadOptions(options, "options", 0, &own);
    if (out != nullptr) *out = nullptr;
    if (status.ok()) status = CheckPath(clusters, "clusters");
    LinkInput input;
    if (status.ok()) {
      status = ReadInput(path, map_json, own, held.get(), &input);
    }
    return status.ok() ? Link(input, clusters, out) : status;
  });
}

crm_status crm_train_file(crm_slice path, crm_slice map_json,
                          const crm_link_options* options,
                          crm_link_report** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_link_options own = CRM_LINK_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    LinkInput input;
    if (status.ok()) {
      status = ReadInput(path, map_json, own, held.get(), &input);
    }
    return status.ok() ? Train(input, out) : status;
  });
}

const crm_link_report_view* crm_link_report_read(
    const crm_link_report* report) noexcept {
  return ReadView(report);
}

void crm_link_report_free(crm_link_report* report) noexcept { Free(report); }
