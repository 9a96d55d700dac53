// Opening a database: what may lie in its directory, and what an open that
// fails says.

#include <algorithm>
#include <utility>

#include "storage/database_impl.h"
#include "storage/guard_file_system.h"

namespace crm {
namespace {

constexpr size_t kDefaultCacheBytes = size_t{8} << 20;

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

// `prefix`, a number, `suffix`.
bool IsNumbered(std::string_view name, std::string_view prefix,
                std::string_view suffix) {
  return name.size() > prefix.size() + suffix.size() &&
         name.starts_with(prefix) && name.ends_with(suffix) &&
         IsNumber(name.substr(prefix.size(),
                              name.size() - prefix.size() - suffix.size()));
}

bool IsData(std::string_view name) {
  return IsNumbered(name, "", ".sst") || IsNumbered(name, "", ".log");
}

bool BelongsHere(std::string_view name) {
  return IsData(name) || name == "CURRENT" || name == "IDENTITY" ||
         name == "LOCK" || name == "archive" ||
         IsNumbered(name, "MANIFEST-", "") ||
         IsNumbered(name, "OPTIONS-", "") ||
         IsNumbered(name, "OPTIONS-", ".dbtmp") ||
         IsNumbered(name, "", ".dbtmp");
}

Status Damaged(const std::string& path, std::string_view why) {
  std::string message = "cannot open " + path + ": ";
  message += why;
  return Status(StatusCode::kCorruption, std::move(message));
}

Status OpenError(const rocksdb::Status& error, const std::string& path) {
  const Status status = FromRocks(error, "cannot open " + path);
  if (error.IsInvalidArgument() &&
      error.ToString().find("families not opened") != std::string::npos) {
    return Status(StatusCode::kFormatTooNew,
                  path + " has families that this version does not know");
  }
  if (error.IsIOError() && !error.IsPathNotFound() &&
      error.ToString().find("/LOCK") != std::string::npos &&
      !error.IsNoSpace()) {
    return Status(StatusCode::kBusy, std::string(status.message()));
  }
  switch (status.code()) {
    case StatusCode::kNoSpace:
    case StatusCode::kOutOfMemory:
    case StatusCode::kIoError:
    case StatusCode::kCorruption:
      return status;
    default:
      // A file that the manifest names is not there, or nonsense was read.
      return Status(StatusCode::kCorruption, std::string(status.message()));
  }
}

Status CheckFamilies(const DatabaseOptions& options) {
  if (options.families.empty()) {
    return Status(StatusCode::kInternal, "a database needs a family");
  }
  for (const FamilySpec& family : options.families) {
    // 7.8.3 loses the data of a family without a name.
    if (family.name.empty()) {
      return Status(StatusCode::kInternal, "a family needs a name");
    }
  }
  return Status::Ok();
}

Status OpenRocks(const DatabaseOptions& options, Database::Impl* impl) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const FamilySpec& family : options.families) {
    impl->family_options.push_back(
        MakeFamilyOptions(family.kind, options, *impl->cache));
    families.emplace_back(
        families.empty() ? rocksdb::kDefaultColumnFamilyName : family.name,
        impl->family_options.back());
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(
      impl->db_options, impl->path, families, &impl->handles, &db);
  if (!opened.ok()) return OpenError(opened, impl->path);
  impl->db.reset(db);
  for (size_t i = 0; i < options.families.size(); ++i) {
    Status status = MergeSmallFiles(*impl, i);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace

Result<bool> InspectDirectory(const std::string& path, Disk& disk) {
  if (!disk.Exists(path)) return false;
  Result<std::vector<std::string>> names = disk.List(path);
  if (!names.ok()) return names.status();
  bool has_current = false;
  bool has_data = false;
  for (const std::string& name : *names) {
    if (name.ends_with(kIngestSuffix)) {
      Status status = disk.Remove(path + "/" + name);
      if (!status.ok()) return status;
      continue;
    }
    if (!BelongsHere(name)) return Damaged(path, "it holds foreign files");
    has_current = has_current || name == "CURRENT";
    // A first open that was cut short leaves the first manifest behind, but
    // no data and no later manifest.
    has_data = has_data || IsData(name) ||
               (name.starts_with("MANIFEST-") && name != "MANIFEST-000001");
  }
  // RocksDB would take such a directory for empty and start afresh.
  if (has_data && !has_current) return Damaged(path, "CURRENT is missing");
  return has_current;
}

Result<std::unique_ptr<Database>> Database::Open(
    const std::string& path, std::shared_ptr<Disk> disk,
    const DatabaseOptions& options) {
  return Guarded([&]() -> Result<std::unique_ptr<Database>> {
    Status status = CheckFamilies(options);
    if (!status.ok()) return status;
    Result<bool> exists = InspectDirectory(path, *disk);
    if (!exists.ok()) return exists.status();
    if (!*exists && options.must_exist) {
      return Status(StatusCode::kNotFound, "no database in " + path);
    }
    status = disk->MakeDirectory(path);
    if (!status.ok()) return status;

    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->disk = disk;
    impl->cache = options.cache != nullptr ? options.cache
                                           : NewBlockCache(kDefaultCacheBytes);
    impl->failed = std::make_shared<Failure>();
    impl->env = rocksdb::NewCompositeEnv(
        NewGuardFileSystem(disk->env()->GetFileSystem(), impl->failed));
    impl->db_options = MakeDbOptions(options, impl->env.get(), impl->failed);
    status = OpenRocks(options, impl.get());
    if (!status.ok()) return status;
    return std::unique_ptr<Database>(new Database(std::move(impl)));
  });
}

}  // namespace crm
