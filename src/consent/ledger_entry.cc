#include "consent/ledger_entry.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/merkle.h"
#include "base/sha256.h"

namespace crm {
namespace {

constexpr uint8_t kHeaderVersion = 1;
constexpr char kLinkPrefix = 2;

// Writes one thing behind the other; REQUIRES: there is room.
class Filler {
 public:
  explicit Filler(char* out) : out_(out) {}

  // All machines that libcrm supports are little-endian.
  template <typename T>
  Filler& Number(T value) {
    std::memcpy(out_, &value, sizeof(value));
    out_ += sizeof(value);
    return *this;
  }
  template <typename T>
  Filler& Bytes(const T& bytes) {
    std::memcpy(out_, bytes.data(), bytes.size());
    out_ += bytes.size();
    return *this;
  }

 private:
  char* out_;
};

}  // namespace

// Few names come again and again.
NameDigest DigestOfName(std::string_view name) {
  struct Known {
    std::string name;
    NameDigest digest{};
  };
  constexpr size_t kPlaces = 64;
  thread_local std::array<Known, kPlaces> known;
  if (name.empty()) return NameDigest{};
  const size_t place =
      (name.size() * 7 + static_cast<uint8_t>(name.front()) * 3 +
       static_cast<uint8_t>(name.back())) %
      kPlaces;
  Known& found = known[place];
  if (found.name != name) {
    const Digest whole = Sha256(name);
    std::memcpy(found.digest.data(), whole.data(), found.digest.size());
    found.name = name;
  }
  return found.digest;
}

Digest OpenDigest(const EventHeader& event) {
  return Sha256({reinterpret_cast<const char*>(&event), sizeof(event)});
}

Digest OpenDigest(const DefinitionHeader& definition) {
  std::array<char, 24> open;
  Filler(open.data())
      .Number(definition.tenant)
      .Number(definition.type)
      .Number(definition.version)
      .Number(definition.to_version)
      .Number(definition.epoch);
  return Sha256({open.data(), open.size()});
}

Digest OpenDigest(uint32_t tenant, uint64_t epoch) {
  DefinitionHeader only;
  only.tenant = tenant;
  only.epoch = epoch;
  return OpenDigest(only);
}

LedgerFacts FactsOf(Position position, const LogRecord& record,
                    const Names& names) {
  LedgerFacts facts;
  facts.kind = record.kind;
  facts.position = position;
  if (record.kind == LogKind::kEvent) {
    const EventHeader& event = record.event;
    facts.tenant = event.tenant;
    facts.record = event.record;
    facts.customer = event.customer;
    facts.occurred_at = event.occurred_at;
    facts.type = names.Text(NameKind::kType, event.type);
    facts.source = names.Text(NameKind::kSource, event.source);
    facts.open = OpenDigest(event);
    return facts;
  }
  facts.tenant = record.tenant;
  facts.open = OpenDigest(record.tenant, record.epoch);
  if (record.kind == LogKind::kDefinition) {
    facts.type = names.Text(NameKind::kType, record.type);
    facts.open = OpenDigest(record.definition);
  }
  if (record.ledger.has_value()) facts.occurred_at = record.ledger->recorded_at;
  return facts;
}

LedgerHeader MakeLedgerHeader(const LedgerFacts& facts,
                              const LedgerEntry& entry) {
  LedgerHeader header;
  Filler(header.data())
      .Number(kHeaderVersion)
      .Number(static_cast<uint8_t>(facts.kind))
      .Number(entry.what)
      .Number(entry.flags)
      .Number(facts.tenant)
      .Number(entry.index)
      .Number(facts.position)
      .Number(facts.record)
      .Number(entry.link_index)
      .Number(facts.customer)
      .Number(facts.occurred_at)
      .Number(entry.recorded_at)
      .Bytes(DigestOfName(facts.type))
      .Bytes(DigestOfName(facts.source))
      .Bytes(facts.open);
  return header;
}

Digest CommitTo(const Digest& salt, std::string_view plain) {
  Blake2bStream stream;
  stream.Update({reinterpret_cast<const char*>(salt.data()), salt.size()});
  stream.Update(plain);
  return stream.Finish();
}

Digest LedgerLink(const Digest& before, const LedgerHeader& header,
                  const Digest& commitment) {
  std::array<char, 1 + kLedgerHeaderBytes + 2 * kDigestBytes> data;
  Filler(data.data())
      .Number(kLinkPrefix)
      .Bytes(before)
      .Bytes(header)
      .Bytes(commitment);
  return Sha256({data.data(), data.size()});
}

Digest LedgerLeaf(const LedgerHeader& header, const Digest& commitment,
                  const Digest& link) {
  std::array<char, kLedgerLeafBytes> data;
  Filler(data.data()).Bytes(header).Bytes(commitment).Bytes(link);
  return MerkleLeaf({data.data(), data.size()});
}

}  // namespace crm
