// Export: what is in a store, as files that others can read.
//
//   crm::ExportStore(store, "club.ndjson.gz");         // Everything, faithful.
//   crm::ImportStore(other, "club.ndjson.gz");         // The same store again.
//   crm::ExportLedger(tenant, "evidence.ndjson");      // See crm/ledger.h.
//   crm::ExportEvents(tenant, "events.csv",
//                     {.format = crm::ExportFormat::kCsv});
//   crm::ExportProfiles(tenant, "people.csv");
//
// **An export holds personal data in the clear**: sealed bodies are opened for
// it. The files are readable by their owner alone (mode 0600); where they go
// and how long they stay is up to the host, and an erasure does not reach them.
//
// A file is written as PATH.tmp, synced, and put in the place of PATH when it
// is whole: after an error there is no new PATH. A PATH that ends in .gz is
// gzip. "-" is standard output, plain. All that is exported is of one
// position, with appends going on meanwhile.
//
// Thread safety: all functions, from any thread.
//
// ## The export of a store
//
// NDJSON, one object a line. Each line ends in `"check"`, 16 hexadecimal digits
// that are made of the line and of the check before it, so that a line that was
// changed, left out, put in or moved is found, and named, where it is.
//
//   {"kind":"libcrm-export","version":1,"region":"ZA","definitions":2,
//    "tenants":1,"events":2,"check":"..."}                   first, once
//   {"kind":"tenant","tenant":"golf-club","events":2,"records":1,
//    "customers":1,"check":"..."}              each tenant, as they were made
//   {"kind":"definition","tenant":"golf-club","after":0,
//    "definition":"schema","type":"OrderPlaced","version":"1.0",
//    "compatibility":"backward","schema":{...},"check":"..."}
//   {"kind":"definition","tenant":"golf-club","after":0,
//    "definition":"validation","mode":"warn","check":"..."}
//   {"kind":"event","tenant":"golf-club","n":1,
//    "recorded_at":"2026-02-03T10:00:00.000000Z","backfill":true,
//    "warned":true,"source":"scl","record":1,"customer":1,"revision":0,
//    "event":{...},"check":"..."}
//   {"kind":"choice","tenant":"golf-club","after":2,"choice":"merge",
//    "origin":"hand","customer":1,"retired":2,"a":1,"b":2,"confidence":100,
//    "by":"desk","why":"she said so","check":"..."}
//   {"kind":"checksums","tenant":"golf-club","log":"...", ...}  each tenant
//   {"kind":"end","events":2,"erased":0,"definitions":2,"choices":1,
//    "check":"..."}                                                       last
//
// Events, definitions and choices come in the order of the log. `event` is the
// event in the shape in which it came in, without its tenant, and without a
// timestamp when it had none; `n` counts the events of its tenant from 1.
// `record`, `customer` (absent: unattributed) and `revision` say how it was
// bound: an import compares them with what it finds; so it does with `warned`
// (it did not fit the schema of its type). An event whose key is gone is a line
// of the kind "erased": it has `type`, `version` and `occurred_at` in place of
// `event`. One that was redacted (Tenant::Redact) has `"redacted":true`, and an
// `event` with an empty payload.
//
// A definition (crm/schema.h, and Tenant::SetIdentitySettings) stands where it
// was made: what comes before it was appended without it. `after` is how many
// events of the tenant those are. `definition` is one of
//   schema      `type`, `version`, `compatibility` (none, backward, forward,
//               full) and `schema`, as it was registered
//   upcaster    `type`, `version` (where it begins), `to`, and `upcaster`
//   validation  `type` (absent: all types) and `mode` (off, warn, enforce,
//               inherit)
//   identity    `settings`, what differs from the defaults
//   consent     `settings`, as they were set
//   privacy     the same
//
// A choice about who is who (crm/identity.h) stands where it was made. `origin`
// is event, hand, match or re-resolve. Those of events are made again by the
// event that follows, and are there to be compared; all others are known by
// these lines alone. What a choice has nothing to say of is absent. `choice`
// is one of
//   merge       `customer` stays, `retired` leads to her; the records `a` and
//               `b` that link them; `namespace`, `confidence`, `reason`
//   partition   who is who after an unmerge of `customer`: `parts`, an array of
//               {"customer":1,"records":[1,3]}; `leading`, an array of
//               {"customer":4,"to":1}
//   assertion   `assertion` (must-link, cannot-link) about records `a` and `b`;
//               "said":"retracted"
//   review      the records `a` and `b`, `reason`, `namespace`, `confidence`,
//               `weight`
//   answer      `answer` (same, different, dismiss) to the question about `a`
//               and `b`
//   shared      `namespace` of a value that links nobody; "said" as above
//   erasure     `customer`, and her `records`
//   redaction   `events`: how many lost what they said
//   hold        a legal hold (crm/retention.h), by `customer` and its number
//               `hold`: `said` placed (with `categories`, unless it is all of
//               them) or released; or `said` waiting: an erasure of hers that
//               waits for holds, its `mode`, "confirm":true
//   retention   what `events` said was removed (crm/retention.h); those are
//               lines of the kind "erased"
//   household   its number `household` (crm/household.h); "made":true, if this
//               made it, with its `name`; `joined`, an array of
//               {"customer":7,"evidence":["address","surname"]} (by hand:
//               []); `left`, an array of customers
// and each has `by` and `why`, when somebody gave them.
//
// Not in it: names, epochs and dictionaries of the log, which libcrm makes
// again; positions, therefore (they count those, too); the offsets of hosts
// (Tenant::GetOffset), which tell where a host stood in its own input; keys. So
// two stores with the same events, definitions and choices give the same file,
// byte by byte.
//
// `checksums` has one for each projection, over all that it can be asked; every
// position in them is the number of events of the tenant up to there:
//   log          the event lines of the tenant
//   definitions  her definition lines
//   choices      her choice lines: merges, assertions, questions, answers
//   counters     TenantStats
//   identity     each customer: records, links, confidences, ids that lead to
//                her
//   identifiers  whose each identifier of each event is
//   profile      each customer: traits with their sources, first and last seen
//   timeline     each customer: her events by event time, with their payloads
//   times        the order of all events by event time
// They have no key and no secret: they show that two stores say the same, and
// not who made the file. Tables that only speed things up (ids that are taken,
// postings by type) are compared by Store::Verify.

#ifndef CRM_INCLUDE_EXPORT_H_
#define CRM_INCLUDE_EXPORT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/event.h"
#include "crm/status.h"
#include "crm/store.h"

namespace crm {

// Takes the next piece of an export. Not ok: the export ends with this status.
// Called on the calling thread.
using ExportWriter = std::function<Status(std::string_view text)>;

struct StoreExportOptions {
  // Only this one; kNotFound when there is none. Empty: all tenants.
  std::string tenant = {};
  // Compute the checksums of the views. Off: those of the log alone (log,
  // definitions and choices), which takes a third of the time; an import then
  // compares no views.
  bool views = true;
  // Events written, of how many. False: kCancelled, and no file.
  Progress progress = {};
};

// The checksums of one projection: 32 hexadecimal digits.
struct ProjectionChecksum {
  std::string projection = {};
  std::string checksum = {};

  bool operator==(const ProjectionChecksum&) const = default;
};

// What was exported of one tenant.
struct TenantExport {
  std::string tenant = {};
  uint64_t events = 0;  // Those that were erased among them.
  uint64_t erased = 0;
  uint64_t records = 0;
  uint64_t customers = 0;
  // In the order of the manual above.
  std::vector<ProjectionChecksum> checksums = {};
};

struct StoreExportReport {
  uint64_t events = 0;
  uint64_t erased = 0;  // Of them: the key is gone, only open parts are there.
  uint64_t bytes = 0;   // Of text, before gzip.
  std::vector<TenantExport> tenants = {};
};

// Writes the store to `path`. Errors: kNotFound (the tenant), kCorruption (the
// log; or a record of a kind that this version cannot export: nothing is left
// out silently), kKeyMissing, kCancelled, kIoError, kNoSpace.
Result<StoreExportReport> ExportStore(Store& store, const std::string& path,
                                      const StoreExportOptions& options = {});
// The same, to whoever takes it; pieces of any size.
Result<StoreExportReport> ExportStore(Store& store, const ExportWriter& writer,
                                      const StoreExportOptions& options = {});
// The same without writing: what the store says. Two stores are the same when
// all checksums are equal.
Result<StoreExportReport> ChecksumStore(Store& store,
                                        const StoreExportOptions& options = {});

struct StoreImportOptions {
  // Absent: the store's. kOs is synced once at the end.
  std::optional<Durability> durability = Durability::kOs;
  // Lines read, of how many (both passes). False: kCancelled.
  Progress progress = {};
};

// Something that the import gave another answer to than the store it came from.
struct StoreDifference {
  std::string tenant = {};
  uint64_t line = 0;      // Of the file; zero: a projection as a whole.
  std::string what = {};  // Names field or projection; not personal.
};

struct StoreImportReport {
  uint64_t events = 0;  // Appended.
  uint64_t erased = 0;  // Left out: an event without its body cannot be.
  // Of the appended ones: they were redacted, and are events without a payload
  // here. One that a schema refuses for that is left out, and counts as erased.
  uint64_t redacted = 0;
  // Compared: what the store says now.
  std::vector<TenantExport> tenants = {};
  // All of them; `differences` holds the first 100.
  uint64_t differences_total = 0;
  std::vector<StoreDifference> differences = {};
  // The store says what the one says that was exported.
  bool identical() const {
    return differences_total == 0 && erased == 0 && redacted == 0;
  }
};

// Reads an export into a store without events and definitions
// (kFailedPrecondition otherwise; tenants may be there). Definitions are made
// again at their places, so that each event is checked by those that it was
// checked by before. So are choices of hosts, matches and re-resolves, by what
// made them, with the same numbers of records and customers; where an erased
// event is missing, numbers are others, and they are left out (a difference
// each). Events keep their order and recorded_at, so that
// those without a time of their own, and all that is derived, come out as they
// were; that is also why the store has to be empty. Who is whose is found out
// again, and compared with the file, and so are the checksums at the end: a
// report with differences tells of a store that is sound in itself, but not
// the one that was exported (another version of libcrm, say). Order and
// recorded_at are those of the log; what is appended afterwards is not
// recorded earlier.
//
// The file is read twice (so not from a pipe: kInvalidArgument). The first
// time every line is checked and nothing is written: a file that was cut or
// changed (kMalformed), or that needs a newer libcrm (kFormatTooNew), or holds
// what this version does not know (kUnsupported), or a definition that it
// refuses (as Tenant::RegisterSchema, ...), is refused with its line; the store
// stays empty.
// An error after that (kNoSpace, kCancelled, an event or a choice that this
// version refuses) says how many events have been appended: such a store is
// incomplete, and to be thrown away. kInvalidArgument also when the store's
// default_region is another one: telephone numbers would mean other people.
Result<StoreImportReport> ImportStore(Store& store, const std::string& path,
                                      const StoreImportOptions& options = {});

// How ExportEvents writes.
enum class ExportFormat : uint8_t {
  // The events alone, one a line, as EventToJson writes them: what
  // ImportFormat::kNative reads. One that came without a time has that at which
  // it was recorded, also in another store; this store takes it for another
  // event of the same id.
  kNative = 1,
  // The Segment specification, one message a line: what ImportFormat::kSegment
  // reads. identify, page, screen, group and alias become such messages where
  // that says all of them; every other event is a track of its type. An import
  // gives events of the same ids, types, times and payloads, and of the same
  // identifiers as far as the specification has a place for them: authUserId
  // (userId), anonymousId, email, phoneNumber and deviceId (context). Others
  // stand in context.externalIds, which an import keeps but does not look at;
  // an event that has neither a userId nor an anonymousId gets
  // "namespace:value" of its best identifier as userId (`substituted`), and one
  // without any identifier is left out, as the specification wants it
  // (`left_out`). So is one whose type an import would take for a semantic
  // event of another name.
  kSegment = 2,
  // RFC 4180: UTF-8, lines end in CRLF, a header, quotes where needed.
  kCsv = 3,
};

struct EventExportOptions {
  ExportFormat format = ExportFormat::kNative;
  // Which events, in which order. open_parts_only is not looked at, and
  // as_appended by kCsv alone: the others write events as they came in.
  ReplayQuery query = {};
  // Any of these; empty: all.
  std::vector<std::string> sources = {};
  // CSV: the columns. A name of
  //   position id type source version occurred_at recorded_at customer record
  //   revision correlation_id causation_id identity payload metadata
  // or a path into one of the last three, such as "/payload/address/city"
  // (a JSON pointer through objects; an array is given as a whole). Objects are
  // JSON in one cell, strings are text, null and absent are empty. Empty: all
  // of the names but revision, correlation_id, causation_id and metadata.
  std::vector<std::string> columns = {};
  // CSV: put a ' before cells that a spreadsheet would take for a formula (that
  // begin with = + - @, tab or carriage return, numbers not counted). Off, for
  // it changes data: a file for programs stays as it is.
  bool formula_safe = false;
  // Events written (the total is not known). False: kCancelled, and no file.
  Progress progress = {};
};

struct EventExportReport {
  uint64_t written = 0;
  uint64_t erased = 0;       // Not written: the key is gone.
  uint64_t left_out = 0;     // See kSegment.
  uint64_t substituted = 0;  // See kSegment.
};

// Writes the events of a tenant to `path`. Errors: those of Tenant::Replay,
// kInvalidArgument (a column), kCancelled, kIoError, kNoSpace.
Result<EventExportReport> ExportEvents(const Tenant& tenant,
                                       const std::string& path,
                                       const EventExportOptions& options = {});

struct ProfileExportOptions {
  // CSV columns: customer, version, events, first_seen, last_seen, or
  // "trait:NAME". Empty: all of these, and a column for each trait that any
  // customer has, by name (read twice).
  std::vector<std::string> columns = {};
  bool formula_safe = false;  // As of events.
  // Customers written, of how many. False: kCancelled, and no file.
  Progress progress = {};
};

struct ProfileExportReport {
  uint64_t written = 0;
};

// Writes the profiles of a tenant as CSV, one customer a row. Strings are text,
// other values JSON. Errors as ExportEvents.
Result<ProfileExportReport> ExportProfiles(
    const Tenant& tenant, const std::string& path,
    const ProfileExportOptions& options = {});

// The ledger of a tenant, for whoever is to check it without her store: NDJSON.
// First a line {"kind":"ledger","version":1,"tenant":...,"origin":...,
// "size":...,"key":...}, then each record as ToJson writes it, in the order of
// the leaves, and last {"kind":"checkpoint","note":...}: a checkpoint of this
// very tree. Nothing in it is personal, but the numbers of records and
// customers: what the records say is not there. The head of the tree that was
// written. kCancelled (by `progress`: records done and in all), kIoError,
// kNoSpace.
//
// An import makes a ledger of its own (other salts, other numbers, another
// key): what was exported here goes on to prove what it proved, and is to be
// kept.
Result<LedgerHead> ExportLedger(const Tenant& tenant, const std::string& path,
                                const Progress& progress = {});

}  // namespace crm

#endif  // CRM_INCLUDE_EXPORT_H_
