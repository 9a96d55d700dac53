// Backup and restore of a store, such that a restore brings nobody back.
//
// A backup is two: of the data (the log) and of the keys. Whoever has the one
// without the other has nothing but noise; keep them apart, and let the keys
// of old backups go: an erasure does not reach keys that lie elsewhere.
//
//   crm::BackupStore(store, "/backup/monday");
//   crm::BackupKeys(store, "/vault/keys-monday");
//   ...
//   crm::RestoreStore("/backup/monday", "/vault/keys-friday", "/data/club",
//                     {.key_file = "/data/club.key"});
//
// Restore with the newest keys that there are, those of the store itself if
// they survived: they hold the journal of erasures. What it says and the log
// of the backup does not is erased again before the store can be read, under
// the same requests. Against keys that are older than an erasure there is its
// certificate: Tenant::ApplyCertificate.
//
// A backup is a directory of files with a list of them, BACKUP: sizes and
// BLAKE2b-256 of each. It is no store: only RestoreStore makes one of it.
// Views are not in it; the restored store makes them anew. Backups are made
// while the store is in use: appends wait for a moment.
//
// Thread safety: all functions, from any thread.

#ifndef CRM_INCLUDE_BACKUP_H_
#define CRM_INCLUDE_BACKUP_H_

#include <cstdint>
#include <string>

#include "crm/options.h"
#include "crm/status.h"
#include "crm/types.h"

namespace crm {

class Store;

// What a backup holds, or a restored store.
struct BackupReport {
  // Everything up to here is in it, at least. Of keys: that of the store.
  Position head = 0;
  uint64_t files = 0;
  uint64_t bytes = 0;
};

// Writes a backup of the data of a store to `directory`, which must not exist:
// everything acknowledged so far, of all tenants, and no key. kAlreadyExists,
// kUnsupported (in memory), kNoSpace, kIoError.
Result<BackupReport> BackupStore(Store& store, const std::string& directory);

// The same of its keys, wrapped as they are by the host's KeyProvider: whoever
// has the backup needs that one's key, too (the key file: see Store::key_file).
// Replace older ones by it, rather than keep them: they hold keys of people
// who were erased since. After Store::RotateKeys the old ones open with the key
// file of their time only, and one that was made meanwhile may need that, too.
Result<BackupReport> BackupKeys(Store& store, const std::string& directory);

// Reads every file of a backup, of either kind, and checks it. kNotFound: no
// backup; kCorruption: names the first file that is not what was written.
Result<BackupReport> VerifyBackup(const std::string& directory);

// Makes a store in `directory`, which must not exist, of a backup of data and
// of keys; checks both first. `keys` may also be the directory of a store, this
// one or what is left of it, that nobody has open: its keys are the newest.
// Opens the new store with `options` (its key file, or provider), erases again
// what the journal of the keys says, and closes it. Nothing is left behind when
// it fails.
//
// With StoreOptions::allow_unreadable `keys` may be empty: the restored store
// has none, and shows nothing but open parts. It is not the store that it was:
// who has the keys restores again with them.
//
// kKeyMissing: no keys were named, or `options` do not open them; kNotFound,
// kCorruption: a backup; kInvalidArgument: the keys are of another store, or
// one of the two is of the other kind; kAlreadyExists, kBusy (somebody has the
// store of the keys open), kNoSpace, kIoError; errors of Store::Open.
Result<BackupReport> RestoreStore(const std::string& data,
                                  const std::string& keys,
                                  const std::string& directory,
                                  const StoreOptions& options = {});

}  // namespace crm

#endif  // CRM_INCLUDE_BACKUP_H_
