// LinkFile: a file of persons in, a file of clusters out.

#include "crm/link_file.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "ingest/batch_reader.h"
#include "ingest/byte_source.h"
#include "ingest/csv_writer.h"
#include "ingest/encoding.h"
#include "ingest/export_file.h"
#include "ingest/guarded.h"
#include "ingest/person_map.h"
#include "ingest/row_values.h"

namespace crm {
namespace ingest {
namespace {

constexpr int kMaxLinkThreads = 64;

// Reads the records of a file into a set.
class PersonReader final {
 public:
  PersonReader(const PersonMap::Impl& map, const LinkFileOptions& options)
      : map_(map), options_(options) {}

  Status Read(const std::string& path);

  const MatchSet& set() const { return set_; }
  uint64_t without_values() const { return without_values_; }
  uint64_t unreadable_dates() const { return unreadable_dates_; }

 private:
  Status ReadRow(const RowBatch& batch, const Row& row, RowValues* values);
  void ReadBirth(const RowValues& values);
  // Empty where the map counts the value as missing.
  std::string_view ValueOf(const RowValues& values, ColumnRef column) const;
  uint32_t NumberOf(const RowValues& values, ColumnRef column);
  Status Fail(const Row& row, const Status& status) const;

  const PersonMap::Impl& map_;
  const LinkFileOptions& options_;
  MatchSet set_;
  MatchRecord record_;
  std::vector<uint64_t> lines_;
  uint64_t without_values_ = 0;
  uint64_t unreadable_dates_ = 0;
};

Status PersonReader::Fail(const Row& row, const Status& status) const {
  return Status(status.code(), "line " + std::to_string(row.line) + ": " +
                                   std::string(status.message()));
}

std::string_view PersonReader::ValueOf(const RowValues& values,
                                       ColumnRef column) const {
  const std::string_view value = values.Value(column);
  for (const std::string& missing : map_.missing) {
    if (missing.size() != value.size()) continue;
    const bool same = std::equal(
        value.begin(), value.end(), missing.begin(), [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a')
                                       : a) == b;
        });
    if (same) return {};
  }
  return value;
}

// A part of a date; 0: none, or no number.
uint32_t PersonReader::NumberOf(const RowValues& values, ColumnRef column) {
  const std::string text(ValueOf(values, column));
  if (text.empty()) return 0;
  // Statistics programs write 1961.0.
  const std::string digits = text.substr(0, text.find('.'));
  const bool good = !digits.empty() && digits.size() <= 4 &&
                    digits.find_first_not_of("0123456789") == std::string::npos;
  if (!good) {
    ++unreadable_dates_;
    return 0;
  }
  return static_cast<uint32_t>(std::strtoul(digits.c_str(), nullptr, 10));
}

void PersonReader::ReadBirth(const RowValues& values) {
  const BirthColumns& birth = map_.birth;
  std::string date;
  if (birth.parts) {
    const uint32_t year = NumberOf(values, birth.year);
    const uint32_t month = birth.has_month ? NumberOf(values, birth.month) : 0;
    const uint32_t day = birth.has_day ? NumberOf(values, birth.day) : 0;
    date = BirthText(year, month, day);
  } else {
    const std::string_view text = ValueOf(values, birth.date);
    if (text.empty()) return;
    const bool read = std::any_of(
        birth.formats.begin(), birth.formats.end(),
        [&](const BirthFormat& format) { return format.Read(text, &date); });
    if (!read) ++unreadable_dates_;
  }
  if (date.empty()) return;
  record_.values.push_back({MatchField::kBirthDate, std::move(date)});
}

Status PersonReader::ReadRow(const RowBatch& batch, const Row& row,
                             RowValues* values) {
  if (row.problem == RowProblem::kTooLarge) {
    return Fail(row, Status(StatusCode::kTooLarge,
                            "the row is longer than 1048576 bytes"));
  }
  Status status = values->Split(batch.Text(row), row);
  if (!status.ok()) return Fail(row, status);
  record_.values.clear();
  record_.id = values->Value(map_.id);
  if (record_.id.empty()) {
    return Fail(row, Status(StatusCode::kInvalidArgument,
                            "column \"" + values->NameOf(map_.id) +
                                "\": the id is empty"));
  }
  for (const PersonColumn& column : map_.columns) {
    const std::string_view value = ValueOf(*values, column.column);
    if (value.empty()) continue;
    record_.values.push_back({column.field, std::string(value), column.slot});
  }
  if (map_.birth.present) ReadBirth(*values);
  status = set_.Add(record_);
  if (status.code() == StatusCode::kAlreadyExists) {
    const Result<uint32_t> earlier = set_.Find(record_.id);
    const uint64_t line = earlier.ok() ? lines_[*earlier] : 0;
    return Fail(row,
                Status(status.code(), "column \"" + values->NameOf(map_.id) +
                                          "\": the id is that of line " +
                                          std::to_string(line)));
  }
  if (!status.ok()) return Fail(row, status);
  lines_.push_back(row.line);
  without_values_ += record_.values.empty();
  return status;
}

Status PersonReader::Read(const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  TextEncoding encoding = options_.encoding == TextEncoding::kDefault
                              ? map_.file.encoding
                              : options_.encoding;
  BatchReader::Options options;
  options.text.emplace();
  options.text->delimiter = map_.file.delimiter;
  options.text->quote = map_.file.quote;
  options.text->trim = map_.file.trim;
  options.header = map_.file.header;
  options.encoding = encoding;
  BatchReader reader(source->get(), options);
  Status status = reader.Start();
  if (!status.ok()) return status;
  // Only text in an 8-bit set reaches the fields as it is in the file.
  if (!IsEightBit(encoding)) encoding = TextEncoding::kUtf8;
  Result<ColumnPlan> plan = PlanColumns(map_.file, encoding, reader.header());
  if (!plan.ok()) return plan.status();
  RowValues values(map_.file, encoding, *plan);
  RowBatch batch;
  for (;;) {
    Result<bool> more = reader.Next(&batch);
    if (!more.ok()) return more.status();
    if (!*more) return Status::Ok();
    for (const Row& row : batch.rows) {
      status = ReadRow(batch, row, &values);
      if (!status.ok()) return status;
    }
    if (options_.progress &&
        !options_.progress({"read", batch.bytes, (*source)->total_bytes()})) {
      return Status(StatusCode::kCancelled, "cancelled");
    }
  }
}

std::string Bits(double weight) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", weight);
  return text;
}

// Lines end as those of the header do.
Status WriteRow(CsvWriter* writer, ExportFile* file) {
  std::string_view row = writer->EndRow();
  while (row.ends_with('\n') || row.ends_with('\r')) row.remove_suffix(1);
  Status status = file->Write(row);
  return status.ok() ? file->Write("\n") : status;
}

Status WriteClusters(const MatchSet& set, const LinkResult& links,
                     const std::string& path) {
  Result<std::unique_ptr<ExportFile>> file = ExportFile::Create(path);
  if (!file.ok()) return file.status();
  CsvWriter writer(false);
  Status status = (*file)->Write("record_id,cluster_id\n");
  for (size_t i = 0; status.ok() && i < set.size(); ++i) {
    writer.Cell(set.id(i));
    writer.Cell(std::to_string(links.clusters[i] + uint64_t{1}));
    status = WriteRow(&writer, file->get());
  }
  return status.ok() ? (*file)->Finish() : status;
}

std::string EvidenceOf(const MatchExplanation& explanation) {
  std::string text;
  for (const MatchEvidence& one : explanation.evidence) {
    if (one.level == "missing") continue;
    if (!text.empty()) text += "; ";
    text += MatchFieldName(one.field);
    if (one.slot > 0) text += "_" + std::to_string(one.slot);
    text += "=" + std::string(one.level) + " " + Bits(one.weight);
  }
  return text;
}

Status WriteReview(const MatchSet& set, const MatchModel& model,
                   const LinkResult& links, const std::string& path) {
  Result<std::unique_ptr<ExportFile>> file = ExportFile::Create(path);
  if (!file.ok()) return file.status();
  CsvWriter writer(false);
  Status status = (*file)->Write("record_a,record_b,weight,reason,evidence\n");
  for (const ReviewPair& review : links.review) {
    if (!status.ok()) return status;
    Result<MatchExplanation> why =
        ExplainPair(set, model, review.pair.a, review.pair.b, links.prior);
    if (!why.ok()) return why.status();
    writer.Cell(set.id(review.pair.a));
    writer.Cell(set.id(review.pair.b));
    writer.Cell(Bits(review.pair.weight));
    writer.Cell(ReviewReasonName(review.reason));
    writer.Cell(EvidenceOf(*why));
    status = WriteRow(&writer, file->get());
  }
  return status.ok() ? (*file)->Finish() : status;
}

Status CheckOptions(const LinkFileOptions& options) {
  if (options.threads < 1 || options.threads > kMaxLinkThreads) {
    return Status(StatusCode::kInvalidArgument, "threads: must be 1 to 64");
  }
  if (!std::isfinite(options.link_weight) ||
      !std::isfinite(options.review_weight)) {
    return Status(StatusCode::kInvalidArgument,
                  "link_weight, review_weight: must be numbers");
  }
  return Status();
}

// Chooses the model; a file that cannot teach one is no error.
Status ChooseModel(const MatchSet& set, const LinkFileOptions& options,
                   LinkFileReport* report) {
  if (options.model.has_value()) {
    report->model = *options.model;
    return Status();
  }
  Result<Training> training =
      TrainModel(set, {.seed = options.seed, .progress = options.progress});
  if (training.ok()) {
    report->model = training->model;
    report->trained = true;
    report->kept_default = training->kept_default;
    return Status();
  }
  if (training.status().code() != StatusCode::kFailedPrecondition) {
    return training.status();
  }
  report->not_trained_because = std::string(training.status().message());
  return Status();
}

void CountClusters(const LinkResult& links, LinkFileReport* report) {
  std::vector<uint64_t> sizes(links.cluster_count);
  for (const uint32_t cluster : links.clusters) ++sizes[cluster];
  for (const uint64_t size : sizes) {
    report->largest = std::max(report->largest, size);
    if (size > 1) report->linked += size;
  }
  report->clusters = links.cluster_count;
  report->pairs = links.pairs;
  report->review_total = links.review_total;
  report->cut_pairs = links.cut_pairs;
  report->prior = links.prior;
}

Result<LinkFileReport> Link(const std::string& path, const PersonMap& map,
                            const std::string& out,
                            const LinkFileOptions& options) {
  Status status = CheckOptions(options);
  if (!status.ok()) return status;
  PersonReader reader(map.impl(), options);
  status = reader.Read(path);
  if (!status.ok()) return status;
  LinkFileReport report;
  report.records = reader.set().size();
  report.without_values = reader.without_values();
  report.unreadable_dates = reader.unreadable_dates();
  status = ChooseModel(reader.set(), options, &report);
  if (!status.ok()) return status;
  Result<LinkResult> links =
      LinkRecords(reader.set(), report.model,
                  {.link_weight = options.link_weight,
                   .review_weight = options.review_weight,
                   .threads = options.threads,
                   .progress = options.progress});
  if (!links.ok()) return links.status();
  CountClusters(*links, &report);
  // The clusters last: where they are, all is well.
  if (!options.review.empty()) {
    status = WriteReview(reader.set(), report.model, *links, options.review);
    if (!status.ok()) return status;
  }
  status = WriteClusters(reader.set(), *links, out);
  if (!status.ok()) return status;
  return report;
}

}  // namespace
}  // namespace ingest

Result<LinkFileReport> LinkFile(const std::string& path, const PersonMap& map,
                                const std::string& out,
                                const LinkFileOptions& options) {
  return ingest::Guarded([&]() -> Result<LinkFileReport> {
    return ingest::Link(path, map, out, options);
  });
}

Result<Training> TrainModelOnFile(const std::string& path, const PersonMap& map,
                                  const LinkFileOptions& options) {
  return ingest::Guarded([&]() -> Result<Training> {
    ingest::PersonReader reader(map.impl(), options);
    Status status = reader.Read(path);
    if (!status.ok()) return status;
    return TrainModel(reader.set(),
                      {.seed = options.seed, .progress = options.progress});
  });
}

}  // namespace crm
