// The ledger: evidence of who consented to what, and of what was decided about
// persons, such that nobody can change it afterwards without being found out,
// not even who owns the store.
//
//   crm::Result<std::string> note = tenant.GetLedgerCheckpoint();
//   // Give *note to somebody else: mail it, commit it, have it timestamped.
//   crm::Result<crm::InclusionProof> proof =
//       tenant.ProveInclusion({.source = "web", .id = "consent-17"});
//   std::string text = crm::ToJson(*proof);   // For an auditor, who checks it:
//   crm::Status status = crm::VerifyLedgerProof(text, *note, key);
//
// Each tenant has one. Its records are ordinary records of the log: events
// about consent (ConsentGranted, ConsentRevoked, ConsentUpdatedEvent,
// consent.updated, contactPreference.updated, and all types that begin with
// "crm.consent."), choices about who is who (merges, unmerges, assertions,
// answers) and definitions. Nothing has to be called for them to be there.
//
// Their hashes are the leaves of a tree as of RFC 6962, in the order of the
// log, and those of one person's record are a chain, too. What is hashed is
// the open part of a record and a *commitment* to what it says, under a salt
// that is sealed with it. So everything here can be checked without any key,
// and goes on to be true when the key of a person was destroyed: a proof then
// says that there was an act of this type at this time, and no more.
//
// A *checkpoint* is a signed note (C2SP signed-note and tlog-checkpoint, with
// Ed25519): the size of the tree and its root. Whoever has an older one can
// prove that nothing before it was changed or left out. Nobody can prove that
// against an owner who rewrites everything since the last checkpoint that
// somebody else has: give them away often.
//
// What is hashed, byte by byte, is in src/FORMAT.md; examples/ledger_verify.py
// checks all of it without libcrm. Calls of Tenant may be made from any thread.
// They are true of one instant and cost microseconds, but for VerifyLedger and
// the lists, which read the log.

#ifndef CRM_INCLUDE_LEDGER_H_
#define CRM_INCLUDE_LEDGER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "crm/types.h"

namespace crm {

// Of SHA-256, and of BLAKE2b-256 (commitments).
using LedgerHash = std::array<uint8_t, 32>;

// A tree, as a checkpoint names it.
struct LedgerHead {
  // Which ledger it is: "crm-ledger/", the id of the store in hexadecimal, "/",
  // the number of the tenant in that store. At most 63 bytes.
  std::string origin = {};
  uint64_t size = 0;  // Leaves.
  LedgerHash root = {};

  bool operator==(const LedgerHead&) const = default;
};

// What a record of the ledger is. The numbers never change.
enum class LedgerKind : uint8_t {
  kEvent = 1,
  kDefinition = 5,
  kChoice = 6,
};

// One leaf: everything about a record that is open.
struct LedgerRecord {
  uint64_t index = 0;  // Of the leaf, from 0.
  Position position = 0;
  LedgerKind kind = LedgerKind::kEvent;
  // Of a choice: a ChoiceView::Kind; of a definition: a DefinitionView::Kind.
  uint8_t what = 0;
  // Whose chain it is part of, and its place there, from 0. Record 0 stands
  // for what is of no one person's: choices, definitions, unattributed events.
  RecordId record = 0;
  uint64_t link_index = 0;
  CustomerId customer = 0;  // As chosen when the event was recorded; or 0.
  Timestamp occurred_at = {};
  Timestamp recorded_at = {};
  std::string type = {};    // Of events and definitions.
  std::string source = {};  // Of events.
  // The 128 bytes that are hashed of all this; names stand there as hashes, and
  // so does all else that is open of the record.
  std::string header = {};
  LedgerHash commitment = {};
  LedgerHash before = {};  // Link of the one before it in its chain; or zeroes.
  LedgerHash link = {};
  LedgerHash leaf = {};
  // Of the tree that ends with this leaf; zeroes: not given, as another record
  // of the same request comes after it.
  LedgerHash root = {};
};

// Which records to list.
struct LedgerQuery {
  // From this leaf on; or, with `record`, from this place in its chain on.
  uint64_t first = 0;
  size_t limit = 1000;  // 1 to 10,000.
  // Only those of one person's record, in the order of its chain; 0: those of
  // nobody's. Reads all of its chain.
  std::optional<RecordId> record = {};
};

// Which record is meant: one of the two.
struct LedgerTarget {
  Position position = 0;
  // An event by its own id.
  std::string source = {};
  std::string id = {};
};

// That a record is in a tree.
struct InclusionProof {
  LedgerRecord record = {};
  LedgerHead head = {};
  std::vector<LedgerHash> path = {};  // From the leaf up.
};

// That a tree begins with another one.
struct ConsistencyProof {
  uint64_t old_size = 0;
  LedgerHash old_root = {};
  LedgerHead head = {};
  std::vector<LedgerHash> path = {};
};

// What a record says, and the salt that its commitment was made with: shows
// what was said to whoever has the proof of it. Personal.
struct LedgerOpening {
  std::string salt = {};  // 32 bytes.
  // Of an event: its eight texts, as src/FORMAT.md has them ("The body of an
  // event"). Of another record: what is sealed of it.
  std::string plain = {};
};

struct LedgerVerifyOptions {
  // Signed notes of this ledger, of any time: each must be of a tree that is
  // the beginning of today's.
  std::vector<std::string> checkpoints = {};
  // Who signed these: a key as GetLedgerKey gives it. Empty: this ledger's own
  // key, which says nothing against whoever has the store.
  std::string key = {};
  // Also open every record whose key is there, and compare what it says with
  // its commitment: takes about twice as long.
  bool open = false;
  // Called on the calling thread with records done and in all; false cancels
  // the call with kCancelled.
  std::function<bool(uint64_t done, uint64_t total)> progress = {};
};

// Proofs, records and heads as one JSON object without line ends: hashes,
// header and texts in hexadecimal or as what they are. The members are those
// of the structs, in camel case; a proof also has "proof": "inclusion" or
// "consistency".
std::string ToJson(const LedgerHead& head);
std::string ToJson(const LedgerRecord& record);
std::string ToJson(const InclusionProof& proof);
std::string ToJson(const ConsistencyProof& proof);
std::string ToJson(const LedgerOpening& opening);

// Checks, without a store and without a key. Ok: it is shown. kCorruption: it
// is not, and why. What is checked may come from anywhere.
//
// Header, commitment and link make the leaf, the fields are those of the
// header, and the path leads from the leaf to the root of `head`.
Status VerifyInclusion(const InclusionProof& proof);
Status VerifyConsistency(const ConsistencyProof& proof);
// That the record says this.
Status VerifyOpening(const LedgerRecord& record, const LedgerOpening& opening);
// A signed note: whether one of its signatures is of this key. kMalformed: it
// is no note of a ledger, or `key` is none. kCorruption: no signature, or a
// wrong one.
Result<LedgerHead> VerifyCheckpoint(std::string_view note,
                                    std::string_view key);
// A proof as ToJson wrote it, of either kind; and that its tree is the one of a
// checkpoint, if there is a `note`. Of a consistency proof the tree of the note
// may be the older one. And that its record says what an `opening`, as ToJson
// wrote it, says, if there is one. kMalformed: it is no proof, or no opening.
// kCorruption: as above.
Status VerifyLedgerProof(std::string_view json, std::string_view note = {},
                         std::string_view key = {},
                         std::string_view opening = {});

}  // namespace crm

#endif  // CRM_INCLUDE_LEDGER_H_
