// A made-up golf club: a stream of events that looks like the real thing, the
// same bytes on every machine for the same options.
//
//   EventGenerator generator({.events = 1000, .customers = 100});
//   std::string json;
//   while (generator.Next(&json)) Use(json);
//
// Members join, book tee times, get messages, shop, give and take back
// consents. Families share an e-mail address; e-mail addresses and telephone
// numbers change; some events come days late, some come twice, some belong to
// nobody. Uses nothing of libcrm.

#ifndef CRM_EXAMPLES_EVENT_GENERATOR_H_
#define CRM_EXAMPLES_EVENT_GENERATOR_H_

#include <cstdint>
#include <memory>
#include <string>

namespace crm::examples {

// Splitmix64 (Steele, Lea and Flood 2014): small, quick, good enough for
// made-up data, and the same everywhere.
class Random final {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // 0 <= result < bound. REQUIRES: 0 < bound < 2^32.
  uint64_t Below(uint64_t bound) { return ((Next() >> 32) * bound) >> 32; }
  bool Percent(uint64_t chance) { return Below(100) < chance; }

 private:
  uint64_t state_;
};

enum class StreamShape {
  kMixed,   // Each source speaks its own: club and messages as kCrm, shop
            // orders as kFlat, consents as kDomain.
  kCrm,     // {id, type, version, timestamp, ..., identity{}, payload{}}
  kDomain,  // {eventType, eventId, timestamp, aggregateId, payload{}}
  kFlat,    // {eventType, eventId, customerId, timestamp, payload fields}
  kBench,   // For measuring: 480 bytes or so, three identifiers in each,
            // random ids, customers drawn uniformly; nothing late or twice.
};

struct StreamOptions {
  uint64_t events = 50'000;    // Lines, duplicates included.
  uint64_t customers = 5'000;  // 1 to 20,000,000.
  uint64_t seed = 1;
  StreamShape shape = StreamShape::kMixed;
  std::string tenant = "default";
};

// What the stream held so far.
struct StreamCounts {
  uint64_t events = 0;  // All lines.
  uint64_t duplicates = 0;
  uint64_t late = 0;  // By a day or more.
  uint64_t unattributed = 0;
};

// Not thread-safe. Memory: about 16 bytes for each customer.
class EventGenerator final {
 public:
  explicit EventGenerator(const StreamOptions& options);
  ~EventGenerator();
  EventGenerator(const EventGenerator&) = delete;
  EventGenerator& operator=(const EventGenerator&) = delete;

  // True with the next event in `*json` (replaced; one line without its end),
  // false when there are no more.
  bool Next(std::string* json);
  const StreamCounts& counts() const;

  class Stream;  // Internal.

 private:
  std::unique_ptr<Stream> stream_;
};

}  // namespace crm::examples

#endif  // CRM_EXAMPLES_EVENT_GENERATOR_H_
