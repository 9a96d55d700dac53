// Views: the rooms, their rows in memory and on disk, and the two things that
// are done with them: folding log records in, and writing checkpoints. A store
// has one set; verify builds a second one aside.
//
// Thread safety: readers as the parts say. Folding by one thread at a time,
// Checkpoint by one at a time, both at once.
//
// Invariants:
//  1. What is on disk is the fold of the log up to the position in the meta
//     row, for every family: one atomic ingestion writes them all.
//  2. The log is durable up to that position before it is written.

#ifndef CRM_STORE_VIEWS_H_
#define CRM_STORE_VIEWS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "consent/consent_room.h"
#include "consent/ledger_room.h"
#include "event/event_room.h"
#include "event/log_view.h"
#include "identity/identity_room.h"
#include "profile/profile_room.h"
#include "storage/database.h"
#include "storage/overlay.h"
#include "storage/tail.h"

namespace crm {

struct ViewsOptions {
  std::shared_ptr<Disk> disk;
  std::shared_ptr<BlockCache> cache;
  size_t resident_bytes = 0;
  bool compress = true;
  LogCallback log;
};

class Views final {
 public:
  // Opens or makes the views in `path`. kCorruption when what is there cannot
  // be used (the caller then removes it and starts anew).
  static Result<std::unique_ptr<Views>> Open(const std::string& path,
                                             const ViewsOptions& options,
                                             KeyRing* keyring, Names* names,
                                             const Normaliser* normaliser);
  ~Views();

  EventRoom& event() { return *event_; }
  const EventRoom& event() const { return *event_; }
  IdentityRoom& identity() { return *identity_; }
  ProfileRoom& profile() { return *profile_; }
  ConsentRoom& consent() { return *consent_; }
  const LedgerRoom& ledger() const { return *ledger_; }
  const std::vector<Room*>& rooms() const { return rooms_; }
  Overlay& overlay() { return *overlay_; }
  Tail& tail() { return tail_; }
  Database& database() { return *database_; }

  // The family's name and its room (null: meta), by number.
  const std::string& family_name(size_t family) const;
  Room* RoomOf(size_t family) const;
  size_t family_count() const;

  // The position of what is on disk.
  Position on_disk() const { return on_disk_.load(); }

  // Reads from the disk, all together, what folding these events will need.
  Status Load(std::span<const Fact> facts) const;
  // Asks the processor for it: some events before the one that is folded.
  void Prefetch(uint32_t tenant, RecordId record) const;
  // Folds one event in: all rooms, and the tail.
  Status Fold(const Fact& fact, FoldContext& context,
              std::vector<TailEntry>* tail) const;
  // Folds a choice in; of an erasure, what every room makes of it.
  Status FoldChoice(const IdentityChoice& choice, FoldContext& context) const;
  // Of a tenant who was dropped nothing but a count stays; its rows go by
  // PurgeTenant. `position`: where the log says so.
  static void FoldDrop(Position position, FoldContext& context);
  // Removes all rows of a tenant, from memory and from files, but for its
  // counts. REQUIRES: it was dropped, and a checkpoint was written since. May
  // be called again.
  Status PurgeTenant(uint32_t tenant);
  // Seals what is on disk of the buckets of these records with new keys, and
  // destroys the old ones. May be called again.
  Status RenewBuckets(uint32_t tenant, std::span<const RecordId> records);
  // Writes the stored timelines of these records anew (see
  // ProfileRoom::RewriteTimeline) and rewrites files, so that what was there is
  // gone: those of timelines, or with `all` every file. May be called again.
  Status PurgeTimelines(uint32_t tenant, std::span<const RecordId> records,
                        bool all);
  // The same without rewriting files; and that alone, of profiles too.
  Status RewriteTimelines(uint32_t tenant, std::span<const RecordId> records);
  Status CompactProfiles();
  // Makes folded events visible.
  void Publish(Generation& rows, std::vector<TailEntry>& tail,
               std::span<const Fact> facts, Position position);

  // Writes everything up to the published position to disk. `sync_log` makes
  // the log durable and is called after the freeze; `between` is called often
  // meanwhile, because it takes a while. Nothing new: Ok.
  Status Checkpoint(
      const std::function<Status()>& sync_log,
      const std::function<void()>& between = [] {});

  // No checkpoint is written while it is held.
  Mutex& checkpoint_mutex() CRM_RETURN_CAPABILITY(checkpoint_mutex_) {
    return checkpoint_mutex_;
  }
  // A copy of what is on disk.
  Status CopyTo(const std::string& directory) const {
    return database_->CopyTo(directory);
  }

  // Compares the meta row with its checksum.
  Status CheckMeta() const;

 private:
  Views() = default;
  Status CompactFamilies(size_t begin, size_t end);
  Status ReadMeta();
  Status WriteRows(FrozenRows& frozen, const Tail::Part& part,
                   const std::function<void()>& between);

  std::unique_ptr<Database> database_;
  std::unique_ptr<EventRoom> event_;
  std::unique_ptr<IdentityRoom> identity_;
  std::unique_ptr<ProfileRoom> profile_;
  std::unique_ptr<ConsentRoom> consent_;
  std::unique_ptr<LedgerRoom> ledger_;
  std::vector<Room*> rooms_;
  std::vector<Room*> room_of_;  // By family.
  std::unique_ptr<Overlay> overlay_;
  Tail tail_;
  Mutex checkpoint_mutex_;
  std::atomic<Position> on_disk_{0};
};

}  // namespace crm

#endif  // CRM_STORE_VIEWS_H_
