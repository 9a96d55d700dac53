// From log records to facts: decode, unseal, expand, and let every room
// prepare. What replays, recoveries and verifications share.

#ifndef CRM_STORE_FACT_DECODER_H_
#define CRM_STORE_FACT_DECODER_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "consent/ledger_check.h"
#include "event/definitions.h"
#include "event/log_view.h"
#include "event/names.h"
#include "event/room.h"
#include "identity/choice.h"

namespace crm {

// Some consecutive log records. Everything here views the arena.
struct FactChunk {
  struct Event {
    Position position = 0;
    LogRecord record;
    bool dropped = false;  // Of a tenant who was.
  };
  // What is not an event: names, dictionaries, definitions, epochs.
  struct Other {
    Position position = 0;
    std::string_view value;
  };
  // Choices about who is who, between the events.
  struct Choice {
    Position position = 0;
    LogRecord record;
    IdentityChoice choice;  // Once it is decoded.
    // It is none: here the tenant was dropped.
    bool is_drop() const { return record.kind == LogKind::kDrop; }
    uint32_t tenant() const { return record.tenant; }
  };
  // Records of ledgers, of whatever kind.
  struct Ledger {
    Position position = 0;
    uint32_t tenant = 0;
    RecordId record = 0;
    LedgerEntry entry;
  };
  Position first = 0;
  Position last = 0;  // 0: empty.
  std::vector<Ledger> ledger;
  std::vector<Choice> choices;
  std::vector<Event> events;
  std::vector<Other> others;
  std::vector<Fact> facts;  // The events, once they are decoded.
  // Last, and kept: what facts point to.
  std::deque<EventContent> contents;
  Arena arena;

  void Clear();
};

// The first step, in the order of the log: frames and chain are checked, and
// what later records build on is taken in. One thread at a time.
class FactReader final {
 public:
  // The chain over the batches before the first record is `chain`. `ledger`
  // (may be null) is shown every record.
  FactReader(const LogView* log, KeyRing* keyring, Names* names,
             Definitions* definitions, const Digest& chain, LedgerCheck* ledger)
      : log_(log),
        keyring_(keyring),
        names_(names),
        definitions_(definitions),
        ledger_(ledger),
        chain_(chain) {}

  // Adds one record to the chunk. Errors name the position.
  Status Add(Position position, std::string_view value, FactChunk* chunk);
  // Whether the last record added ended a batch.
  bool at_batch_end() const { return chain_.at_batch_end(); }

 private:
  Status AddRecord(Position position, std::string_view value, FactChunk* chunk);
  Status AddName(const LogRecord& record);
  bool IsDropped(uint32_t tenant);
  Status CheckTenant(const LogRecord& record) const;

  const LogView* const log_;
  KeyRing* const keyring_;
  Names* const names_;
  Definitions* const definitions_;
  LedgerCheck* const ledger_;
  LogRecordReader reader_;
  ChainReader chain_;
  uint32_t last_tenant_ = 0;  // Of IsDropped.
  bool last_dropped_ = false;
};

// The second step: the events of a chunk are opened and become facts. Chunks
// do not depend on each other any more; one thread at a time for each decoder.
class FactDecoder final {
 public:
  FactDecoder(const LogView* log, KeyRing* keyring, const Names* names,
              const Definitions* definitions, std::vector<Room*> rooms)
      : log_(log),
        keyring_(keyring),
        names_(names),
        definitions_(definitions),
        rooms_(std::move(rooms)) {}

  // Errors name the position.
  Status Decode(FactChunk* chunk);

 private:
  Status AddEvent(const FactChunk::Event& event, FactChunk* chunk);
  // The payload as the fold sees it: with the upcasters of its position.
  void UpcastPayload(const FactChunk::Event& event, EventContent* content,
                     FactChunk* chunk);

  const LogView* const log_;
  KeyRing* const keyring_;
  const Names* const names_;
  const Definitions* const definitions_;
  const std::vector<Room*> rooms_;
  std::string body_;
  std::string plain_;
  std::string payload_;
  std::string entry_;
  std::vector<DecodedEvent::Hint> hints_;
};

// The hints of a stored identity object.
Status ReadHints(std::string_view identity, Arena& arena,
                 std::vector<DecodedEvent::Hint>* hints);

}  // namespace crm

#endif  // CRM_STORE_FACT_DECODER_H_
