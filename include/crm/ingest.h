// Ingest: a file of foreign data into events.
//
// Takes NDJSON (one event a line), JSON arrays of events, messages of other
// systems (see ImportFormat) and - with a mapping - CSV, fixed-width text and
// foreign JSON; each plain or gzip, in one of the encodings of TextEncoding.
// Rows that are bad go to the report with line, column and reason, the rest is
// imported. Importing a file twice changes nothing: a row without an id of its
// own gets one made of its source, its content and its number among equal rows
// of the file.
//
// Memory does not grow with the file, with one exception: rows without an id
// are counted (see above), which takes about 30 bytes for each different one.
// A map that names an id column, or says that equal rows are the same event,
// and every import of contacts does without.
//
// An import that was cut off goes on where it stood when the same file is
// imported again with the same format, map, source and batch: each request
// stores, in one write with its events, how far the file is done. Its report is
// then that of the whole file (only `contested` leaves out the batches that
// were under way, and `rejected_rows` lists those of the last run). After an
// import that reached the end, the next one reads everything again and finds
// duplicates. Standard input and pipes cannot be recognised, so they always
// begin at the beginning.

#ifndef CRM_INCLUDE_INGEST_H_
#define CRM_INCLUDE_INGEST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "crm/store.h"

namespace crm {

// One name for what several systems call differently: "PreferencesUpdated" of
// "CustomerPreferencesUpdated", "CustomerCreated" of "scl.member.created". A
// type that has no other name is answered as it came. Events keep the type they
// were sent with; whoever reads them asks for the one it stands for. Any
// thread; what is answered lives as long as `type`, or for ever.
std::string_view CanonicalEventType(std::string_view type);

// A map that comes with libcrm.
struct ImportPreset {
  std::string_view name;   // "hubspot": what ImportMap::Preset takes.
  std::string_view about;  // One line: whose file it is, and which one.
};

// How the columns of a text file, or the members of foreign JSON, become
// events. Made from JSON; the format is documented in examples/maps/README.md.
//
// A map of kind "contacts" makes each row say what is known about one person.
// Per column a policy says what a value does to her profile:
//
// - overwrite: it is a trait like any other; the latest statement wins.
// - fill_empty: it is a *default* trait (`defaultTraits` in the payload), which
//   counts only where nobody ever said anything else, and of two defaults the
//   earlier one. That is decided by the fold, not when the file is imported:
//   so importing twice changes nothing, and the order of arrival never matters.
// - append: each element of the cell is a trait of its own, `tags[VIP]`: true.
// - ignore: it is left out.
//
// A blank cell says nothing: it overwrites no trait and never touches consent.
class ImportMap final {
 public:
  // Errors: kMalformed (not JSON), kInvalidArgument (names the member).
  static Result<ImportMap> FromJson(std::string_view json);
  static Result<ImportMap> FromFile(const std::string& path);
  // One of Presets(). kNotFound: names those that there are.
  static Result<ImportMap> Preset(std::string_view name);
  // Sorted by name; lives for ever.
  static std::span<const ImportPreset> Presets();

  // The JSON it was made from, without insignificant blanks: something to
  // begin a map of one's own with. Lives as long as the map.
  std::string_view json() const;

  ImportMap(const ImportMap&);
  ImportMap& operator=(const ImportMap&);
  ImportMap(ImportMap&&) noexcept;
  ImportMap& operator=(ImportMap&&) noexcept;
  ~ImportMap();

  struct Impl;  // Internal.
  const Impl& impl() const { return *impl_; }

 private:
  explicit ImportMap(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whose JSON a file has. Nothing is guessed: messages of another format than
// the one that is named are rejected, each with what it lacks.
//
// Of every format the file may be NDJSON or an array; of all but kNative also
// objects that take several lines each. Where each member goes is in
// examples/formats.md; in short: numbers, the order of keys and unknown members
// are kept, and what has no place of its own is in the event's metadata. A
// message without a time has the time of the import.
enum class ImportFormat : uint8_t {
  // Events in the three shapes of crm/event.h.
  kNative = 0,
  // The Segment specification: identify, track, page, screen, group, alias,
  // one by one or in `{"batch": [...]}`. The event's id is the messageId; its
  // time the timestamp or, when that is missing, receivedAt - (sentAt -
  // originalTimestamp); userId is authUserId. Names of semantic events become
  // those of libcrm ("Order Completed": OrderPlaced). Needs a `source`.
  kSegment = 1,
  // CloudEvents 1.0 in JSON: id, source, type and time are the event's, the
  // subject is its customerId, data its payload.
  kCloudEvents = 2,
  // What PostHog's capture endpoint takes, one by one or in
  // `{"batch": [...]}`. The event's id is the uuid; distinct_id is authUserId
  // or, where the message says that nobody is known, anonymousId. Needs a
  // `source`.
  kPostHog = 3,
};

// How the characters of a file are written. Nothing is guessed: bytes that do
// not fit what is declared make their row bad (kBadEncoding), and a byte order
// mark that says something else is an error of the whole import.
enum class TextEncoding : uint8_t {
  // What the map says; UTF-8 without one.
  kDefault = 0,
  // With or without a byte order mark.
  kUtf8 = 1,
  // Told by its byte order mark, which must be there.
  kUtf16 = 2,
  // With or without a byte order mark of that order.
  kUtf16Le = 3,
  kUtf16Be = 4,
  // Has all letters of ISO 8859-1 (latin-1), and the euro sign. Five of its
  // bytes mean nothing.
  kWindows1252 = 5,
  // Of Mac OS before X, with the euro sign.
  kMacRoman = 6,
};

// Why a row was not imported: a closed list, whose numbers and names stay.
enum class RejectReason : uint8_t {
  kNone = 0,
  kBadEncoding = 1,     // BAD_ENCODING: bytes that do not fit the encoding.
  kBadQuotes = 2,       // BAD_QUOTES: a quote is never closed, or text follows.
  kTooFewColumns = 3,   // TOO_FEW_COLUMNS: less than there should be.
  kTooManyColumns = 4,  // TOO_MANY_COLUMNS
  kTooLarge = 5,        // TOO_LARGE: the row, or a value in it.
  kBadJson = 6,         // BAD_JSON: not JSON, or not the JSON it should be.
  kMissingRequired = 7,     // MISSING_REQUIRED: a value that must be there.
  kBadDate = 8,             // BAD_DATE: not a time as the format says.
  kBadNumber = 9,           // BAD_NUMBER
  kBadBoolean = 10,         // BAD_BOOLEAN
  kBadConsent = 11,         // BAD_CONSENT: a status that the map does not know.
  kInvalidEmail = 12,       // INVALID_EMAIL
  kInvalidPhone = 13,       // INVALID_PHONE
  kInvalidIdentifier = 14,  // INVALID_IDENTIFIER: of another namespace.
  kInvalidValue = 15,       // INVALID_VALUE: anything else about a value.
  kIdConflict = 16,         // ID_CONFLICT: the id is there with other content.
  kErased = 17,             // ERASED: the person was erased.
};

// "BAD_ENCODING"; empty for kNone and for numbers that are none.
std::string_view RejectReasonName(RejectReason reason);

// A row that was not imported. `message` holds no value of the row.
struct RejectedRow {
  uint64_t line = 0;  // 1-based line of the file where the row begins.
  StatusCode code = StatusCode::kOk;
  RejectReason reason = RejectReason::kNone;
  // Which column: its name or, where there is none, its 1-based number as
  // text; of JSON the member or its pointer. Empty: the row as a whole.
  std::string column = {};
  std::string message = {};
};

struct ImportProgress {
  uint64_t bytes = 0;        // Of the file as it is on disk.
  uint64_t total_bytes = 0;  // Zero: unknown.
  uint64_t read = 0;         // Rows so far.
  uint64_t appended = 0;
};

struct ImportOptions {
  // Of messages that lie in a batch object, each is a row of its own, with the
  // line on which it begins.
  ImportFormat format = ImportFormat::kNative;
  // Needed for text and foreign JSON; must be absent for events and messages.
  std::optional<ImportMap> map = {};
  // Unless kDefault, it counts instead of what the map says.
  TextEncoding encoding = TextEncoding::kDefault;
  // Source of events when they (JSON) or the map name none. Empty: such
  // events are rejected.
  std::string source = {};
  // Tells apart equal rows of different files that are different events.
  // Part of the id of rows without one. Empty: equal rows are the same event;
  // but rows of contacts that have no time of their own belong to the file as
  // a whole, so that an export of next month can say once more what one of
  // last month said (a pipe cannot be recognised: it needs a batch then).
  std::string batch = {};
  // One bad row and nothing at all is imported (kInvalidArgument). Reads the
  // file twice.
  bool strict = false;
  // Count what would happen; write nothing.
  bool dry_run = false;
  bool ignore_tenant = false;
  // A file is old data: nobody is sent a message because of it.
  bool backfill = true;
  std::optional<Durability> durability = {};
  // Threads that decode and append, 1 to 64; more than 16 are not used. With
  // one, the calling thread does everything. A dry run takes one.
  int threads = 2;
  // At most this many rejected rows are kept in the report.
  size_t max_rejected = 1000;
  // Called on the calling thread after every batch. False cancels: what
  // has been appended stays, and the next import of the file goes on there.
  std::function<bool(const ImportProgress&)> progress = {};
  // Called for every rejected row, on the calling thread.
  std::function<void(const RejectedRow&)> on_rejected = {};
};

struct ImportReport {
  uint64_t read = 0;  // Rows of the file, header and blank lines not counted.
  // Events: a row of contacts makes one, and one more for each consent.
  uint64_t appended = 0;
  uint64_t duplicates = 0;
  uint64_t rejected = 0;  // Rows.
  uint64_t customers_created = 0;
  uint64_t unattributed = 0;
  uint64_t contested = 0;
  // Rows that an interrupted import of the same file had already done. They
  // are in the sums above.
  uint64_t resumed_rows = 0;
  std::vector<RejectedRow> rejected_rows = {};  // Of this call.
};

// Imports `path` ("-": standard input) into `tenant`. Bad rows are no error:
// see the report. Errors: kNotFound, kIoError (the file), kMalformed (damaged
// gzip, a header that is none), kInvalidArgument (options; CSV without a map;
// a map that does not fit; an encoding that the byte order mark contradicts; a
// bad row with `strict`), kCancelled, and what Tenant::Append answers. After an
// error what has been appended stays, and importing the file again goes on
// there.
Result<ImportReport> ImportFile(Tenant& tenant, const std::string& path,
                                const ImportOptions& options = {});

}  // namespace crm

#endif  // CRM_INCLUDE_INGEST_H_
