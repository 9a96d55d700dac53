// Ingest: a file of foreign data into events.
//
// Takes NDJSON (one event a line), JSON arrays of events, messages of other
// systems (see ImportFormat) and - with a mapping - CSV and fixed-width text;
// each plain or gzip. Rows that are bad go to the report, the rest is
// imported. Importing a file twice changes nothing: a row without an id of its
// own gets one made of its source, its content and its number among equal rows
// of the file.
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
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "crm/store.h"

namespace crm {

// How the columns of a text file become events. Made from JSON; the format
// is documented in examples/maps/README.md.
class ImportMap final {
 public:
  // Errors: kMalformed (not JSON), kInvalidArgument (names the member).
  static Result<ImportMap> FromJson(std::string_view json);
  static Result<ImportMap> FromFile(const std::string& path);

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

// A row that was not imported. `message` holds no value of the row.
struct RejectedRow {
  uint64_t line = 0;  // 1-based line of the file where the row begins.
  StatusCode code = StatusCode::kOk;
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
  // Needed for CSV and fixed-width text; must be absent for JSON.
  std::optional<ImportMap> map = {};
  // Source of events when they (JSON) or the map name none. Empty: such
  // events are rejected.
  std::string source = {};
  // Tells apart equal rows of different files that are different events.
  // Part of the id of rows without one. Empty: equal rows are the same event.
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
  uint64_t appended = 0;
  uint64_t duplicates = 0;
  uint64_t rejected = 0;
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
// a map that does not fit; a bad row with `strict`), kUnsupported (UTF-16),
// kCancelled, and what Tenant::Append answers. After an error what has been
// appended stays, and importing the file again goes on there.
Result<ImportReport> ImportFile(Tenant& tenant, const std::string& path,
                                const ImportOptions& options = {});

}  // namespace crm

#endif  // CRM_INCLUDE_INGEST_H_
