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
#include "event/log_view.h"
#include "event/names.h"
#include "event/room.h"

namespace crm {

// Some consecutive log records, decoded. Facts view the arena.
struct FactChunk {
  // What is not an event: names, dictionaries, epochs.
  struct Other {
    Position position = 0;
    std::string value;
  };
  Position first = 0;
  Position last = 0;  // 0: empty.
  std::vector<Fact> facts;
  std::vector<Other> others;
  // Last, and kept: what facts point to.
  std::deque<EventContent> contents;
  Arena arena;

  void Clear();
};

// One thread at a time.
class FactDecoder final {
 public:
  FactDecoder(const LogView* log, KeyRing* keyring, Names* names,
              std::vector<Room*> rooms)
      : log_(log), keyring_(keyring), names_(names), rooms_(std::move(rooms)) {}

  // Adds one record. Errors name the position.
  Status Add(Position position, std::string_view value, FactChunk* chunk);
  // The chain over the batches seen so far must end in this head; checked at
  // every record that ends a batch. Set before the first Add.
  void StartChain(const Digest& head) { chain_ = head; }
  const Digest& chain() const { return chain_; }
  // Whether the last record added ended a batch.
  bool at_batch_end() const { return batch_.empty(); }
  void set_check_chain(bool check) { check_chain_ = check; }

 private:
  Status AddEvent(Position position, const LogRecord& record,
                  FactChunk* chunk);
  Status AddName(const LogRecord& record);
  Status FollowChain(Position position, std::string_view value,
                     const LogRecord& record);

  const LogView* const log_;
  KeyRing* const keyring_;
  Names* const names_;
  const std::vector<Room*> rooms_;
  LogRecordReader reader_;
  Digest chain_{};
  bool check_chain_ = false;
  std::vector<std::pair<Position, std::string>> batch_;
  std::string body_;
  std::string plain_;
  std::string entry_;
  std::string buffer_;
  std::vector<DecodedEvent::Hint> hints_;
};

// The hints of a stored identity object.
Status ReadHints(std::string_view identity, Arena& arena,
                 std::vector<DecodedEvent::Hint>* hints);

}  // namespace crm

#endif  // CRM_STORE_FACT_DECODER_H_
