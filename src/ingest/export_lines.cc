#include "ingest/export_lines.h"

#include <charconv>
#include <utility>

#include "ingest/content_hash.h"
#include "ingest/json_text.h"

namespace crm::ingest {
namespace {

constexpr std::string_view kCheck = ",\"check\":\"";
constexpr size_t kCheckDigits = 16;
constexpr std::string_view kEnd = "\"}";
constexpr size_t kTailBytes = kCheck.size() + kCheckDigits + kEnd.size();
constexpr size_t kReadBytes = size_t{256} << 10;

}  // namespace

const std::string& CheckChain::Next(std::string_view body) {
  buffer_.assign(check_);
  buffer_.append(body);
  check_ = ToHex(HashContent(buffer_)).substr(0, kCheckDigits);
  return check_;
}

void CheckChain::Close(std::string* body) {
  const std::string& check = Next(*body);
  body->append(kCheck).append(check).append(kEnd).push_back('\n');
}

void AppendTextMember(std::string_view name, std::string_view text,
                      std::string* out) {
  AppendComma(out);
  out->push_back('"');
  out->append(name).append("\":");
  AppendJsonString(text, out);
}

void AppendNumberMember(std::string_view name, uint64_t number,
                        std::string* out) {
  AppendMember(name, std::to_string(number), out);
}

Result<std::unique_ptr<ExportReader>> ExportReader::Open(
    const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  return std::unique_ptr<ExportReader>(new ExportReader(*std::move(source)));
}

Status ExportReader::Error(StatusCode code, const std::string& what) const {
  return Status(code, "line " + std::to_string(line_) + ": " + what);
}

Status ExportReader::status() const {
  if (members_.ok()) return Status::Ok();
  return Error(StatusCode::kMalformed,
               std::string(members_.status().message()));
}

Result<bool> ExportReader::ReadLine() {
  size_t from = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', from);
    if (end != std::string::npos) {
      text_ = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      ++line_;
      return true;
    }
    if (at_end_) {
      if (begin_ == buffer_.size()) return false;
      ++line_;
      return Error(StatusCode::kMalformed,
                   "ends in the middle: the file was cut off");
    }
    if (buffer_.size() - begin_ > kMaxExportLine) {
      ++line_;
      return Error(StatusCode::kMalformed, "too long for an export");
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    from = buffer_.size();
    buffer_.resize(from + kReadBytes);
    Result<size_t> n = source_->Read(buffer_.data() + from, kReadBytes);
    buffer_.resize(from + (n.ok() ? *n : 0));
    if (!n.ok()) {
      return Status(n.status().code(), "after line " + std::to_string(line_) +
                                           ": " +
                                           std::string(n.status().message()));
    }
    at_end_ = *n == 0;
  }
}

Status ExportReader::TakeApart() {
  const bool framed =
      text_.size() > kTailBytes && text_.ends_with(kEnd) &&
      text_.substr(text_.size() - kTailBytes, kCheck.size()) == kCheck;
  if (!framed) {
    return Error(StatusCode::kMalformed, line_ == 1 ? "not an export of libcrm"
                                                    : "no line of an export");
  }
  body_ = text_.substr(0, text_.size() - kTailBytes);
  const std::string_view check =
      text_.substr(body_.size() + kCheck.size(), kCheckDigits);
  if (chain_.Next(body_) != check) {
    return Error(StatusCode::kMalformed,
                 "its check is wrong: it was changed, or lines before it are "
                 "missing");
  }
  object_.assign(body_);
  object_.push_back('}');
  Status split = members_.Split(object_);
  if (!split.ok()) {
    return Error(StatusCode::kMalformed, std::string(split.message()));
  }
  kind_ = Text("kind");
  return status();
}

Result<bool> ExportReader::Next() {
  Result<bool> more = ReadLine();
  if (!more.ok() || !*more) return more;
  Status status = TakeApart();
  if (!status.ok()) return status;
  return true;
}

uint64_t ExportReader::Number(std::string_view name) {
  const std::string_view text = members_.Take(name);
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() ||
      text.empty()) {
    members_.Fail(name, "not a number");
  }
  return number;
}

std::string ExportReader::Text(std::string_view name) {
  const std::string_view text = members_.TakeString(name);
  if (text.empty()) members_.Fail(name, "missing");
  return TextOfJson(text);
}

}  // namespace crm::ingest
