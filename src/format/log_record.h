// One record of the log: bytes and back.
//
// A stored value is
//   u8 version (1), u8 flags, u16 header size, header (FlatBuffers LogRecord),
//   sealed part (ciphertext and tag, or nothing),
//   and, on the last record of a batch, a trailer of 36 bytes: u32 number of
//   records in the batch, 32 bytes chain head.
// The sealed part is authenticated together with its position and the header.
// It may be taken out of an event for good: then its size and digest stand in
// its place, which is all that the chain holds of it, and maybe a remnant.

#ifndef CRM_FORMAT_LOG_RECORD_H_
#define CRM_FORMAT_LOG_RECORD_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "crm/status.h"
#include "crm/types.h"

namespace crm {

inline constexpr uint32_t kFormatVersion = 2;
// Before 2 the chain held sealed parts themselves.
inline constexpr uint32_t kOldestFormatVersion = 2;

enum class LogKind : uint8_t {
  kNone = 0,
  kEvent = 1,
  kName = 2,        // A tenant, type, ... gets its number.
  kDictionary = 3,  // Compression dictionary of a (tenant, type).
  kEpoch = 4,       // The store was opened: random part of nonces.
  kDefinition = 5,  // A schema, an upcaster, ... of a tenant.
  kIdentity = 6,    // A choice about who is who: see identity/choice.h.
  kDrop = 7,        // A tenant is gone for good: see crm/tenants.h.
};

enum EventFlags : uint16_t {
  kEventNewRecord = 1 << 0,    // Choice: this event began its record ...
  kEventNewCustomer = 1 << 1,  // ... and this one its customer.
  kEventContested = 1 << 2,    // It named an identifier of somebody else.
  kEventBackfill = 1 << 3,
  kEventRaw = 1 << 4,     // The body is not compressed.
  kEventNoTime = 1 << 5,  // occurred_at was absent: it is recorded_at.
  kEventWarned = 1 << 6,  // It did not fit the schema of its type.
  // What it said was taken out, and its remnant is what is left. Never in a
  // header of the log: LogRecordReader says so.
  kEventRedacted = 1 << 7,
  // What it said is older than it may be kept; a remnant is what folds need of
  // it. Never in a header of the log, as the one before.
  kEventExpired = 1 << 8,
};

// The open part of an event; mirrors fb::EventHeader field by field.
struct EventHeader {
  uint64_t dedupe_hi = 0;
  uint64_t dedupe_lo = 0;
  uint64_t content = 0;
  int64_t occurred_at = 0;
  int64_t recorded_at = 0;
  uint64_t record = 0;
  uint64_t customer = 0;
  uint64_t revision = 0;
  uint64_t epoch = 0;
  uint64_t dictionary = 0;
  uint32_t tenant = 0;
  uint32_t type = 0;
  uint32_t source = 0;
  uint32_t version = 0;
  uint32_t matched_by = 0;
  uint32_t plain_size = 0;
  // Attributed: bit i, identifier i became the customer's. Unattributed: the
  // month of the key, yyyymm.
  uint32_t claims_or_month = 0;
  uint16_t flags = 0;
  uint8_t shape = 0;
  uint8_t confidence = 0;
};

// The open part of a definition: what it defines, by numbers of names. What
// it says is sealed with the tenant's key.
struct DefinitionHeader {
  uint8_t kind = 0;  // A DefinitionKind, see event/definitions.h.
  uint32_t tenant = 0;
  uint32_t type = 0;
  uint32_t version = 0;
  uint32_t to_version = 0;
  uint64_t epoch = 0;
};

// What makes a record one of its tenant's ledger; mirrors fb::LedgerEntry. See
// consent/ledger_room.h for what is hashed.
struct LedgerEntry {
  uint64_t index = 0;
  uint64_t link_index = 0;
  uint64_t previous = 0;
  int64_t recorded_at = 0;
  uint8_t what = 0;
  uint8_t flags = 0;
  std::array<uint8_t, 6> reserved{};
  Digest commitment{};
  Digest link{};
  Digest leaf{};
  Digest root{};
};
// The root is given: of the last record of a request, as a rule.
inline constexpr uint8_t kLedgerRoot = 1;
// A sealed part of the ledger ends with the salt of its commitment.
inline constexpr size_t kSaltBytes = kDigestBytes;

// Why a tenant was dropped: open, because no key of it is left. Views.
struct DropReason {
  int64_t at = 0;
  std::string_view by;
  std::string_view why;

  std::string Encode() const;
  [[nodiscard]] bool Decode(std::string_view bytes);
};

struct LogRecord {
  LogKind kind = LogKind::kNone;
  EventHeader event;            // kEvent.
  DefinitionHeader definition;  // kDefinition.
  uint32_t tenant = 0;  // kDictionary, kDefinition, kIdentity and kDrop.
  uint32_t type = 0;
  uint64_t epoch = 0;
  uint8_t name_kind = 0;  // kName.
  uint32_t name_id = 0;
  std::string_view text;
  std::string_view bytes;   // kEpoch.
  DropReason drop;          // kDrop.
  std::string_view header;  // As stored: part of the associated data.
  std::string_view sealed;
  uint32_t sealed_size = 0;  // Of what is sealed, or was when it is removed.
  // The sealed part was taken out (kEvent): its digest is here, and what may
  // be in its place (a nonce, and what is sealed with it), or nothing. With a
  // remnant `event` is what describes that.
  bool removed = false;
  std::string_view digest;
  std::string_view remnant;
  bool ends_batch = false;
  uint32_t batch_count = 0;
  std::string_view chain;  // 32 bytes when ends_batch.
  std::optional<LedgerEntry> ledger;
};

// Builds values; one thread at a time, buffers are kept.
class LogRecordWriter final {
 public:
  LogRecordWriter();
  ~LogRecordWriter();
  // Each replaces `*value` by everything up to the sealed part, which the
  // caller then appends. The header's bytes are value[kLogPrefixBytes ..].
  // `ledger` null: no record of the ledger.
  void Event(const EventHeader& header, const LedgerEntry* ledger,
             std::string* value);
  void Name(uint8_t kind, uint32_t id, std::string_view text,
            std::string* value);
  void Dictionary(uint32_t tenant, uint32_t type, uint64_t epoch,
                  std::string* value);
  void Epoch(std::string_view random, std::string* value);
  void Definition(const DefinitionHeader& header, const LedgerEntry* ledger,
                  std::string* value);
  void Identity(uint32_t tenant, uint64_t epoch, const LedgerEntry* ledger,
                std::string* value);
  // Has no sealed part.
  void Drop(uint32_t tenant, const DropReason& reason, std::string* value);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr size_t kLogPrefixBytes = 4;
inline constexpr size_t kLogTrailerBytes = 4 + kDigestBytes;

// Marks `*value` as the last of a batch and appends the trailer.
void AppendTrailer(uint32_t count, const Digest& chain, std::string* value);

// Reads values. The answer views `value` and the reader's own buffer, until
// its next Read. kCorruption: not a record (says what is wrong with it).
class LogRecordReader final {
 public:
  Status Read(std::string_view value, LogRecord* out);

 private:
  std::vector<uint64_t> aligned_;  // FlatBuffers wants aligned memory.
};

// Associated data of a sealed part: position, then the header as stored.
void AppendAssociated(Position position, std::string_view header,
                      std::string* out);
// The same of a remnant, which says that it is one.
void AppendRemnantAssociated(Position position, std::string_view header,
                             std::string* out);

// An event's value without its sealed part, which was removed before or is
// now: `remnant` stands there instead, a nonce and what is sealed with it, or
// nothing. The chain stays as it is. kCorruption: not an event.
Status RemoveSealed(std::string_view value, std::string_view remnant,
                    std::string* out);
// Marks such a value as that of an event whose time is over.
void MarkExpired(std::string* value);
// Sixteen random bytes of the epoch, then the position: unique for good, also
// when a lost tail frees positions that a key has sealed.
Nonce NonceOf(std::string_view epoch, Position position);

// The chain: BLAKE2b over the head before and the records of a batch, each
// with its position, size, frame and header, and the digest of its sealed part.
class ChainHash final {
 public:
  explicit ChainHash(const Digest& before);
  // As it is written: REQUIRES a value without trailer, nothing removed.
  void Add(Position position, std::string_view value);
  // As it is read.
  void Add(Position position, std::string_view value, const LogRecord& record);
  Digest Finish();

 private:
  void Add(Position position, std::string_view open, size_t sealed_size,
           const char* digest);

  Blake2bStream stream_;
};

// Follows the chain over records in their order.
class ChainReader final {
 public:
  // `before`: the head that the batch before the first record left.
  explicit ChainReader(const Digest& before) : chain_(before) {}
  // kCorruption: the batch is not whole, or its head is not what was written.
  // The next batch is then held against the head that stands there.
  Status Add(Position position, std::string_view value,
             const LogRecord& record);
  // Whether the last record added ended a batch.
  bool at_batch_end() const { return count_ == 0; }

 private:
  Digest chain_;
  std::optional<ChainHash> hash_;  // Of the batch under way.
  uint64_t count_ = 0;
};

}  // namespace crm

#endif  // CRM_FORMAT_LOG_RECORD_H_
