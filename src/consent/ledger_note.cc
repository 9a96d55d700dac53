#include "consent/ledger_note.h"

#include <algorithm>
#include <charconv>

#include "base/sha256.h"
#include "base/text_codes.h"

namespace crm {
namespace {

constexpr size_t kMaxNoteBytes = size_t{64} << 10;
constexpr size_t kMaxOriginBytes = 63;
constexpr size_t kKeyIdBytes = 4;
constexpr char kEd25519 = 1;
constexpr std::string_view kBeforeSignature = "\xe2\x80\x94 ";  // Em dash.

Status BadNote(const char* what) {
  return Status(StatusCode::kMalformed, what);
}

std::string KeyId(std::string_view name, std::string_view public_key) {
  std::string named(name);
  named += '\n';
  named += kEd25519;
  named += public_key;
  const Digest digest = Sha256(named);
  return std::string(reinterpret_cast<const char*>(digest.data()), kKeyIdBytes);
}

// Takes what stands before the first `end` from the front of `*rest`.
bool TakeUntil(char end, std::string_view* rest, std::string_view* taken) {
  const size_t at = rest->find(end);
  if (at == std::string_view::npos) return false;
  *taken = rest->substr(0, at);
  rest->remove_prefix(at + 1);
  return true;
}

struct NoteKey {
  std::string_view name;
  std::string id;
  std::string public_key;
};

Status ReadKey(std::string_view text, NoteKey* key) {
  std::string_view id;
  std::string bytes;
  if (!TakeUntil('+', &text, &key->name) || !TakeUntil('+', &text, &id) ||
      key->name.empty() || !FromHexText(id, &key->id) ||
      !FromBase64(text, &bytes) || bytes.size() != 1 + kKeyBytes ||
      bytes[0] != kEd25519) {
    return BadNote("key: not the key of a signed note (Ed25519)");
  }
  key->public_key = bytes.substr(1);
  if (key->id != KeyId(key->name, key->public_key)) {
    return BadNote("key: its id is not its own");
  }
  return Status::Ok();
}

Status ReadHead(std::string_view text, LedgerHead* head) {
  std::string_view origin;
  std::string_view size;
  std::string_view root;
  std::string_view algorithms;
  std::string bytes;
  if (!TakeUntil('\n', &text, &origin) || !TakeUntil('\n', &text, &size) ||
      !TakeUntil('\n', &text, &root) || origin.empty() ||
      origin.size() > kMaxOriginBytes) {
    return BadNote("checkpoint: fewer than three lines, or a long name");
  }
  if (!TakeUntil('\n', &text, &algorithms) || algorithms != kLedgerAlgorithms) {
    return BadNote("checkpoint: not hashed as the ledgers of libcrm are");
  }
  const auto [end, error] =
      std::from_chars(size.data(), size.data() + size.size(), head->size);
  if (error != std::errc() || end != size.data() + size.size() ||
      std::to_string(head->size) != size) {
    return BadNote("checkpoint: the second line is no size");
  }
  if (!FromBase64(root, &bytes) || bytes.size() != head->root.size()) {
    return BadNote("checkpoint: the third line is no root");
  }
  head->origin = origin;
  std::copy(bytes.begin(), bytes.end(), head->root.begin());
  return Status::Ok();
}

// The first signature of this key decides, as the specification has it.
Status CheckSignatures(std::string_view text, std::string_view lines,
                       const NoteKey& key) {
  std::string_view line;
  while (TakeUntil('\n', &lines, &line)) {
    std::string_view name;
    std::string bytes;
    if (!line.starts_with(kBeforeSignature)) {
      return BadNote("checkpoint: a line that is no signature");
    }
    line.remove_prefix(kBeforeSignature.size());
    if (!TakeUntil(' ', &line, &name) || !FromBase64(line, &bytes) ||
        bytes.size() <= kKeyIdBytes) {
      return BadNote("checkpoint: a signature that is none");
    }
    if (name != key.name || !bytes.starts_with(key.id)) continue;
    if (VerifySignature(key.public_key, text,
                        std::string_view(bytes).substr(kKeyIdBytes))) {
      return Status::Ok();
    }
    return Status(StatusCode::kCorruption,
                  "checkpoint: the signature is not of this key");
  }
  if (!lines.empty()) return BadNote("checkpoint: its last line has no end");
  return Status(StatusCode::kCorruption,
                "checkpoint: no signature of this key");
}

}  // namespace

std::string LedgerOrigin(std::string_view store_id, uint32_t tenant) {
  return "crm-ledger/" + ToHexText(store_id) + "/" + std::to_string(tenant);
}

std::string LedgerKeyText(std::string_view name, const Key& seed) {
  const std::string public_key = SigningPublicKey(seed);
  std::string text(name);
  text += '+';
  AppendHex(KeyId(name, public_key), &text);
  text += '+';
  text += ToBase64(std::string(1, kEd25519) + public_key);
  return text;
}

std::string SignNote(const LedgerHead& head, const Key& seed) {
  std::string note = head.origin + '\n' + std::to_string(head.size) + '\n';
  note += ToBase64(
      {reinterpret_cast<const char*>(head.root.data()), head.root.size()});
  note += '\n';
  note += kLedgerAlgorithms;
  note += '\n';
  const std::string signature =
      KeyId(head.origin, SigningPublicKey(seed)) + Sign(seed, note);
  note += '\n';
  note += kBeforeSignature;
  note += head.origin + ' ' + ToBase64(signature) + '\n';
  return note;
}

Result<LedgerHead> VerifyCheckpoint(std::string_view note,
                                    std::string_view key) {
  NoteKey by;
  Status status = InitCrypto();
  if (status.ok()) status = ReadKey(key, &by);
  if (!status.ok()) return status;
  const size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos || note.size() > kMaxNoteBytes) {
    return BadNote("checkpoint: not a signed note");
  }
  const std::string_view text = note.substr(0, gap + 1);
  LedgerHead head;
  status = CheckSignatures(text, note.substr(gap + 2), by);
  if (status.ok()) status = ReadHead(text, &head);
  if (!status.ok()) return status;
  return head;
}

}  // namespace crm
