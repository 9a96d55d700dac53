// A person's own data: all that a store holds about one customer, in a file
// that she, or whoever she takes it to, can read and check. Access (Art. 15
// GDPR), portability (Art. 20), and what is given to her before she is erased.
//
//   crm::PersonExportOptions options;
//   options.at = now;
//   auto report = crm::ExportPerson(*tenant, 7, "ada.ndjson", options);
//   auto checked = crm::CheckPersonExport("ada.ndjson");
//
// The file is NDJSON: UTF-8, one JSON object a line. Every line begins with the
// name of its part; the parts come in this order, each of them whole, and lines
// within a part in a fixed one. So the same store and the same options give the
// same file, byte by byte. "A" marks what only an access export has.
//
//   export       One line: `version` (1) of the form, `tenant`, `customer`,
//                `mode` (access, portability), `position` of the log that
//                events, traits and acts are of, and `at`.
//   customer     One line: `version`, `events`, `first_seen`, `last_seen`, and
//                A `retired`, ids that lead to her.
//   sources      Who said something about her, a line for each of her records:
//                `source`, `record`, `events`; A `matched_by`, `confidence`,
//                `linked_at`, `linked_to`, how the record came to be hers.
//   events       By position: `position`, `recorded_at`, `record`, `source`,
//                `type`, and `event` in the shape in which it came in, with its
//                payload as it was appended. `erased` in place of `event`: its
//                key is gone; `expired`: it was too old (Tenant::Retain); what
//                it has made is among what follows.
//   traits       What is known about her, by name: `name`, `value`, and where
//                it is from: `source`, `occurred_at`, `position` of the event.
//   preferences  One line, as ConsentPreferencesToJson writes it.
//   consents     Every act, by the time from which on it counts: the members of
//                ConsentEntryToJson. The last one of its kind has `superseded`
//                false: that is how things stand.
//   receipts     A Of each grant that counts: `position`, and `receipt` as of
//                ISO/IEC TS 27560.
//   decisions    A What would be decided at `at`, for marketing, about every
//                purpose of the register and every channel: `purpose`,
//                `channel`, `decision` (ConsentDecision::ToJson).
//   register     A What the tenant says of how it treats people: purposes with
//                their bases, recipients and retention, policies, parties,
//                regimes: `register`, its name, and `entries`.
//   identity     A How her records came together: `fact` began, attached,
//                merged, split, must-link, cannot-link, question, or household
//                (what speaks for it: `evidence`), with positions, records, and
//                the ids of other customers as numbers.
//   manifest     The last line: of each part its `name`, `lines`, `bytes` and
//                `sha256`, over the bytes of its lines, ends of lines included;
//                and the same over the whole file before this line.
//
// What is not in it: the data of others. Names of people who handled her are
// taken out: `by` of merges is not written, and members of events that name
// such people (agent, agentId, agentName, assignedTo, author, createdBy,
// employee, handledBy, operator, performedBy, signedBy, staff, updatedBy, and
// those of `redact`), at any depth, have the value "[redacted]". Free text is
// left as it is: whoever hands the file over reads it first.
//
// Portability is what she gave or what was observed of her, on the basis of
// consent or of a contract. The rule: her events and the traits that come of
// them, her acts and preferences; not what was concluded about her (decisions,
// identity; events of the types CustomerSegmentAdded, CustomerSegmentRemoved,
// crm.segment.entered, crm.segment.exited, crm.churn.risk.changed,
// ProductAffinityDetected, CustomerMergedEvent, crm.profile.merged), and not
// acts of the controller (those with an actor other than subject or guardian;
// ask, revoke, invalidate, suppress, lift-suppression). libcrm knows no legal
// basis of a type of event: types that are kept on another basis are named by
// the host, in `leave_out`.
//
// The calls may be made from any thread. They read; only ExportAndErase
// changes something. Memory does not grow with her events, but with her acts.

#ifndef CRM_INCLUDE_PERSON_EXPORT_H_
#define CRM_INCLUDE_PERSON_EXPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crm/export.h"
#include "crm/privacy.h"
#include "crm/status.h"
#include "crm/store.h"
#include "crm/types.h"

namespace crm {

// How much is exported. The numbers never change.
enum class PersonExportMode : uint8_t {
  kAccess = 1,       // "access": everything about her.
  kPortability = 2,  // "portability": see above.
};

struct PersonExportOptions {
  PersonExportMode mode = PersonExportMode::kAccess;
  // The instant that decisions are asked for: now, by the host's clock.
  // kInvalidArgument when it is not set (1970).
  Timestamp at = {};
  // Names of further members of events whose values are taken out.
  std::vector<std::string> redact = {};
  // Further types of events that are no part of a portability export;
  // kInvalidArgument for access, which has all of them.
  std::vector<std::string> leave_out = {};
  // Events written, of how many. False: kCancelled, and no file.
  Progress progress = {};
};

// One part of an export.
struct PersonExportPart {
  std::string name = {};
  uint64_t lines = 0;
  uint64_t bytes = 0;
  std::string sha256 = {};  // 64 hexadecimal digits.

  bool operator==(const PersonExportPart&) const = default;
};

// What was exported, or what a file says that it holds.
struct PersonExportReport {
  // Of a retired id, the one to whom it leads.
  CustomerId customer = 0;
  PersonExportMode mode = PersonExportMode::kAccess;
  Position position = 0;
  Timestamp at = {};
  // Events in the file, and those that the mode leaves out.
  uint64_t events = 0;
  uint64_t left_out = 0;
  // Values that were taken out.
  uint64_t redacted = 0;
  // In the order of the file, without the manifest.
  std::vector<PersonExportPart> parts = {};
  // Of all lines before the manifest.
  uint64_t lines = 0;
  uint64_t bytes = 0;
  std::string sha256 = {};
};

// Writes what there is about a customer to `path`: whole, or not at all. Gzip
// when the name ends in .gz; "-": standard output. Errors: kNotFound, kErased
// (also when she is erased meanwhile), kInvalidArgument (an option),
// kCorruption, kKeyMissing, kCancelled, kIoError, kNoSpace.
Result<PersonExportReport> ExportPerson(
    const Tenant& tenant, CustomerId customer, const std::string& path,
    const PersonExportOptions& options = {});
// The same, to whoever takes it; pieces of any size. After an error what was
// given is no export: it has no manifest.
Result<PersonExportReport> ExportPerson(
    const Tenant& tenant, CustomerId customer, const ExportWriter& writer,
    const PersonExportOptions& options = {});

// Reads such a file, gzip or not, and holds it against its manifest; needs no
// store. kMalformed: it was cut off or changed, or is no export (names the
// part); kFormatTooNew; kNotFound, kIoError. The sums have no key and no
// secret: they show that the file is whole, not who made it.
Result<PersonExportReport> CheckPersonExport(const std::string& path);

// Both halves of ExportAndErase.
struct ExportedErasure {
  PersonExportReport exported = {};
  ErasureReport erasure = {};
};

// Exports a customer, and then erases her (Tenant::Erase): the file is whole
// and on the disk before anything is destroyed, and when it cannot be written
// nothing is. Should events about her be appended meanwhile, the export is
// made again, three times at most (kConflict after that: nothing was erased).
// What is appended in the last instant is erased with her, and not in the file:
// then ErasureReport::events is greater than `events` and `left_out`.
//
// Errors: those of ExportPerson and of Tenant::Erase; kInvalidArgument:
// standard output, or a dry run, which would have nothing to export. A refused
// erasure (kFailedPrecondition) makes no file.
Result<ExportedErasure> ExportAndErase(Tenant& tenant, CustomerId customer,
                                       const std::string& path,
                                       const PersonExportOptions& options,
                                       const ErasureOptions& erasure = {});

}  // namespace crm

#endif  // CRM_INCLUDE_PERSON_EXPORT_H_
