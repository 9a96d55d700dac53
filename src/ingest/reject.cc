#include "ingest/reject.h"

#include <array>

#include "ingest/row_fields.h"

namespace crm {
namespace {

// By number.
constexpr std::array<std::string_view, 18> kReasons = {
    "",
    "BAD_ENCODING",
    "BAD_QUOTES",
    "TOO_FEW_COLUMNS",
    "TOO_MANY_COLUMNS",
    "TOO_LARGE",
    "BAD_JSON",
    "MISSING_REQUIRED",
    "BAD_DATE",
    "BAD_NUMBER",
    "BAD_BOOLEAN",
    "BAD_CONSENT",
    "INVALID_EMAIL",
    "INVALID_PHONE",
    "INVALID_IDENTIFIER",
    "INVALID_VALUE",
    "ID_CONFLICT",
    "ERASED",
};

}  // namespace

std::string_view RejectReasonName(RejectReason reason) {
  const auto number = static_cast<size_t>(reason);
  return number < kReasons.size() ? kReasons[number] : std::string_view();
}

namespace ingest {

Status StatusOf(RowProblem problem) {
  switch (problem) {
    case RowProblem::kNone:
      return Status::Ok();
    case RowProblem::kTooLarge:
      return Status(StatusCode::kTooLarge, "row: more than 1048576 bytes");
    case RowProblem::kBadQuotes:
      return Status(StatusCode::kMalformed, "row: its quotes are broken");
    case RowProblem::kMissingElement:
      return Status(StatusCode::kMalformed, "array: an element is missing");
    case RowProblem::kMissingComma:
      return Status(StatusCode::kMalformed,
                    "array: no comma before this element");
    case RowProblem::kArrayCut:
      return Status(StatusCode::kMalformed,
                    "array: the file ends inside it (cut off?)");
    case RowProblem::kAfterArray:
      return Status(StatusCode::kMalformed,
                    "array: something follows behind its end");
  }
  return Status(StatusCode::kInternal, "row: unknown problem");
}

RejectReason ReasonOf(RowProblem problem) {
  switch (problem) {
    case RowProblem::kNone:
      return RejectReason::kNone;
    case RowProblem::kTooLarge:
      return RejectReason::kTooLarge;
    case RowProblem::kBadQuotes:
      return RejectReason::kBadQuotes;
    default:
      return RejectReason::kBadJson;
  }
}

std::string_view FieldOf(std::string_view message) {
  const size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return {};
  const std::string_view field = message.substr(0, colon);
  for (const std::string_view whole : {"event", "row", "array", "request"}) {
    if (field == whole) return {};
  }
  return field.find(' ') == std::string_view::npos ? field : std::string_view();
}

RejectReason ReasonOf(const Status& status, std::string_view row) {
  switch (status.code()) {
    case StatusCode::kTooLarge:
      return RejectReason::kTooLarge;
    case StatusCode::kConflict:
    case StatusCode::kIdConflict:
      return RejectReason::kIdConflict;
    case StatusCode::kErased:
      return RejectReason::kErased;
    case StatusCode::kMalformed:
      return IsUtf8Text(row) ? RejectReason::kBadJson
                             : RejectReason::kBadEncoding;
    default:
      break;
  }
  const std::string_view message = status.message();
  const std::string_view field = FieldOf(message);
  if (message.find(": missing") != std::string_view::npos) {
    return RejectReason::kMissingRequired;
  }
  if (field == "timestamp" || field == "time" ||
      message.ends_with(": not a time")) {
    return RejectReason::kBadDate;
  }
  if (field == "identity.email") return RejectReason::kInvalidEmail;
  if (field == "identity.phoneNumber") return RejectReason::kInvalidPhone;
  if (field.starts_with("identity.")) return RejectReason::kInvalidIdentifier;
  return RejectReason::kInvalidValue;
}

}  // namespace ingest
}  // namespace crm
