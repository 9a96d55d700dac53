#include "fault/fault_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <utility>

namespace crm {
namespace {

using rocksdb::IOStatus;
using Style = FaultyDisk::Style;

// One spelling for each path: no double slashes, none at the end.
std::string Normal(const std::string& path) {
  std::string normal;
  for (char c : path) {
    if (c != '/' || normal.empty() || normal.back() != '/') normal += c;
  }
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

Status Failure(const std::string& path) {
  return Status(StatusCode::kIoError, "cannot take back changes of " + path);
}

Status RestoreBytes(const std::string& path, const FaultFile& file) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? Status::Ok() : Failure(path);
  bool ok = true;
  for (auto write = file.overwrites.rbegin(); write != file.overwrites.rend();
       ++write) {
    const std::string& old = write->old_bytes;
    ok = ok && pwrite(fd, old.data(), old.size(),
                      static_cast<off_t>(write->offset)) ==
                   static_cast<ssize_t>(old.size());
  }
  ok = ok && ftruncate(fd, static_cast<off_t>(file.synced_bytes)) == 0;
  close(fd);
  return ok ? Status::Ok() : Failure(path);
}

}  // namespace

// --- Faults ------------------------------------------------------------------

IOStatus FaultState::Point(Kind kind) {
  std::lock_guard<std::mutex> guard(mutex_);
  ++points_;
  if (power_lost_) return IOStatus::IOError("power is off");
  if (fail_at_ == 0 || points_ < fail_at_) return IOStatus::OK();
  switch (style_) {
    case Style::kOnce:
      return points_ == fail_at_ ? IOStatus::IOError("injected once")
                                 : IOStatus::OK();
    case Style::kForever:
      return IOStatus::IOError("injected for good");
    case Style::kNoSpace:
      return kind == Kind::kWrite || kind == Kind::kCreate
                 ? IOStatus::NoSpace("injected full disk")
                 : IOStatus::OK();
    case Style::kPowerOff:
      power_lost_ = true;
      return IOStatus::IOError("power is off");
    case Style::kKill:
      kill(getpid(), SIGKILL);
      break;
  }
  return IOStatus::OK();
}

IOStatus FaultState::CheckPower() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return power_lost_ ? IOStatus::IOError("power is off") : IOStatus::OK();
}

uint64_t FaultState::points() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return points_;
}

void FaultState::FailAt(uint64_t point, Style style) {
  std::lock_guard<std::mutex> guard(mutex_);
  fail_at_ = point;
  style_ = style;
}

bool FaultState::Failed() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return fail_at_ != 0 && points_ >= fail_at_;
}

bool FaultState::PowerLost() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return power_lost_;
}

void FaultState::Reset() {
  std::lock_guard<std::mutex> guard(mutex_);
  points_ = 0;
  fail_at_ = 0;
  power_lost_ = false;
}

// --- Files -------------------------------------------------------------------

std::shared_ptr<FaultFile> FaultState::Created(const std::string& path) {
  std::lock_guard<std::mutex> guard(mutex_);
  auto file = std::make_shared<FaultFile>();
  files_[Normal(path)] = file;
  changes_.push_back({Change::What::kCreate, Normal(path), "", {}});
  return file;
}

void FaultState::CreatedDirectory(const std::string& path) {
  std::lock_guard<std::mutex> guard(mutex_);
  changes_.push_back({Change::What::kCreateDirectory, Normal(path), "", {}});
}

std::shared_ptr<FaultFile> FaultState::Opened(const std::string& path,
                                              uint64_t bytes) {
  std::lock_guard<std::mutex> guard(mutex_);
  std::shared_ptr<FaultFile>& file = files_[Normal(path)];
  if (file == nullptr) {
    file = std::make_shared<FaultFile>();
    file->bytes = bytes;
    file->synced_bytes = bytes;
  }
  return file;
}

void FaultState::Renamed(const std::string& from, const std::string& to,
                         std::optional<std::string> replaced) {
  std::lock_guard<std::mutex> guard(mutex_);
  auto file = files_.extract(Normal(from));
  files_.erase(Normal(to));
  if (!file.empty()) {
    file.key() = Normal(to);
    files_.insert(std::move(file));
  }
  // The files below a directory move with it.
  std::vector<std::string> below;
  const std::string prefix = Normal(from) + "/";
  for (const auto& [path, unused] : files_) {
    if (path.starts_with(prefix)) below.push_back(path);
  }
  for (const std::string& path : below) {
    auto moved = files_.extract(path);
    moved.key() = Normal(to) + "/" + path.substr(prefix.size());
    files_.insert(std::move(moved));
  }
  changes_.push_back(
      {Change::What::kRename, Normal(to), Normal(from), std::move(replaced)});
}

void FaultState::Linked(const std::string& from, const std::string& to) {
  std::lock_guard<std::mutex> guard(mutex_);
  const auto file = files_.find(Normal(from));
  if (file != files_.end()) files_[Normal(to)] = file->second;
  changes_.push_back({Change::What::kCreate, Normal(to), "", {}});
}

void FaultState::Deleted(const std::string& path) {
  std::lock_guard<std::mutex> guard(mutex_);
  files_.erase(Normal(path));
}

void FaultState::Appended(FaultFile* file, uint64_t bytes) {
  std::lock_guard<std::mutex> guard(mutex_);
  file->bytes += bytes;
}

void FaultState::Resized(FaultFile* file, uint64_t bytes) {
  std::lock_guard<std::mutex> guard(mutex_);
  file->bytes = bytes;
  file->synced_bytes = std::min(file->synced_bytes, bytes);
}

void FaultState::Overwritten(FaultFile* file, uint64_t offset, uint64_t bytes,
                             std::string old_bytes) {
  std::lock_guard<std::mutex> guard(mutex_);
  file->overwrites.push_back({offset, std::move(old_bytes)});
  file->bytes = std::max(file->bytes, offset + bytes);
}

uint64_t FaultState::BytesOf(const FaultFile& file) const {
  std::lock_guard<std::mutex> guard(mutex_);
  return file.bytes;
}

void FaultState::Synced(FaultFile* file, uint64_t bytes) {
  std::lock_guard<std::mutex> guard(mutex_);
  file->synced_bytes = std::max(file->synced_bytes, bytes);
  file->overwrites.clear();
}

void FaultState::SyncedDirectory(const std::string& path) {
  std::lock_guard<std::mutex> guard(mutex_);
  const std::string directory = Normal(path);
  std::erase_if(changes_, [&](const Change& change) {
    return ParentDirectory(change.path) == directory;
  });
}

// --- After a power cut -------------------------------------------------------

Status FaultState::DropData() {
  for (const auto& [path, file] : files_) {
    Status status = RestoreBytes(path, *file);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status FaultState::Undo(const Change& change) {
  namespace fs = std::filesystem;
  std::error_code error;
  switch (change.what) {
    case Change::What::kCreate:
      fs::remove(change.path, error);
      break;
    case Change::What::kCreateDirectory:
      fs::remove_all(change.path, error);
      break;
    case Change::What::kRename:
      if (!fs::exists(change.path)) break;
      fs::rename(change.path, change.from, error);
      if (change.replaced.has_value()) {
        std::ofstream out(change.path, std::ios::binary);
        out << *change.replaced;
        if (!out.flush()) return Failure(change.path);
        fs::permissions(change.path, fs::perms(0600), error);
      }
      break;
  }
  return error ? Failure(change.path) : Status::Ok();
}

Status FaultState::DropUnsynced() {
  std::lock_guard<std::mutex> guard(mutex_);
  Status status = DropData();
  for (auto change = changes_.rbegin();
       status.ok() && change != changes_.rend(); ++change) {
    status = Undo(*change);
  }
  files_.clear();
  changes_.clear();
  return status;
}

}  // namespace crm
