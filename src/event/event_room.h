// The room of the events themselves: which ids are taken, names, counters of
// tenants, dictionaries, definitions, and the postings by type and by event
// time.

#ifndef CRM_EVENT_EVENT_ROOM_H_
#define CRM_EVENT_EVENT_ROOM_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/dedupe_filter.h"
#include "event/postings.h"
#include "event/room.h"

namespace crm {

// Where an id was met before.
struct KnownEvent {
  Position position = 0;  // 0: nowhere.
  uint64_t content = 0;   // 48 bits of keyed content hash.
};

// Thread safety: KnownOnDisk, Prepare and the readers from any thread; the
// rest by the sequencer or the checkpoint, as room.h says.
class EventRoom final : public Room {
 public:
  enum Family : size_t {
    kDedupe = 0,    // (tenant, hash) -> position, content
    kNames,         // (0, kind and number) -> text
    kTenants,       // (tenant) -> TenantCounts
    kDictionaries,  // (tenant, type) -> position of the dictionary
    kTypes,         // packed: (tenant, type, first position) -> TypeRow
    kTimes,         // packed: (tenant, hour, first position) -> times
    kFilter,        // packed: (0, 0|1, layer|position) -> bits or ids
    kDefinitions,   // (tenant, kind and type, version) -> position, version
    kFamilies,
  };

  std::string_view name() const override { return "event"; }
  uint32_t version() const override { return 5; }
  std::vector<RowFamily> families() const override;
  Status Prepare(const EventContent&, Arena&, const void**) const override {
    return Status::Ok();
  }
  Status Fold(const Fact& fact, FoldContext& context) const override;
  void Published(std::span<const Fact> facts) override;
  Status WritePacked(const Tail::Part& part, const FrozenRows& frozen,
                     Ingestion& out) override;
  Status Canonical(size_t family, std::string_view key, std::string_view value,
                   const CanonicalSink& sink, uint32_t* tenant,
                   CustomerId* customer) const override;
  Status Erase(uint32_t, CustomerId, std::span<const RecordId>,
               FoldContext&) const override;

  // A name, dictionary or definition record of the log.
  Status FoldRecord(Position position, const LogRecord& record,
                    Generation& rows) const;

  // The sequencer's look-up: the group's own events included.
  Result<KnownEvent> Find(uint32_t tenant, const Hash128& hash,
                          Generation& rows) const;
  // The same in a view.
  Result<KnownEvent> Find(uint32_t tenant, const Hash128& hash,
                          const View& view) const;
  // Brings what the disk knows of an id into memory (caller's thread).
  Status Warm(uint32_t tenant, const Hash128& hash) const;

  Result<TenantCounts> Counts(uint32_t tenant, Generation& rows) const;
  Status StoreCounts(uint32_t tenant, const TenantCounts& counts,
                     Generation& rows) const;
  Result<TenantCounts> Counts(uint32_t tenant, const View& view) const;
  // 0: none.
  Result<Position> DictionaryOf(uint32_t tenant, uint32_t type) const;

  // At open: from the stored rows.
  Status LoadNames(Names* names) const;
  Status LoadFilter();
  // Where the definitions lie that are on disk, ascending.
  Status ReadDefinitions(std::vector<Position>* positions) const;
  const DedupeFilter& filter() const { return filter_; }

  // Positions of a type among the rows on disk, ascending, first..last.
  Status ReadType(uint32_t tenant, uint32_t type, Position first, Position last,
                  std::vector<Position>* out) const;
  // How many positions of a type there are on disk up to `last`: one look-up.
  Result<uint64_t> CountType(uint32_t tenant, uint32_t type,
                             Position last) const;
  // Entries of one hour on disk up to `last`, unsorted.
  Status ReadHour(uint32_t tenant, uint64_t hour, Position last,
                  std::vector<TimedPosition>* out) const;
  // Hours of a tenant that have rows on disk within [from, until], ascending.
  Status ReadHours(uint32_t tenant, uint64_t from, uint64_t until,
                   std::vector<uint64_t>* out) const;

 private:
  Status WriteTypes(const Tail::Part& part, Ingestion& out) const;
  Status WriteTimes(const Tail::Part& part, Ingestion& out) const;
  Status WriteFilter(const FrozenRows& frozen, Ingestion& out);
  Status TypeOrdinal(uint32_t tenant, uint32_t type, uint64_t* ordinal) const;

  DedupeFilter filter_;
  // Ids in the filter's delta rows on disk, and the keys of those rows.
  uint64_t delta_ids_ = 0;
  std::vector<std::string> delta_rows_;
};

}  // namespace crm

#endif  // CRM_EVENT_EVENT_ROOM_H_
