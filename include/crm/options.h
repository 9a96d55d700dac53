// Options of a store and the things that a host lends to it: clock, keys, log.

#ifndef CRM_INCLUDE_OPTIONS_H_
#define CRM_INCLUDE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "crm/keys.h"
#include "crm/types.h"

namespace crm {

// When an append is acknowledged.
enum class Durability {
  kSync,  // After fsync: survives a power cut. The default.
  kOs,    // After write(2): survives the death of the process, not of the
          // machine. Store::Sync() makes everything so far durable.
};

enum class LogLevel { kInfo, kWarning, kError };

// Receives the store's own messages, without personal data. Called from any
// thread; must not call back into the store.
using LogCallback = std::function<void(LogLevel, std::string_view message)>;

// Gives recorded_at. Nothing in libcrm reads a clock by itself.
// Thread safety: must be safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() = 0;
};

// The operating system's clock: the default.
std::shared_ptr<Clock> SystemClock();

struct StoreOptions {
  // Make the store when the directory is not there or empty.
  bool create_if_missing = false;
  // Refuse a directory that already holds a store (kAlreadyExists).
  bool error_if_exists = false;

  Durability durability = Durability::kSync;

  // 1: a maintenance thread writes checkpoints and makes keys ahead.
  // 0: the host calls Store::Maintain(budget); should it forget, an append
  //    does the most urgent work itself. Other values are refused.
  int background_threads = 1;

  // A checkpoint starts when about this many bytes of views are newer in
  // memory than on disk, or this many log records. Together they bound the
  // memory of the store and the time of an open after a crash.
  // Ranges: 1 MiB to 4 GiB; 1,000 to 10,000,000.
  size_t checkpoint_bytes = size_t{512} << 20;
  uint64_t checkpoint_records = 400'000;

  // About how many bytes of rows stay in memory after they were written. What
  // is newer than the disk, and the identifiers, stay beyond it. 16 MiB to
  // 1 TiB.
  size_t resident_bytes = size_t{1} << 30;

  // Memory for blocks read from disk, shared by everything. 8 MiB to 64 GiB.
  size_t block_cache_bytes = size_t{64} << 20;

  // Who wraps the tenants' keys. Null: a FileKeyProvider over `key_file`, and
  // an ephemeral one for an in-memory store.
  std::shared_ptr<KeyProvider> key_provider = {};
  // Path of the key file; empty: "<store>.key" beside the directory.
  std::string key_file = {};

  // Null: SystemClock().
  std::shared_ptr<Clock> clock = {};
  LogCallback log = {};

  // Region for phone numbers without a country code: ISO 3166 alpha-2, for
  // example "ZA". Empty: only numbers that begin with + are identifiers.
  // Fixed when the store is made; a later open must name the same or none. A
  // tenant can have another one, also for each source: see "Settings" in
  // identity.h. kUnsupported where libcrm is built without libphonenumber:
  // then only numbers in E.164 ("+" and 8 to 15 digits) are identifiers, in
  // every store that is made, and other stores cannot be opened.
  std::string default_region = {};

  // Open although the log ends before what was once acknowledged (the newest
  // log file was lost). What is missing is gone; the store says how much.
  bool accept_rollback = false;

  // Open also when there are no keys, or none that open with the provider's:
  // for a look at what is there, after a loss. The store is then read-only
  // (kReadOnly) and shows open parts alone: Tenant::Replay and Snapshot::Replay
  // by position, type and time give events that are `unreadable`, and names,
  // counts and Verify work as far as they need no key. All else about customers
  // answers kKeyMissing, since merges, profiles and consents are sealed, too.
  // Counts then know nothing of merges and erasures. Takes a replay of the log.
  // With keys that open the option does nothing. Should the keys turn up, open
  // the store with them: nothing was lost by looking.
  bool allow_unreadable = false;

  // Off: personal data is stored readable. Exists so that the tests that look
  // for leaks can prove that they would find one. Fixed when the store is
  // made. Refused unless `insecure_for_tests` is also set.
  bool seal = true;
  bool insecure_for_tests = false;
  // Off: blocks of log and views are not compressed, so that a test can read
  // them on disk.
  bool compress_blocks = true;
};

}  // namespace crm

#endif  // CRM_INCLUDE_OPTIONS_H_
