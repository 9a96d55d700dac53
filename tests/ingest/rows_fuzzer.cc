// Fuzzes everything between the bytes of a file and its events: framing, CSV
// and fixed width, maps, dates, messages of other systems. The first byte
// chooses; the rest is the text.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "ingest/contact_mapper.h"
#include "ingest/date_format.h"
#include "ingest/encoding.h"
#include "ingest/json_text.h"
#include "ingest/map.h"
#include "ingest/message_mapper.h"
#include "ingest/row_fields.h"
#include "ingest/row_mapper.h"
#include "ingest/row_scanner.h"

namespace crm::ingest {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

constexpr char kCsv[] = R"({
  "format": "csv", "header": false, "columns": ["a", "b", "c"],
  "event": {
    "type": {"when": [{"column": "a", "empty": true, "then": "x"}],
             "else": "y"},
    "source": "s",
    "occurred_at": {"column": "b", "format": "%Y-%m-%d"},
    "identity": {"email": {"column": "a", "strip_suffix": ".0"}},
    "payload": {"a": {"column": "a"},
                "n": {"column": "c", "as": "number", "normalise": true},
                "o": {"object": {"j": {"column": "c", "empty": "null"}}}}}})";
constexpr char kTrimmed[] = R"({
  "format": "csv", "header": false, "columns": ["a", "b"], "trim": true,
  "delimiter": ";", "quote": "'", "encoding": "latin-1", "nulls": ["-"],
  "event": {"type": {"column": "a"}, "source": "s",
            "payload": {"b": {"column": "b", "as": "boolean"}}}})";
constexpr char kFixed[] = R"({
  "format": "fixed",
  "columns": [{"name": "a", "start": 1, "width": 3}, {"name": "b", "start": 2}],
  "event": {"type": "t", "source": "s", "id": {"column": "a"},
            "payload": {"b": {"column": "b", "as": "json"}}}})";
constexpr char kBlanks[] = R"({
  "format": "fixed", "whitespace": true, "columns": ["a", "b"],
  "event": {"type": "t", "source": "s",
            "payload": {"b": {"column": "b", "as": "integer"}}}})";

constexpr char kMac[] = R"({
  "format": "csv", "header": false, "encoding": "mac-roman",
  "event": {"type": "t", "source": "s",
            "payload": {"b": {"column": 2, "optional": true}}}})";
constexpr char kJson[] = R"({
  "format": "json",
  "event": {"type": {"column": "/t/0"}, "source": "s",
            "occurred_at": {"column": "at", "format": "%s"},
            "identity": {"email": {"column": ["/u/e", "e"]}},
            "payload": {"all": {"column": ""},
                        "n": {"column": "/n/~1", "as": "number"},
                        "s": {"column": "/a/1/b", "as": "string"}}}})";
constexpr char kContacts[] = R"({
  "kind": "contacts", "format": "csv", "header": false,
  "columns": ["mail", "name", "tags", "ok", "at", "other"],
  "contact": {
    "source": "s", "clear": "-",
    "occurred_at": {"column": "at", "format": "%s"},
    "identity": {"email": {"column": "mail"}},
    "traits": {"name": {"column": "name", "policy": "fill_empty"},
               "tags": {"column": "tags", "policy": "append"}},
    "consents": [{"column": "ok", "purpose": "p", "channel": "c",
                  "granted": ["y"], "revoked": ["n"],
                  "at": {"column": "at", "format": "%s"}}]}})";

struct Found {
  std::string text;
  uint64_t line = 0;
  RowProblem problem = RowProblem::kNone;
  bool operator==(const Found&) const = default;
};

std::vector<Found> Scan(std::unique_ptr<RowScanner> scanner,
                        std::string_view text, size_t piece) {
  std::vector<Found> rows;
  std::string buffer;
  Row row;
  for (;;) {
    const bool at_end = text.empty();
    const RowScanner::Step step = scanner->Next(buffer, at_end, &row);
    if (step == RowScanner::Step::kEnd) return rows;
    if (step == RowScanner::Step::kMore) {
      Require(!at_end);
      const size_t done = scanner->begin();
      Require(done <= buffer.size());
      buffer.erase(0, done);
      scanner->Rebase(done);
      buffer.append(text.substr(0, piece));
      text.remove_prefix(std::min(piece, text.size()));
      continue;
    }
    Require(row.begin + row.size <= buffer.size());
    rows.push_back({buffer.substr(row.begin, row.size), row.line, row.problem});
  }
}

// Rows are the same whatever the pieces are in which bytes arrive.
template <typename Make>
std::vector<Found> ScanAll(Make make, std::string_view text) {
  std::vector<Found> rows = Scan(make(), text, text.size() + 1);
  Require(rows == Scan(make(), text, 3));
  Require(rows == Scan(make(), text, 1));
  return rows;
}

void MapRows(const char* json, std::string_view text) {
  const Result<ImportMap> map = ImportMap::FromJson(json);
  Require(map.ok());
  const ImportMap::Impl& impl = map->impl();
  TextFraming framing;
  framing.delimiter = impl.delimiter;
  framing.quote = impl.quote;
  framing.trim = impl.trim;
  const std::vector<Found> rows =
      ScanAll([&] { return NewTextScanner(framing); }, text);
  const Result<ColumnPlan> plan = PlanColumns(impl, impl.encoding, "");
  Require(plan.ok());
  RowMapper mapper(impl, impl.encoding, *plan, "source", "batch");
  Event event;
  for (const Found& found : rows) {
    Row row;
    row.problem = found.problem;
    const Status status = mapper.Map(found.text, row, &event);
    if (!status.ok()) {
      Require(mapper.issue().reason != RejectReason::kNone);
      continue;
    }
    Require(found.problem == RowProblem::kNone);
    Require(!event.id.empty() && !event.type.empty());
    Require(IsJsonValue(event.payload));
  }
}

void MapContacts(std::string_view text) {
  const Result<ImportMap> map = ImportMap::FromJson(kContacts);
  Require(map.ok());
  const ImportMap::Impl& impl = map->impl();
  TextFraming framing;
  framing.quote = '"';
  const std::vector<Found> rows =
      ScanAll([&] { return NewTextScanner(framing); }, text);
  const Result<ColumnPlan> plan = PlanColumns(impl, impl.encoding, "");
  Require(plan.ok() && plan->others.size() == 1);
  const auto check = [](const Identifier& identifier) {
    return identifier.value.find('@') == std::string::npos
               ? Status(StatusCode::kInvalidArgument, "email: has no @")
               : Status::Ok();
  };
  ContactMapper mapper(impl, impl.encoding, *plan, "source", "batch", "file",
                       check);
  EventList events;
  for (const Found& found : rows) {
    Row row;
    row.problem = found.problem;
    const size_t before = events.size();
    const bool ok = mapper.Map(found.text, row, &events).ok();
    Require(ok == (mapper.issue().reason == RejectReason::kNone));
    Require(events.size() >= before + (ok ? 1 : 0));
    if (!ok) Require(events.size() == before);
  }
  for (const Event& event : events.events()) {
    Require(IsJsonValue(event.payload) && !event.identifiers.empty());
  }
}

// Converted text is the same whatever the pieces are, and as long as it is
// UTF-8, nothing was lost.
void Convert(TextEncoding encoding, std::string_view text) {
  std::string whole;
  Utf8Stream stream(encoding);
  stream.Append(text, &whole);
  stream.Finish(&whole);
  std::string parts;
  Utf8Stream slow(encoding);
  for (const char& c : text) slow.Append({&c, 1}, &parts);
  slow.Finish(&parts);
  Require(whole == parts);
  if (!IsEightBit(encoding)) return;
  std::string field;
  const bool fits = AppendFromEightBit(encoding, text, &field);
  Require(fits == IsUtf8Text(whole));
  if (fits) Require(field == whole);
}

// A message that is taken is JSON, and so is what is made of it.
void MapMessage(ImportFormat format, std::string_view text) {
  const size_t cut = std::min(text.find('\n'), text.size());
  const std::string_view shared =
      cut < text.size() ? text.substr(cut + 1) : std::string_view();
  const std::unique_ptr<MessageMapper> mapper =
      NewMessageMapper(format, "source", "batch");
  std::string json;
  if (!mapper->Map(text.substr(0, cut), Row(), shared, &json).ok()) return;
  if (EventFromJson(json, nullptr).ok()) {
    Require(IsJsonValue(text.substr(0, cut)));
  }
}

void ReadDates(std::string_view text) {
  const size_t cut = std::min(text.find('\n'), text.size());
  const Result<DateFormat> format = DateFormat::Parse(text.substr(0, cut));
  if (!format.ok() || cut == text.size()) return;
  const Result<Timestamp> time =
      format->Read(text.substr(cut + 1), std::chrono::seconds(0));
  if (time.ok()) Require(time->time_since_epoch().count() < INT64_MAX / 8);
}

void CheckNumber(std::string_view text) {
  const std::string number = NormaliseNumber(text);
  if (IsJsonNumber(text)) Require(number == text);
  if (number != text) Require(IsJsonNumber(number));
  if (IsJsonNumber(text)) Require(IsJsonValue(text));
}

}  // namespace

void Fuzz(std::string_view input) {
  if (input.empty()) return;
  const char choice = input.front();
  const std::string_view text = input.substr(1);
  switch (choice) {
    case 'l':
      ScanAll(&NewLineScanner, text);
      break;
    case 'a':
      ScanAll(&NewArrayScanner, text);
      break;
    case 'c':
      MapRows(kCsv, text);
      break;
    case 't':
      MapRows(kTrimmed, text);
      break;
    case 'f':
      MapRows(kFixed, text);
      break;
    case 'w':
      MapRows(kBlanks, text);
      break;
    case 'r':
      MapRows(kMac, text);
      break;
    case 'j':
      MapRows(kJson, text);
      break;
    case 'k':
      MapContacts(text);
      break;
    case 'e':
      for (const TextEncoding encoding :
           {TextEncoding::kUtf16Le, TextEncoding::kUtf16Be,
            TextEncoding::kWindows1252, TextEncoding::kMacRoman}) {
        Convert(encoding, text);
      }
      break;
    case 'o':
      ScanAll(&NewObjectScanner, text);
      break;
    case 'S':
      MapMessage(ImportFormat::kSegment, text);
      break;
    case 'C':
      MapMessage(ImportFormat::kCloudEvents, text);
      break;
    case 'P':
      MapMessage(ImportFormat::kPostHog, text);
      break;
    case 'm':
      (void)ImportMap::FromJson(text);
      break;
    case 'd':
      ReadDates(text);
      break;
    default:
      CheckNumber(text);
  }
}

}  // namespace crm::ingest

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::ingest::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
