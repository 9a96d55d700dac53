// CheckPersonExport: a file against its manifest, in one pass.

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "crm/person_export.h"
#include "ingest/byte_source.h"
#include "ingest/guarded.h"
#include "ingest/json_members.h"
#include "ingest/message_mapper.h"
#include "ingest/person_lines.h"

namespace crm {
namespace ingest {
namespace {

constexpr size_t kCheckReadBytes = size_t{256} << 10;
// More than any line: settings may be large.
constexpr size_t kMaxLine = size_t{64} << 20;
constexpr std::string_view kBegin = R"({"part":")";

Status Malformed(std::string_view what) {
  return Status(StatusCode::kMalformed, std::string(what));
}

bool ReadNumber(std::string_view token, uint64_t* number) {
  const auto [end, error] =
      std::from_chars(token.data(), token.data() + token.size(), *number);
  return error == std::errc() && end == token.data() + token.size();
}

class PersonCheck final {
 public:
  explicit PersonCheck(ByteSource* source)
      : source_(*source), sums_(&report_) {}

  Status Run();
  PersonExportReport Take() { return std::move(report_); }

 private:
  // The next line with its end; empty: the end of the file.
  Status ReadLine(std::string_view* line);
  Status TakeLine(std::string_view line);
  Status TakeHeader(std::string_view line);
  Status TakeManifest(std::string_view line);

  ByteSource& source_;
  PersonExportReport report_;
  PersonSums sums_;
  JsonMembers members_;
  std::string buffer_;
  size_t begin_ = 0;
  bool at_end_ = false;
  bool complete_ = false;
};

Status PersonCheck::ReadLine(std::string_view* line) {
  *line = {};
  size_t from = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', from);
    if (end != std::string::npos) {
      *line = std::string_view(buffer_).substr(begin_, end + 1 - begin_);
      begin_ = end + 1;
      return Status::Ok();
    }
    if (at_end_ && begin_ == buffer_.size()) return Status::Ok();
    if (at_end_) return Malformed("ends in the middle: the file was cut off");
    if (buffer_.size() - begin_ > kMaxLine) {
      return Malformed("a line is too long for an export of a person");
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    from = buffer_.size();
    buffer_.resize(from + kCheckReadBytes);
    const Result<size_t> n =
        source_.Read(buffer_.data() + from, kCheckReadBytes);
    buffer_.resize(from + (n.ok() ? *n : 0));
    if (!n.ok()) return n.status();
    at_end_ = *n == 0;
  }
}

Status PersonCheck::TakeHeader(std::string_view line) {
  line.remove_suffix(1);
  uint64_t version = 0;
  if (!members_.Split(line).ok() ||
      !ReadNumber(members_.Take("version"), &version) ||
      !ReadNumber(members_.Take("customer"), &report_.customer) ||
      !ReadNumber(members_.Take("position"), &report_.position)) {
    return Malformed("not an export of a person");
  }
  if (version > kPersonExportVersion) {
    return Status(
        StatusCode::kFormatTooNew,
        "version: this libcrm reads " + std::to_string(kPersonExportVersion));
  }
  const std::string mode = TextOfJson(members_.TakeString("mode"));
  report_.mode = PersonExportMode::kAccess;
  if (mode != PersonModeText(report_.mode)) {
    report_.mode = PersonExportMode::kPortability;
  }
  const Result<Timestamp> at = ReadTimeToken(members_.Take("at"));
  if (mode != PersonModeText(report_.mode) || !at.ok()) {
    return Malformed("part export: mode or at is none");
  }
  report_.at = *at;
  return Status::Ok();
}

Status PersonCheck::TakeManifest(std::string_view line) {
  sums_.Finish();
  complete_ = true;
  if (!members_.Split(line.substr(0, line.size() - 1)).ok() ||
      !ReadNumber(members_.Take("events"), &report_.events) ||
      !ReadNumber(members_.Take("left_out"), &report_.left_out) ||
      !ReadNumber(members_.Take("redacted"), &report_.redacted)) {
    return Malformed("part manifest: not one");
  }
  if (line == ManifestLine(report_)) return Status::Ok();
  for (const PersonExportPart& part : report_.parts) {
    if (line.find(ManifestEntry(part)) != std::string_view::npos) continue;
    return Malformed("part " + part.name +
                     ": not what the manifest says: it was changed");
  }
  return Malformed("part manifest: names what is not there");
}

Status PersonCheck::TakeLine(std::string_view line) {
  if (complete_) return Malformed("goes on behind its manifest");
  const size_t end =
      line.starts_with(kBegin) ? line.find('"', kBegin.size()) : 0;
  if (end == 0 || end == std::string_view::npos) {
    return Malformed(report_.lines == 0 ? "not an export of a person"
                                        : "a line has no part");
  }
  const std::string_view part = line.substr(kBegin.size(), end - kBegin.size());
  if ((report_.lines == 0) != (part == "export")) {
    return Malformed("not an export of a person");
  }
  if (part == kManifest) return TakeManifest(line);
  if (part != sums_.part()) {
    const bool again = std::any_of(
        report_.parts.begin(), report_.parts.end(),
        [&](const PersonExportPart& before) { return before.name == part; });
    if (again) return Malformed("a part is in pieces");
  }
  Status status = report_.lines == 0 ? TakeHeader(line) : Status::Ok();
  sums_.Add(part, line);
  return status;
}

Status PersonCheck::Run() {
  std::string_view line;
  while (true) {
    Status status = ReadLine(&line);
    if (!status.ok()) return status;
    if (line.empty()) break;
    status = TakeLine(line);
    if (!status.ok()) return status;
  }
  if (complete_) return Status::Ok();
  return Malformed(report_.lines == 0 ? "not an export of a person"
                                      : "ends before its manifest");
}

Result<PersonExportReport> Check(const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = ByteSource::Open(path);
  if (!source.ok()) return std::move(source).status();
  PersonCheck check(source->get());
  Status status = check.Run();
  if (!status.ok()) return status;
  return check.Take();
}

}  // namespace
}  // namespace ingest

Result<PersonExportReport> CheckPersonExport(const std::string& path) {
  return ingest::Guarded([&] { return ingest::Check(path); });
}

}  // namespace crm
