// What is left of people who were anonymised: sums over many of them. See
// crm/privacy.h, which says what goes in and when it comes out. Pure: values
// in, values and bytes out; no store.
//
// The seeds hashed the address of a person and cut her IP address in two, and
// wrote her events anew with what came out. A hash of an address is found again
// by whoever has a list of addresses, half of an IP address still names a
// provider and a town, and the order and times of events tell a person without
// any of these. So here nothing of hers is masked: it is counted, or it goes.

#ifndef CRM_PRIVACY_SUMS_H_
#define CRM_PRIVACY_SUMS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "crm/types.h"
#include "event/schema.h"

namespace crm {

// What is summed up: events of a type and month; numbers of one of their
// fields; or how often a field had a value.
struct SumKey {
  std::string type;
  uint32_t month = 0;      // 202603
  std::string field = {};  // A JSON pointer; empty: the events.
  // Of a field that is counted by value: a JSON token.
  std::optional<std::string> value = {};

  auto operator<=>(const SumKey&) const = default;
};

struct Sum {
  uint64_t people = 0;
  uint64_t values = 0;
  Decimal total;  // Of numbers.
};

using Sums = std::map<SumKey, Sum>;

// More than these wait for nobody: further ones are left out.
inline constexpr size_t kMaxWaitingSums = 65'536;
// At most so many events come out at a time; the others wait for the next.
inline constexpr size_t kMaxAnonymisedEvents = 1'000;

// Which fields of a schema are counted, and how. Immutable.
class CountedFields final {
 public:
  // Null: there is no schema, and no field is counted. `others`: those of the
  // same type; what one of them makes personal is not counted either.
  explicit CountedFields(const Schema* schema,
                         const std::vector<const Schema*>& others = {});

  // Adds a payload to the sums of one person; `payload` is JSON as it was
  // taken in, or empty.
  void Count(std::string_view type, uint32_t month, std::string_view payload,
             Sums* hers) const;

 private:
  enum class Kind : uint8_t { kObject, kNumber, kFlag, kText };
  struct Field {
    Kind kind = Kind::kObject;
    std::set<std::string> texts = {};
  };

  void CountMembers(const SumKey& of, std::string_view object,
                    Sums* hers) const;

  std::map<std::string, Field> fields_;  // By pointer.
};

// Fields of which something is summed up: "OrderPlaced /total".
std::vector<std::string> NamesOfCounted(const Sums& sums);

// Adds what one person did to a pool.
void AddPerson(const Sums& hers, Sums* pool);

// An event that is to be written.
struct AnonymisedEvent {
  Timestamp month;  // Its first instant.
  std::string payload;
};
// Takes out of the pool what `people` or more have added to.
std::vector<AnonymisedEvent> TakeReady(uint64_t people, Sums* pool);

// A pool as bytes. False: it is none.
std::string EncodeSums(const Sums& sums);
[[nodiscard]] bool DecodeSums(std::string_view bytes, Sums* sums);

}  // namespace crm

#endif  // CRM_PRIVACY_SUMS_H_
