// What is hashed of a record of the ledger, byte by byte; see FORMAT.md. Pure
// functions.
//
//   commitment = BLAKE2b-256(salt, what the record says)
//   link       = SHA-256(0x02, link before it in its chain, header, commitment)
//   leaf       = SHA-256(0x00, header, commitment, link)
//
// What a record says and its salt are sealed with one key; all else is open.
// So everything can be checked, by anybody, when that key is gone.

#ifndef CRM_CONSENT_LEDGER_ENTRY_H_
#define CRM_CONSENT_LEDGER_ENTRY_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "base/crypto.h"
#include "crm/types.h"
#include "event/names.h"
#include "format/log_record.h"

namespace crm {

// The open part that a leaf covers: integers little-endian, no padding.
inline constexpr size_t kLedgerHeaderBytes = 128;
inline constexpr size_t kLedgerLeafBytes = kLedgerHeaderBytes + 64;
using LedgerHeader = std::array<char, kLedgerHeaderBytes>;

// What a header is made of, beside its LedgerEntry.
struct LedgerFacts {
  LogKind kind = LogKind::kNone;
  uint32_t tenant = 0;
  Position position = 0;
  RecordId record = 0;
  CustomerId customer = 0;
  int64_t occurred_at = 0;
  std::string_view type = {};
  std::string_view source = {};
  Digest open = {};  // Of all that is open: see below.
};

// SHA-256 of the open part as it is stored, so that no byte of it can change:
// of the EventHeader, or of those fields of another record that have one.
Digest OpenDigest(const EventHeader& event);
Digest OpenDigest(const DefinitionHeader& definition);
Digest OpenDigest(uint32_t tenant, uint64_t epoch);

// Names stand in a header as the first 16 bytes of their SHA-256, so that no
// table of numbers has to be believed; none: zeroes.
using NameDigest = std::array<char, 16>;
NameDigest DigestOfName(std::string_view name);

LedgerFacts FactsOf(Position position, const LogRecord& record,
                    const Names& names);
LedgerHeader MakeLedgerHeader(const LedgerFacts& facts,
                              const LedgerEntry& entry);

Digest CommitTo(const Digest& salt, std::string_view plain);
Digest LedgerLink(const Digest& before, const LedgerHeader& header,
                  const Digest& commitment);
Digest LedgerLeaf(const LedgerHeader& header, const Digest& commitment,
                  const Digest& link);

}  // namespace crm

#endif  // CRM_CONSENT_LEDGER_ENTRY_H_
