// Backup and restore: see crm/backup.h.

#include "crm/backup.h"

#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/hex.h"
#include "crm/store.h"
#include "format/json.h"
#include "format/json_writer.h"
#include "format/superblock.h"
#include "storage/disk.h"

namespace crm {
namespace {

constexpr std::string_view kFormat = "crm-backup-1";
constexpr std::string_view kFormatStem = "crm-backup-";
constexpr std::string_view kManifest = "BACKUP";
constexpr std::string_view kSuperblock = "STORE";
// Of which kind a backup is: the folder that it has.
constexpr std::string_view kLog = "log";
constexpr std::string_view kKeys = "keys";

// One file, its name within the backup.
struct BackedFile {
  std::string name;
  uint64_t bytes = 0;
  std::string digest;  // 64 hexadecimal digits.
};

struct Manifest {
  std::string folder;
  std::string store;  // Its id, hexadecimal.
  Position head = 0;
  std::vector<BackedFile> files;

  BackupReport Report() const {
    BackupReport report;
    report.head = head;
    report.files = files.size();
    for (const BackedFile& file : files) report.bytes += file.bytes;
    return report;
  }
};

std::string In(const std::string& directory, std::string_view name) {
  return directory + "/" + std::string(name);
}

std::string DigestOf(std::string_view bytes) {
  const Digest digest = Blake2b(bytes);
  return HexOf({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool ReadNumber(std::string_view text, uint64_t* number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

void AppendMember(std::string_view name, std::string_view json,
                  std::string* out) {
  *out += out->back() == '{' ? "" : ",";
  AppendJsonString(name, out);
  *out += ':';
  *out += json;
}

std::string EncodeManifest(const Manifest& manifest) {
  std::string files = "[";
  for (const BackedFile& file : manifest.files) {
    std::string one = "{";
    AppendMember("name", QuotedJson(file.name), &one);
    AppendMember("bytes", std::to_string(file.bytes), &one);
    AppendMember("blake2b", QuotedJson(file.digest), &one);
    files += (files.size() > 1 ? ",\n" : "\n") + one + "}";
  }
  std::string out = "{";
  AppendMember("format", QuotedJson(kFormat), &out);
  AppendMember("holds", QuotedJson(manifest.folder), &out);
  AppendMember("store", QuotedJson(manifest.store), &out);
  AppendMember("head", std::to_string(manifest.head), &out);
  AppendMember("files", files + "]", &out);
  return out + "}\n";
}

bool DecodeFile(std::string_view json, BackedFile* file) {
  bool sound = true;
  const Status status =
      ForEachMember(json, [&](std::string_view name, std::string_view value) {
        if (name == "name") file->name = JsonScalarText(value);
        if (name == "blake2b") file->digest = JsonScalarText(value);
        if (name == "bytes") sound = ReadNumber(value, &file->bytes);
        return sound;
      });
  // Within the backup, and nowhere else.
  return status.ok() && sound && !file->name.empty() &&
         file->name.front() != '/' &&
         file->name.find("..") == std::string::npos;
}

Status DecodeManifest(std::string_view text, Manifest* manifest) {
  std::string format;
  bool sound = true;
  Status status =
      ForEachMember(text, [&](std::string_view name, std::string_view value) {
        if (name == "format") format = JsonScalarText(value);
        if (name == "holds") manifest->folder = JsonScalarText(value);
        if (name == "store") manifest->store = JsonScalarText(value);
        if (name == "head") sound = sound && ReadNumber(value, &manifest->head);
        if (name != "files") return sound;
        const std::string files(value);
        const Status all = ForEachElement(files, [&](std::string_view file) {
          sound = sound && DecodeFile(file, &manifest->files.emplace_back());
          return sound;
        });
        sound = sound && all.ok();
        return sound;
      });
  if (format != kFormat && format.starts_with(kFormatStem)) {
    return Status(StatusCode::kFormatTooNew, "backup: of a later version");
  }
  if (!status.ok() || !sound || format != kFormat || manifest->files.empty() ||
      (manifest->folder != kLog && manifest->folder != kKeys)) {
    return Status(StatusCode::kCorruption, "backup: its list is damaged");
  }
  return Status::Ok();
}

Result<Manifest> ReadManifest(Disk& disk, const std::string& directory) {
  const std::string path = In(directory, kManifest);
  if (!disk.Exists(path)) {
    return Status(StatusCode::kNotFound, "no backup at " + directory);
  }
  Result<std::string> text = disk.ReadFile(path);
  if (!text.ok()) return std::move(text).status();
  Manifest manifest;
  Status status = DecodeManifest(*text, &manifest);
  if (!status.ok()) return status;
  return manifest;
}

// A file of a backup as it must be.
Result<std::string> ReadBacked(Disk& disk, const std::string& directory,
                               const BackedFile& file) {
  const std::string path = In(directory, file.name);
  if (!disk.Exists(path)) {
    return Status(StatusCode::kCorruption, path + ": is missing");
  }
  Result<std::string> bytes = disk.ReadFile(path);
  if (!bytes.ok()) return bytes;
  if (bytes->size() == file.bytes && DigestOf(*bytes) == file.digest) {
    return bytes;
  }
  return Status(StatusCode::kCorruption, path + ": is not what was written");
}

Status AddFile(Disk& disk, const std::string& directory,
               const std::string& name, Manifest* manifest) {
  Result<std::string> bytes = disk.ReadFile(In(directory, name));
  if (!bytes.ok()) return std::move(bytes).status();
  manifest->files.push_back({name, bytes->size(), DigestOf(*bytes)});
  return Status::Ok();
}

// Leaves of a copy what a backup of this kind holds, and lists it.
Status MakeBackup(Disk& disk, const std::string& copy, std::string_view folder,
                  Position head) {
  Manifest manifest;
  manifest.folder = folder;
  manifest.head = head;
  Status status;
  for (const std::string_view other :
       {kLog, kKeys, std::string_view("views")}) {
    if (status.ok() && other != folder) {
      status = disk.RemoveTree(In(copy, other));
    }
  }
  if (!status.ok()) return status;
  Result<std::string> superblock = disk.ReadFile(In(copy, kSuperblock));
  if (!superblock.ok()) return std::move(superblock).status();
  Result<Superblock> read = DecodeSuperblock(*superblock);
  if (!read.ok()) return std::move(read).status();
  manifest.store = HexOf(read->store_id);
  status = AddFile(disk, copy, std::string(kSuperblock), &manifest);
  Result<std::vector<std::string>> names = disk.List(In(copy, folder));
  if (!names.ok()) return std::move(names).status();
  for (const std::string& name : *names) {
    if (!status.ok()) break;
    status = AddFile(disk, copy, In(std::string(folder), name), &manifest);
  }
  if (!status.ok()) return status;
  return disk.WriteFile(In(copy, kManifest), EncodeManifest(manifest));
}

Result<BackupReport> Backup(Store& store, const std::string& directory,
                            std::string_view folder) {
  const std::shared_ptr<Disk> disk = Disk::Machine();
  if (directory.empty()) {
    return Status(StatusCode::kInvalidArgument, "directory: empty");
  }
  if (disk->Exists(directory)) {
    return Status(StatusCode::kAlreadyExists, directory + " exists");
  }
  const Result<StoreStats> stats = store.GetStats();
  if (!stats.ok()) return stats.status();
  // Under another name until it is whole.
  const std::string part = directory + ".part";
  Status status = disk->RemoveTree(part);
  if (status.ok()) status = store.Checkpoint(part);
  if (status.ok()) status = MakeBackup(*disk, part, folder, stats->head);
  if (status.ok()) status = disk->Rename(part, directory);
  if (status.ok()) status = disk->SyncDirectory(ParentDirectory(directory));
  if (status.ok()) return VerifyBackup(directory);
  const Status removed = disk->RemoveTree(part);
  (void)removed;
  return status;
}

// Where keys come from: a backup of them, or a store that nobody has open.
struct KeySource {
  std::string directory;
  std::string store;  // Its id, hexadecimal.
  std::unique_ptr<StoreLock> lock;
  std::vector<std::string> files;
  std::optional<Manifest> manifest;
};

Status FindKeys(Disk& disk, const std::string& directory, KeySource* source) {
  if (directory.empty()) {
    return Status(StatusCode::kKeyMissing,
                  "keys: a backup of data holds none, and nothing that is "
                  "sealed can be read without them (allow_unreadable restores "
                  "the rest)");
  }
  source->directory = directory;
  if (disk.Exists(In(directory, kManifest))) {
    Result<Manifest> manifest = ReadManifest(disk, directory);
    if (!manifest.ok()) return std::move(manifest).status();
    if (manifest->folder != kKeys) {
      return Status(StatusCode::kInvalidArgument,
                    "keys: this is a backup of data");
    }
    source->store = manifest->store;
    source->manifest = std::move(manifest).value();
    return Status::Ok();
  }
  if (!disk.Exists(In(directory, kSuperblock)) ||
      !disk.Exists(In(directory, kKeys))) {
    return Status(StatusCode::kNotFound, "no keys at " + directory);
  }
  Result<std::unique_ptr<StoreLock>> lock = StoreLock::Take(directory, disk);
  if (!lock.ok()) return std::move(lock).status();
  source->lock = std::move(lock).value();
  Result<std::string> bytes = disk.ReadFile(In(directory, kSuperblock));
  if (!bytes.ok()) return std::move(bytes).status();
  Result<Superblock> superblock = DecodeSuperblock(*bytes);
  if (!superblock.ok()) return std::move(superblock).status();
  source->store = HexOf(superblock->store_id);
  Result<std::vector<std::string>> names = disk.List(In(directory, kKeys));
  if (!names.ok()) return std::move(names).status();
  source->files = std::move(names).value();
  return Status::Ok();
}

Status CopyKeys(Disk& disk, const KeySource& source, const std::string& to) {
  Status status = disk.MakeDirectory(In(to, kKeys));
  if (source.manifest.has_value()) {
    for (const BackedFile& file : source.manifest->files) {
      Result<std::string> bytes = ReadBacked(disk, source.directory, file);
      if (!bytes.ok()) return std::move(bytes).status();
      if (status.ok() && file.name != kSuperblock) {
        status = disk.WriteFile(In(to, file.name), *bytes);
      }
    }
    return status;
  }
  for (const std::string& name : source.files) {
    const std::string file = In(std::string(kKeys), name);
    Result<std::string> bytes = disk.ReadFile(In(source.directory, file));
    if (!bytes.ok()) return std::move(bytes).status();
    if (status.ok()) status = disk.WriteFile(In(to, file), *bytes);
  }
  return status;
}

Status CopyData(Disk& disk, const std::string& data, const Manifest& manifest,
                const std::string& to) {
  Status status = disk.MakeDirectory(In(to, kLog));
  // STORE last: without it the directory is no store.
  for (const bool last : {false, true}) {
    for (const BackedFile& file : manifest.files) {
      if ((file.name == kSuperblock) != last) continue;
      Result<std::string> bytes = ReadBacked(disk, data, file);
      if (!bytes.ok()) return std::move(bytes).status();
      if (status.ok()) status = disk.WriteFile(In(to, file.name), *bytes);
    }
  }
  return status;
}

// Opening erases again what the journal says.
Status OpenOnce(const std::string& directory, const StoreOptions& options,
                BackupReport* report) {
  StoreOptions own = options;
  own.create_if_missing = false;
  own.error_if_exists = false;
  Result<Store> store = Store::Open(directory, own);
  if (!store.ok()) return std::move(store).status();
  const Result<StoreStats> stats = store->GetStats();
  if (stats.ok()) report->head = stats->head;
  const Status closed = store->Close();
  return stats.ok() ? closed : stats.status();
}

}  // namespace

Result<BackupReport> BackupStore(Store& store, const std::string& directory) {
  return Backup(store, directory, kLog);
}

Result<BackupReport> BackupKeys(Store& store, const std::string& directory) {
  return Backup(store, directory, kKeys);
}

Result<BackupReport> VerifyBackup(const std::string& directory) {
  const std::shared_ptr<Disk> disk = Disk::Machine();
  Status status = InitCrypto();
  if (!status.ok()) return status;
  Result<Manifest> manifest = ReadManifest(*disk, directory);
  if (!manifest.ok()) return std::move(manifest).status();
  for (const BackedFile& file : manifest->files) {
    Result<std::string> bytes = ReadBacked(*disk, directory, file);
    if (!bytes.ok()) return std::move(bytes).status();
  }
  return manifest->Report();
}

Result<BackupReport> RestoreStore(const std::string& data,
                                  const std::string& keys,
                                  const std::string& directory,
                                  const StoreOptions& options) {
  const std::shared_ptr<Disk> disk = Disk::Machine();
  if (directory.empty() || disk->Exists(directory)) {
    return Status(StatusCode::kAlreadyExists,
                  "directory: must be one that does not exist");
  }
  Status status = InitCrypto();
  if (!status.ok()) return status;
  Result<Manifest> manifest = ReadManifest(*disk, data);
  if (!manifest.ok()) return std::move(manifest).status();
  if (manifest->folder != kLog) {
    return Status(StatusCode::kInvalidArgument,
                  "data: this is a backup of keys");
  }
  const bool without = keys.empty() && options.allow_unreadable;
  KeySource source;
  if (!without) status = FindKeys(*disk, keys, &source);
  if (!status.ok()) return status;
  if (!without && source.store != manifest->store) {
    return Status(StatusCode::kInvalidArgument, "keys: of another store");
  }
  status = disk->MakeDirectory(directory);
  if (status.ok() && !without) status = CopyKeys(*disk, source, directory);
  if (status.ok()) status = CopyData(*disk, data, *manifest, directory);
  BackupReport report = manifest->Report();
  if (status.ok()) status = OpenOnce(directory, options, &report);
  if (status.ok()) return report;
  const Status removed = disk->RemoveTree(directory);
  (void)removed;
  return status;
}

}  // namespace crm
