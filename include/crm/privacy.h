// Privacy: erasing a person so that it can be proved.
//
// Whatever a store holds of a person is sealed with the keys of her records
// (see crm/keys.h), or is a row of the views that can be made again. Erasing
// her is destroying those keys: Tenant::Erase. It goes in steps, each of them
// durable, so that a crash at any point is finished by the next open:
//
//   requested   A choice in the log says who is erased, when, and why.
//   fenced      With it, in the same instant: she is found by nothing any
//               more, and her id answers kErased. An event that happened
//               before and names her record, an account of hers, or an address
//               that nobody else has, is refused: Outcome::kErased.
//   keys gone   The keys of all records that she has then are destroyed, and
//               the files that held them are rewritten. From here on nobody
//               can read what is sealed: in the log, in a backup, in a copy.
//   views       Her rows go from the views, and the key that sealed them
//   purged      together with those of others is renewed.
//   files       Only with kHard: what was sealed goes, too, from the log and
//   purged      from every file. See ErasureMode.
//   complete    A certificate says so, signed with the tenant's key.
//
// With kAnonymise some of what she did stays, in sums over many people. In the
// instant in which she is fenced her events are counted: for each type and
// calendar month (UTC) how many there were; of every field that the schema of
// the type names, that it does not make personal and that is a number, true or
// false, or one of an enumeration of texts, the sum, or how often which value.
// Numbers are rounded to six places. Free text, dates, arrays and members that
// no schema names are left out. Of an event that was redacted or has expired,
// or whose type has no schema, nothing is counted but that it was there. The
// schemas are the tenant's of today, or that of the catalogue; what one version
// makes personal is so in all of them.
//
// What she adds goes into a pool of the tenant's, which is sealed with the
// tenant's key and read by nobody. A sum leaves the pool for good as soon as
// kMinAnonymisedPeople erasures have added to it: as part of an event of
// nobody, of type kAnonymisedEventType and source "crm", one for a type and a
// month. It has no identifier, no correlation, a random id, and for its time
// the first instant of the month:
//
//   {"type":"OrderPlaced","month":"2026-03","people":10,"events":31,
//    "fields":[{"field":"/total","people":10,"values":31,"sum":1843.5},
//              {"field":"/channel","value":"web","people":10,"values":12}]}
//
// Without "people" and "events" it brings fields that had to wait longer. Such
// events are read, exported and kept like any other; crm/retention.h says for
// how long. Pool, choice and events are one write: wherever it is cut off,
// nobody is counted twice, or half. A log that was set back has lost what was
// added since: nobody can read what she did any more. Where her keys are back,
// too, ApplyCertificate adds her again. The pool is in backups of the data, and
// not in exports. It holds up to 65,536 sums; what would be one more is left
// out.
//
// What that promises: no event says anything of fewer than ten erasures. What
// it does not: that nobody can be told in a sum. The log shows which erasures
// those are; they may be of one person who came back, or of nine whom somebody
// knows and one more; one of ten may have spent nearly all of it; who has the
// tenant's key and backups from before and after has the difference. Make a
// field personal when its sum over ten people would say too much.
//
// What stays, and why: the open parts of her events (type, times, source,
// numbers), because the log is one chain and counts must not change; the
// choice itself; and, as keyed hashes, the identifiers that are fenced: who
// comes back with a newer event is a new customer, and what was said before is
// not hers. A customer's id and the numbers of her records are never given
// again. Of texts that hosts wrote beside her (`by` and `why` of merges, names
// of offsets) libcrm knows nothing: write nothing personal there.
//
//   crm::ErasureOptions options;
//   options.dry_run = true;
//   auto plan = tenant->Erase(7, options);   // What would go.
//   options.dry_run = false;
//   options.why = "gdpr-request";
//   auto erased = tenant->Erase(7, options);
//   Keep(erased->certificate);
//
// The certificate is JSON of two parts: `certificate`, which says what was
// done, and the Ed25519 `signature` of its very bytes, with the `public_key`.
// It holds no personal data. After a restore from keys that are older than the
// erasure, Tenant::ApplyCertificate does it again.
//
// One event can lose what it says, while everything else of its customer stays:
// Tenant::Redact, for a note that nobody should have written down. A choice in
// the log says who asked for it. The event keeps its open part, its ids, its
// time as it was given, and its identity: how somebody is found is the
// customer's, not the event's. Payload, metadata and unknown members go from
// the log, from the timeline and from every file, and what they had made of
// the profile is undone: it is as if the event had come without them.
// EventView::redacted says so from then on. Backups from before still hold what
// it said, sealed with a key that lives: replace them.

#ifndef CRM_INCLUDE_PRIVACY_H_
#define CRM_INCLUDE_PRIVACY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "crm/types.h"

namespace crm {

// The number of a legal hold, from 1 within its tenant: see crm/retention.h.
using HoldId = uint64_t;

// How somebody is erased. The numbers never change.
enum class ErasureMode : uint8_t {
  // Her keys are destroyed: what was sealed with them is noise for good.
  kShred = 1,
  // As kShred; before that what she did goes into sums over ten people or
  // more, which become events of nobody. See above. Appends wait while her
  // events are read.
  kAnonymise = 2,
  // As kShred; then what was sealed is removed: of each of her events the log
  // keeps header and digest, so that its chain can still be checked, and the
  // files that held it are rewritten and searched. It takes as long as
  // rewriting the log from her first event on, and the views; appends go on.
  // Copies and backups keep their bytes, which are noise as with kShred. What
  // a cursor still reads from an old file goes when it is gone: until then the
  // erasure is not complete.
  kHard = 3,
};

// Of the events that kAnonymise writes.
inline constexpr std::string_view kAnonymisedEventType =
    "crm.events.anonymised";
// So many erasures must have added to what such an event says.
inline constexpr uint64_t kMinAnonymisedPeople = 10;

// How Erase is to run.
struct ErasureOptions {
  ErasureMode mode = ErasureMode::kShred;
  // Says what would go, and changes nothing.
  bool dry_run = false;
  // Needed for a customer who has two values of one exclusive namespace: two
  // accounts may be two people. See ErasureReport::doubtful.
  bool confirm = false;
  // Where a legal hold is in the way: the request is kept, and done when the
  // last of her holds is released. Without it Erase fails then.
  bool wait_for_release = false;
  // Who asked for it, and why ("gdpr-request"): kept in the log and in the
  // certificate, not erased: write nothing about her. Each up to 256 bytes.
  std::string by = {};
  std::string why = {};
};

// What was erased, or would be.
struct ErasureReport {
  // The name of the erasure: 32 hexadecimal digits. Empty: a dry run.
  std::string request = {};
  // Of the choice in the log. Zero: a dry run.
  Position position = 0;
  // Who was erased; of a retired id, the one to whom it led.
  CustomerId customer = 0;
  ErasureMode mode = ErasureMode::kShred;
  // What happened until then and names her is refused.
  Timestamp at = {};
  std::string by = {};
  std::string why = {};
  // All steps are done. False: a dry run, or what remains is done by Maintain,
  // the maintenance thread, or the next open.
  bool complete = false;
  // Ids that lead to her, ascending; only of a dry run and of the erasure
  // itself.
  std::vector<CustomerId> retired = {};
  // Her records, ascending: those whose keys are destroyed.
  std::vector<RecordId> records = {};
  uint64_t events = 0;
  // Identifiers that were hers.
  uint64_t identifiers = 0;
  // Of her events, as they were sealed.
  uint64_t bytes = 0;
  // Only with kHard, once it is complete: sealed bytes that were taken out of
  // the log, and in how many files they were searched for and not found.
  uint64_t removed_bytes = 0;
  uint64_t files_searched = 0;
  // Keyed hashes that stay, so that late events are told.
  uint64_t fenced = 0;
  // Only with kAnonymise, and only of a dry run and of the erasure itself, as
  // the three that follow: how many of her events were counted, and of which
  // fields, ascending: "OrderPlaced /total". Look whether one of these
  // should be personal.
  uint64_t counted = 0;
  std::vector<std::string> counted_fields = {};
  // The payloads of the events of nobody that are written with it, by type and
  // month: sums over ten erasures or more.
  std::vector<std::string> anonymised = {};
  // Sums of this tenant that wait behind it for more people.
  uint64_t waiting_sums = 0;
  // Exclusive namespaces of which she has two values or more: look whether she
  // is one person before you `confirm`. Only of a dry run and of the erasure
  // itself.
  std::vector<std::string> doubtful = {};
  // The legal holds that are in the way, ascending; only of a dry run, and of a
  // request that waits for their release: of such a one nothing is erased.
  std::vector<HoldId> holds = {};
  // Signed JSON; empty until it is complete.
  std::string certificate = {};
};

// How Tenant::Redact is to run.
struct RedactOptions {
  // Says what would go, and changes nothing.
  bool dry_run = false;
  // Who asked for it, and why: kept in the log. Each up to 256 bytes.
  std::string by = {};
  std::string why = {};
};

// One event that was redacted, or would be.
struct RedactReport {
  // The event's.
  Position event = 0;
  // Of the choice in the log. Zero: a dry run.
  Position position = 0;
  // Whose it is; 0: nobody's.
  RecordId record = 0;
  CustomerId customer = 0;
  // Of what was sealed of it, its identity included, which is sealed anew.
  uint64_t bytes = 0;
  // Files in which it was searched for, and not found. Zero: a dry run.
  uint64_t files_searched = 0;
};

// What a certificate says, once its signature was found to be right.
struct CertificateInfo {
  std::string request = {};
  std::string tenant = {};
  CustomerId customer = 0;
  Position position = 0;
  std::vector<RecordId> records = {};
  // Who signed it: 64 hexadecimal digits. Compare it with what
  // Tenant::GetSigningKey gave when the tenant was made.
  std::string public_key = {};
};

// Checks the signature of a certificate and reads it; needs no store.
// `public_key` (64 hexadecimal digits): also that it is this key's; empty:
// whoever's it is. kMalformed: no certificate; kDenied: the signature does not
// fit, or is another key's; kTooLarge: over 1 MiB; kFormatTooNew.
Result<CertificateInfo> VerifyCertificate(std::string_view certificate,
                                          std::string_view public_key = {});

}  // namespace crm

#endif  // CRM_INCLUDE_PRIVACY_H_
