// Checkpoints of ledgers as signed notes: C2SP signed-note and tlog-checkpoint.
//
//   crm-ledger/<store id>/<tenant>
//   <size>
//   <base64 of the root>
//   <kLedgerAlgorithms>
//
//   <em dash> <key name> <base64 of key id and signature>
//
// A key is named as its ledger. Pure functions.

#ifndef CRM_CONSENT_LEDGER_NOTE_H_
#define CRM_CONSENT_LEDGER_NOTE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "crm/ledger.h"
#include "crm/status.h"

namespace crm {

// The extension line: how leaves, nodes and commitments are hashed.
inline constexpr std::string_view kLedgerAlgorithms =
    "libcrm-ledger-1 rfc6962-sha256 blake2b-256";

std::string LedgerOrigin(std::string_view store_id, uint32_t tenant);
// As others verify with: "<name>+<key id>+<base64 of 0x01 and the key>".
std::string LedgerKeyText(std::string_view name, const Key& seed);
std::string SignNote(const LedgerHead& head, const Key& seed);

}  // namespace crm

#endif  // CRM_CONSENT_LEDGER_NOTE_H_
