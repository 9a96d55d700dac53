// ImportFile: one thread reads and merges, others decode and append.

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "crm/ingest.h"
#include "ingest/batch_reader.h"
#include "ingest/byte_source.h"
#include "ingest/encoding.h"
#include "ingest/look_through.h"
#include "ingest/map.h"
#include "ingest/recount.h"
#include "ingest/resume.h"
#include "ingest/workers.h"

namespace crm {
namespace ingest {
namespace {

constexpr int kMaxThreads = 64;
// More threads than this have nothing to do: batches wait for the sequencer.
constexpr int kUsefulThreads = static_cast<int>(kSlots) / 2;

// One pass over a file.
class Import final {
 public:
  // `rehearse`: write nothing and look at everything, whatever was imported
  // before (the first pass of a strict import).
  Import(const crm::Tenant& tenant, const ImportOptions& options, bool rehearse,
         OutcomeObserver observe = {})
      : tenant_(tenant),
        options_(options),
        rehearse_(rehearse),
        dry_(rehearse || options.dry_run),
        recount_(tenant) {
    plan_.observe = std::move(observe);
  }

  Status Run(const std::string& path);
  const ImportReport& report() const { return report_; }

 private:
  Status Open(const std::string& path);
  // Finds what tells this file from other exports of the same contacts.
  Status NameExport();
  Status OpenReader();
  Status OpenLog();
  Status Loop();
  // The next batch, or null at the end.
  Result<std::unique_ptr<Job>> Read();
  // Sends a batch on its way, or keeps it until batches of a run that was cut
  // off are counted.
  Status Take(std::unique_ptr<Job> job, bool last);
  // Counts those, once all of them were sent, and sends what was kept.
  Status SendHeld(bool last);
  void Send(std::unique_ptr<Job> job, std::optional<HostOffset> offset);
  Status StoreState();
  // Merges batches, in the order of the file, until at most `left` are under
  // way.
  Status MergeUntil(size_t left);
  Status Merge(const Job& job);

  const crm::Tenant tenant_;
  const ImportOptions& options_;
  const bool rehearse_;
  const bool dry_;
  ImportReport report_;

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<BatchReader> reader_;
  AppendPlan plan_;
  Recount recount_;
  std::unique_ptr<ImportProgressLog> log_;
  std::shared_ptr<DryRun> dry_run_;
  size_t window_ = 1;
  std::deque<std::unique_ptr<Job>> under_way_;
  std::deque<std::unique_ptr<Job>> held_;
  std::vector<std::unique_ptr<Job>> spare_;
  // Last: its threads use all of the above.
  std::unique_ptr<Workers> workers_;
};

Status Import::Run(const std::string& path) {
  Status status = Open(path);
  if (status.ok()) status = Loop();
  // Batches that are still under way belong to an import that failed.
  workers_.reset();
  if (log_ != nullptr) {
    const Counters& counters = log_->counters();
    report_.read = counters.read;
    report_.appended = counters.appended;
    report_.duplicates = counters.duplicates;
    report_.rejected = counters.rejected;
    report_.customers_created = counters.customers_created;
    report_.unattributed = counters.unattributed;
    report_.contested = counters.contested;
  }
  return status;
}

Status Import::Open(const std::string& path) {
  plan_.format = options_.format;
  plan_.source = options_.source;
  plan_.batch = options_.batch;
  if (options_.map.has_value()) {
    plan_.map = &options_.map->impl();
    plan_.encoding = plan_.map->encoding;
    if (!plan_.map->source().empty()) plan_.source = plan_.map->source();
    if (plan_.source.empty()) {
      return Status(StatusCode::kInvalidArgument,
                    "source: neither the map nor the options name one");
    }
  }
  if (options_.encoding != TextEncoding::kDefault) {
    plan_.encoding = options_.encoding;
  }
  if (plan_.source.empty() && (plan_.format == ImportFormat::kSegment ||
                               plan_.format == ImportFormat::kPostHog)) {
    return Status(StatusCode::kInvalidArgument,
                  "source: messages of this format name none");
  }
  Result<std::unique_ptr<ByteSource>> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  source_ = *std::move(source);
  Status status = NameExport();
  if (status.ok()) status = OpenReader();
  if (status.ok()) status = OpenLog();
  if (!status.ok()) return status;
  if (dry_) dry_run_ = NewDryRun();
  // A dry run is one conversation with the store: one thread.
  const int threads = dry_ ? 1 : std::min(options_.threads, kUsefulThreads);
  window_ = threads == 1 ? 1 : static_cast<size_t>(threads) * 2;
  workers_ = std::make_unique<Workers>(threads, tenant_, plan_, &recount_);
  return Status::Ok();
}

Status Import::NameExport() {
  plan_.export_name = plan_.batch;
  const bool contacts = plan_.map != nullptr && plan_.map->contact.has_value();
  if (!contacts || !plan_.batch.empty()) return Status::Ok();
  Result<std::optional<ContentHash>> file = source_->Fingerprint();
  if (!file.ok()) return file.status();
  if (!file->has_value()) {
    return Status(StatusCode::kInvalidArgument,
                  "batch: contacts that come through a pipe need a name for "
                  "this export, such as its date");
  }
  plan_.export_name = "file " + ToHex(**file);
  return Status::Ok();
}

Status Import::OpenReader() {
  BatchReader::Options options;
  const ImportMap::Impl* map = plan_.map;
  const bool json =
      map == nullptr || map->format == ImportMap::Impl::Format::kJson;
  if (!json) {
    options.text.emplace();
    options.text->delimiter = map->delimiter;
    options.text->quote = map->quote;
    options.text->trim = map->trim;
    options.text->skip_lines = map->skip_lines;
    options.header = map->header;
  }
  options.encoding = plan_.encoding;
  options.batches = plan_.format != ImportFormat::kNative;
  options.messages = options.batches || map != nullptr;
  // A CloudEvent without an id is refused.
  if (plan_.format == ImportFormat::kSegment) options.id_member = "messageId";
  if (plan_.format == ImportFormat::kPostHog) options.id_member = "uuid";
  options.hash_rows = !options.id_member.empty();
  if (map != nullptr) {
    options.hash_rows = !map->has_id();
    options.number_rows = map->equal_rows_differ;
  }
  // Only text in an 8-bit set reaches the fields as it is in the file.
  if (json || !IsEightBit(plan_.encoding)) plan_.encoding = TextEncoding::kUtf8;
  reader_ = std::make_unique<BatchReader>(source_.get(), options);
  Status status = reader_->Start();
  if (!status.ok() || map == nullptr) return status;
  Result<ColumnPlan> columns =
      PlanColumns(*map, plan_.encoding, reader_->header());
  if (!columns.ok()) return columns.status();
  plan_.columns = *std::move(columns);
  return Status::Ok();
}

Status Import::OpenLog() {
  Result<std::optional<ContentHash>> file = source_->Fingerprint();
  if (!file.ok()) return file.status();
  std::optional<ContentHash> fingerprint;
  if (file->has_value() && !rehearse_) {
    std::string text;
    AppendPart("crm import 1", &text);
    AppendPart(ToHex(**file), &text);
    AppendPart(plan_.map == nullptr ? "" : plan_.map->canonical, &text);
    AppendPart(plan_.source, &text);
    AppendPart(plan_.batch, &text);
    if (plan_.format != ImportFormat::kNative) {
      AppendNumber(static_cast<uint64_t>(plan_.format), &text);
    }
    if (options_.encoding != TextEncoding::kDefault) {
      AppendPart(NameOfEncoding(options_.encoding), &text);
    }
    fingerprint = HashContent(text);
  }
  if (rehearse_ && !plan_.observe && !file->has_value()) {
    return Status(StatusCode::kInvalidArgument,
                  "strict: needs a file that can be read twice, not a pipe");
  }
  log_ = std::make_unique<ImportProgressLog>(tenant_, fingerprint);
  Status status = log_->Load();
  recount_.SetCounted(log_->CountedRanges());
  return status;
}

Status Import::Loop() {
  Result<std::unique_ptr<Job>> next = Read();
  while (next.ok() && *next != nullptr) {
    std::unique_ptr<Job> job = *std::move(next);
    next = Read();
    // When reading fails, the batch before is still good, but not the last.
    const bool last = next.ok() && *next == nullptr;
    Status status = Take(std::move(job), last);
    if (!status.ok()) return status;
  }
  Status status = MergeUntil(0);
  return next.ok() ? status : next.status();
}

Result<std::unique_ptr<Job>> Import::Read() {
  std::unique_ptr<Job> job;
  if (spare_.empty()) {
    job = std::make_unique<Job>();
  } else {
    job = std::move(spare_.back());
    spare_.pop_back();
  }
  Result<bool> found = reader_->Next(&job->batch);
  if (!found.ok()) return found.status();
  if (!*found) job.reset();
  return job;
}

Status Import::Take(std::unique_ptr<Job> job, bool last) {
  const uint64_t number = job->batch.number;
  const std::map<uint64_t, Position>& uncounted = log_->uncounted();
  const auto before = uncounted.find(number);
  if (log_->IsCounted(number)) {
    report_.resumed_rows += job->batch.rows.size();
    spare_.push_back(std::move(job));
  } else if (before != uncounted.end()) {
    report_.resumed_rows += job->batch.rows.size();
    Status status = MergeUntil(window_ - 1);
    if (!status.ok()) return status;
    job->append_again = true;
    job->recount_from = before->second;
    Send(std::move(job), std::nullopt);
  } else {
    held_.push_back(std::move(job));
  }
  // There are as many uncounted batches at most as there are slots, and no
  // more batches between them.
  const bool more_to_count =
      !uncounted.empty() && number < uncounted.rbegin()->first;
  return more_to_count && !last ? Status::Ok() : SendHeld(last);
}

Status Import::SendHeld(bool last) {
  if (!log_->uncounted().empty()) {
    Status status = MergeUntil(0);
    if (status.ok()) status = StoreState();
    if (!status.ok()) return status;
    log_->ForgetUncounted();
  }
  while (!held_.empty()) {
    std::unique_ptr<Job> job = std::move(held_.front());
    held_.pop_front();
    // The offset of the last says that all is done, so all of it must be.
    const bool is_last = last && held_.empty();
    Status status = MergeUntil(is_last ? 0 : window_ - 1);
    if (!status.ok()) return status;
    std::optional<HostOffset> offset;
    if (!dry_) offset = log_->OffsetOf(job->batch.number, is_last);
    job->append_again = false;
    Send(std::move(job), std::move(offset));
  }
  return Status::Ok();
}

void Import::Send(std::unique_ptr<Job> job, std::optional<HostOffset> offset) {
  AppendOptions& append = job->options;
  append.partial = true;
  append.backfill = options_.backfill;
  append.durability = options_.durability;
  append.ignore_tenant = options_.ignore_tenant;
  // What was appended before is appended again in earnest, also by a dry run:
  // nothing can be written by it, and only so do outcomes have positions.
  append.dry_run = job->append_again ? nullptr : dry_run_;
  append.offset = std::move(offset);
  Job* const sent = job.get();
  under_way_.push_back(std::move(job));
  workers_->Submit(sent);
}

Status Import::StoreState() {
  if (dry_) return Status::Ok();
  AppendOptions append;
  append.durability = options_.durability;
  append.offset = log_->StateOffset();
  crm::Tenant tenant = tenant_;
  return tenant.AppendJson({}, append).status();
}

Status Import::MergeUntil(size_t left) {
  while (under_way_.size() > left) {
    Job* const job = under_way_.front().get();
    workers_->Wait(job);
    Status status = Merge(*job);
    if (!status.ok()) return status;
    spare_.push_back(std::move(under_way_.front()));
    under_way_.pop_front();
  }
  return Status::Ok();
}

Status Import::Merge(const Job& job) {
  const BatchResult& result = job.result;
  if (!result.status.ok()) return result.status;
  log_->Count(job.batch.number, result);
  for (const RejectedRow& row : result.rejected) {
    if (options_.on_rejected) options_.on_rejected(row);
    if (report_.rejected_rows.size() < options_.max_rejected) {
      report_.rejected_rows.push_back(row);
    }
  }
  if (!options_.progress) return Status::Ok();
  ImportProgress progress;
  progress.bytes = job.batch.bytes;
  progress.total_bytes = source_->total_bytes();
  progress.read = log_->counters().read;
  progress.appended = log_->counters().appended;
  if (options_.progress(progress)) return Status::Ok();
  return Status(StatusCode::kCancelled, "import: cancelled by the caller");
}

Status CheckOptions(const ImportOptions& options) {
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return Status(StatusCode::kInvalidArgument,
                  "threads: must be 1 to " + std::to_string(kMaxThreads));
  }
  if (options.format > ImportFormat::kPostHog) {
    return Status(StatusCode::kInvalidArgument, "format: there is no such one");
  }
  if (options.encoding > TextEncoding::kMacRoman) {
    return Status(StatusCode::kInvalidArgument,
                  "encoding: there is no such one");
  }
  if (options.map.has_value() && options.format != ImportFormat::kNative) {
    return Status(StatusCode::kInvalidArgument,
                  "format: a map goes with the native format only");
  }
  return Status::Ok();
}

Result<ImportReport> Run(const crm::Tenant& tenant, const std::string& path,
                         const ImportOptions& options) {
  Status checked = CheckOptions(options);
  if (!checked.ok()) return checked;
  if (options.strict) {
    Import rehearsal(tenant, options, true);
    Status status = rehearsal.Run(path);
    if (!status.ok()) return status;
    const ImportReport& report = rehearsal.report();
    if (report.rejected > 0) {
      std::string first;
      if (!report.rejected_rows.empty()) {
        const RejectedRow& row = report.rejected_rows.front();
        first = ", the first on line " + std::to_string(row.line) + " (" +
                row.message + ")";
      }
      return Status(StatusCode::kInvalidArgument,
                    "strict: bad rows: " + std::to_string(report.rejected) +
                        first + "; nothing was imported");
    }
    if (options.dry_run) return report;
  }
  Import import(tenant, options, false);
  Status status = import.Run(path);
  if (!status.ok()) return status;
  return import.report();
}

}  // namespace

Result<ImportReport> LookThrough(const crm::Tenant& tenant,
                                 const std::string& path,
                                 const ImportOptions& options,
                                 const OutcomeObserver& observe) {
  Status status = CheckOptions(options);
  if (!status.ok()) return status;
  Import pass(tenant, options, true, observe);
  status = pass.Run(path);
  if (!status.ok()) return status;
  return pass.report();
}

}  // namespace ingest

Result<ImportReport> ImportFile(Tenant& tenant, const std::string& path,
                                const ImportOptions& options) {
  try {
    return ingest::Run(tenant, path, options);
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kOutOfMemory, "import: out of memory");
  } catch (const std::exception&) {
    return Status(StatusCode::kInternal, "import: an unexpected error");
  }
}

}  // namespace crm
