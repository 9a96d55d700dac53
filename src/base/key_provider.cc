// FileKeyProvider and the ephemeral one.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "base/coding.h"
#include "base/crypto.h"
#include "base/mutex.h"
#include "crm/keys.h"

namespace crm {
namespace {

constexpr std::string_view kPurpose = "crm tenant key v1";
// How a key file begins that was rotated; then the current key and, during a
// rotation, the one before, each behind its number.
constexpr std::string_view kKeyFileMagic = "crmkeys\x01";
constexpr size_t kOneEpochBytes = 8 + 4 + kKeyBytes;
constexpr size_t kTwoEpochsBytes = kOneEpochBytes + 4 + kKeyBytes;

std::string Context(std::string_view tenant) {
  std::string text(kPurpose);
  text += tenant;
  return text;
}

std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// One wrapping key per tenant, so that what one tenant's key has wrapped says
// nothing about another's.
SecretKey WrappingKey(const Key& master, std::string_view context) {
  Digest digest = Blake2b(context, View(master.data(), master.size()));
  SecretKey key(digest);
  Wipe(digest.data(), digest.size());
  return key;
}

// A wrapping key and its number. Number 0 is that of a file of 32 bytes, and is
// not said in what it wraps.
struct Epoch {
  uint32_t number = 0;
  SecretKey key;

  Epoch Copy() const { return {number, SecretKey(key.get())}; }
  bool operator==(const Epoch& other) const {
    return number == other.number && key.get() == other.key.get();
  }
};

// What a provider holds: the one that wraps and, during a rotation, the one
// before.
struct Epochs {
  Epoch current;
  std::optional<Epoch> before = {};

  Epochs Copy() const {
    Epochs copy{current.Copy()};
    if (before.has_value()) copy.before = before->Copy();
    return copy;
  }
  bool Holds(const Epoch& epoch) const {
    return current == epoch || (before.has_value() && *before == epoch);
  }
};

Epoch NewEpoch(uint32_t number) {
  Key key = RandomKey();
  Epoch epoch{number, SecretKey(key)};
  Wipe(key.data(), key.size());
  return epoch;
}

// Empty for number 0.
std::string NumberText(uint32_t number) {
  std::string text;
  if (number != 0) PutBe32(&text, number);
  return text;
}

Result<std::string> WrapWith(const Epoch& epoch, std::string_view tenant,
                             std::string_view key) {
  if (key.size() != kKeyBytes) {
    return Status(StatusCode::kInvalidArgument, "key: not 32 bytes");
  }
  const std::string number = NumberText(epoch.number);
  const std::string context = Context(tenant);
  const SecretKey wrapping = WrappingKey(epoch.key.get(), context);
  const Nonce nonce = RandomNonce();
  std::string wrapped = number;
  wrapped += View(nonce.data(), nonce.size());
  Seal(wrapping.get(), nonce, key, context + number, &wrapped);
  return wrapped;
}

Status NotHeld(uint32_t wrapped_with, const Epochs& held) {
  std::string text = "tenant key: wrapped with key " +
                     std::to_string(wrapped_with) +
                     " of the key file, which holds key " +
                     std::to_string(held.current.number);
  text += wrapped_with > held.current.number
              ? ": the file is from before a rotation"
              : ": the keys are from before a rotation";
  return Status(StatusCode::kKeyMissing, std::move(text));
}

Result<std::string> UnwrapWith(const Epochs& held, std::string_view tenant,
                               std::string_view wrapped) {
  constexpr size_t kPlain = kNonceBytes + kKeyBytes + kTagBytes;
  const Status damaged(StatusCode::kCorruption,
                       "tenant key: not wrapped with this key, or damaged");
  uint32_t number = 0;
  if (wrapped.size() == kPlain + 4) {
    number = GetBe32(wrapped.data());
    wrapped.remove_prefix(4);
    if (number == 0) return damaged;
  }
  if (wrapped.size() != kPlain) return damaged;
  const Epoch* epoch = &held.current;
  if (epoch->number != number && held.before.has_value()) {
    epoch = &*held.before;
  }
  if (epoch->number != number) return NotHeld(number, held);
  const std::string context = Context(tenant);
  const SecretKey wrapping = WrappingKey(epoch->key.get(), context);
  Nonce nonce;
  std::memcpy(nonce.data(), wrapped.data(), nonce.size());
  std::string key;
  if (!Unseal(wrapping.get(), nonce, wrapped.substr(kNonceBytes),
              context + NumberText(number), &key)) {
    return damaged;
  }
  return key;
}

class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Status Failed(StatusCode code, const std::string& path, std::string_view what) {
  std::string text = "key file " + path + ": ";
  text += what;
  return Status(code, std::move(text));
}

Status SystemError(const std::string& path, std::string_view doing) {
  std::string what(doing);
  what += ": ";
  what += std::strerror(errno);
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return Failed(full ? StatusCode::kNoSpace : StatusCode::kIoError, path, what);
}

// A key that others can read, or that somebody could exchange through a link,
// is no secret: better no store than an open one.
Status CheckKeyFile(int fd, const std::string& path) {
  struct stat info;
  if (fstat(fd, &info) != 0) return SystemError(path, "stat");
  std::string_view fault;
  if (!S_ISREG(info.st_mode)) {
    fault = "not a plain file";
  } else if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    fault = "group or others have access; use chmod 600";
  } else if (info.st_size != static_cast<off_t>(kKeyBytes) &&
             info.st_size != static_cast<off_t>(kOneEpochBytes) &&
             info.st_size != static_cast<off_t>(kTwoEpochsBytes)) {
    fault = "not 32 bytes long, nor as long as after a rotation";
  } else {
    return Status();
  }
  return Failed(StatusCode::kInvalidArgument, path, fault);
}

Result<Descriptor> OpenKeyFile(const std::string& path) {
  // Not to wait for ever on a named pipe.
  Descriptor file(
      open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() >= 0) return file;
  if (errno == ENOENT || errno == ENOTDIR) {
    return Failed(StatusCode::kKeyMissing, path, "not there");
  }
  if (errno == ELOOP) {
    return Failed(StatusCode::kInvalidArgument, path, "a symbolic link");
  }
  return SystemError(path, "open");
}

Status ReadBytes(int fd, const std::string& path, std::string* bytes) {
  bytes->resize(kTwoEpochsBytes + 1);
  size_t size = 0;
  while (size < bytes->size()) {
    const ssize_t got = pread(fd, bytes->data() + size, bytes->size() - size,
                              static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "read");
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  bytes->resize(size);
  return Status();
}

Epoch DecodeEpoch(const char* bytes) {
  Key key;
  std::memcpy(key.data(), bytes + 4, key.size());
  Epoch epoch{GetBe32(bytes), SecretKey(key)};
  Wipe(key.data(), key.size());
  return epoch;
}

Status DecodeKeyFile(std::string_view bytes, const std::string& path,
                     Epochs* out) {
  if (bytes.size() == kKeyBytes) {
    Key key;
    std::memcpy(key.data(), bytes.data(), key.size());
    *out = Epochs{Epoch{0, SecretKey(key)}};
    Wipe(key.data(), key.size());
    return Status();
  }
  const bool both = bytes.size() == kTwoEpochsBytes;
  if ((!both && bytes.size() != kOneEpochBytes) ||
      bytes.substr(0, kKeyFileMagic.size()) != kKeyFileMagic) {
    return Failed(StatusCode::kInvalidArgument, path, "is no key file");
  }
  *out = Epochs{DecodeEpoch(bytes.data() + kKeyFileMagic.size())};
  if (both) out->before = DecodeEpoch(bytes.data() + kOneEpochBytes);
  if (out->current.number == 0 ||
      (both && out->before->number != out->current.number - 1)) {
    return Failed(StatusCode::kInvalidArgument, path, "is no key file");
  }
  return Status();
}

std::string EncodeKeyFile(const Epochs& epochs) {
  const auto text = [](const Epoch& epoch) {
    return View(epoch.key.get().data(), epoch.key.get().size());
  };
  if (epochs.current.number == 0) return std::string(text(epochs.current));
  std::string bytes(kKeyFileMagic);
  bytes.reserve(kTwoEpochsBytes);  // Nothing is left behind by growing.
  PutBe32(&bytes, epochs.current.number);
  bytes += text(epochs.current);
  if (epochs.before.has_value()) {
    PutBe32(&bytes, epochs.before->number);
    bytes += text(*epochs.before);
  }
  return bytes;
}

Status ReadEpochs(int fd, const std::string& path, Epochs* out) {
  Status status = CheckKeyFile(fd, path);
  std::string bytes;
  if (status.ok()) status = ReadBytes(fd, path, &bytes);
  if (status.ok()) status = DecodeKeyFile(bytes, path, out);
  Wipe(bytes.data(), bytes.size());
  return status;
}

Status ReadKeyFile(const std::string& path, Epochs* out) {
  const Result<Descriptor> file = OpenKeyFile(path);
  return file.ok() ? ReadEpochs(file->get(), path, out) : file.status();
}

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t put = write(fd, bytes.data() + size, bytes.size() - size);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError(path, "write");
    size += static_cast<size_t>(put);
  }
  if (fsync(fd) != 0) return SystemError(path, "sync");
  return Status();
}

Status SyncParent(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  const Descriptor folder(
      open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) {
    return SystemError(path, "sync the directory");
  }
  return Status();
}

// Gives the finished file its name unless that name is taken: two processes
// that start at once must end up with one key.
Status Publish(const std::string& temporary, const std::string& path,
               bool* taken) {
  *taken = false;
  if (link(temporary.c_str(), path.c_str()) == 0) return Status();
  if (errno != EEXIST && renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD,
                                   path.c_str(), RENAME_NOREPLACE) == 0) {
    return Status();  // A file system without hard links.
  }
  *taken = errno == EEXIST;
  return *taken ? Status() : SystemError(path, "create");
}

// Writes a file beside `path`, durably, and tells its name.
Status WriteBeside(const std::string& path, const Epochs& epochs,
                   std::string* temporary) {
  static constexpr char kHex[] = "0123456789abcdef";
  uint8_t random[8];
  RandomBytes(random, sizeof(random));
  *temporary = path + ".new-";
  for (const uint8_t byte : random) {
    *temporary += kHex[byte >> 4];
    *temporary += kHex[byte & 15];
  }
  const Descriptor file(
      open(temporary->c_str(),
           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return SystemError(path, "create");
  std::string bytes = EncodeKeyFile(epochs);
  const Status status = WriteAll(file.get(), bytes, path);
  Wipe(bytes.data(), bytes.size());
  if (!status.ok()) unlink(temporary->c_str());
  return status;
}

Status CreateKeyFile(const std::string& path, bool* taken) {
  std::string temporary;
  Status status = WriteBeside(path, Epochs{NewEpoch(0)}, &temporary);
  if (!status.ok()) return status;
  status = Publish(temporary, path, taken);
  unlink(temporary.c_str());
  return status.ok() ? SyncParent(path) : status;
}

// Overwrites a file that has no name any more. Where the file system writes
// elsewhere, or somebody keeps a link, there is nothing that one can do.
void Overwrite(const std::string& path, int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0 || info.st_nlink != 0) return;
  // Opened for reading only; the kernel knows it by its number.
  const Descriptor again(open(("/proc/self/fd/" + std::to_string(fd)).c_str(),
                              O_WRONLY | O_CLOEXEC));
  if (again.get() < 0) return;
  const std::string zeroes(static_cast<size_t>(info.st_size), '\0');
  static_cast<void>(WriteAll(again.get(), zeroes, path));
}

Status ReplaceKeyFile(const std::string& path, const Epochs& epochs,
                      int before) {
  std::string temporary;
  Status status = WriteBeside(path, epochs, &temporary);
  if (!status.ok()) return status;
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError(path, "rename");
    unlink(temporary.c_str());
    return status;
  }
  status = SyncParent(path);
  if (status.ok()) Overwrite(path, before);
  return status;
}

// The file that has this name now, held against others who would exchange it.
Result<Descriptor> LockKeyFile(const std::string& path) {
  for (;;) {
    Result<Descriptor> file = OpenKeyFile(path);
    if (!file.ok()) return file;
    while (flock(file->get(), LOCK_EX) != 0) {
      if (errno != EINTR) return SystemError(path, "lock");
    }
    struct stat held;
    struct stat named;
    if (fstat(file->get(), &held) != 0) return SystemError(path, "stat");
    if (lstat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
        held.st_dev == named.st_dev) {
      return file;
    }
  }
}

class EphemeralKeyProvider final : public KeyProvider {
 public:
  Result<std::string> Wrap(std::string_view tenant,
                           std::string_view key) override {
    MutexLock lock(mutex_);
    return WrapWith(epochs_.current, tenant, key);
  }
  Result<std::string> Unwrap(std::string_view tenant,
                             std::string_view wrapped) override {
    MutexLock lock(mutex_);
    return UnwrapWith(epochs_, tenant, wrapped);
  }
  Status BeginRotation() override {
    MutexLock lock(mutex_);
    if (epochs_.before.has_value()) return Status();
    epochs_.before = std::move(epochs_.current);
    epochs_.current = NewEpoch(epochs_.before->number + 1);
    return Status();
  }
  Status EndRotation() override {
    MutexLock lock(mutex_);
    epochs_.before.reset();
    return Status();
  }

 private:
  Mutex mutex_;
  Epochs epochs_ CRM_GUARDED_BY(mutex_) = {NewEpoch(0)};
};

}  // namespace

Status KeyProvider::BeginRotation() {
  return Status(StatusCode::kUnsupported,
                "key provider: cannot change its wrapping key");
}

Status KeyProvider::EndRotation() {
  return Status(StatusCode::kUnsupported,
                "key provider: cannot change its wrapping key");
}

struct FileKeyProvider::Impl {
  Impl(std::string name, Epochs read)
      : path(std::move(name)), epochs(std::move(read)) {}

  const std::string path;
  Mutex mutex;
  Epochs epochs CRM_GUARDED_BY(mutex);

  // What another one has made of the file. A file that has nothing in common
  // with what is known is somebody else's, and one that cannot be read need not
  // be there any more: then what is known counts.
  bool Reload() CRM_REQUIRES(mutex) {
    Epochs now;
    if (!ReadKeyFile(path, &now).ok()) return false;
    if (!now.Holds(epochs.current) &&
        !(now.before.has_value() && epochs.Holds(*now.before))) {
      return false;
    }
    epochs = std::move(now);
    return true;
  }
  Result<Descriptor> Lock() CRM_REQUIRES(mutex);
};

// The file as it is now, held.
Result<Descriptor> FileKeyProvider::Impl::Lock() {
  Result<Descriptor> file = LockKeyFile(path);
  if (!file.ok()) return file;
  if (!Reload()) {
    return Failed(StatusCode::kFailedPrecondition, path,
                  "is not the one that was opened");
  }
  return file;
}

FileKeyProvider::FileKeyProvider(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
FileKeyProvider::~FileKeyProvider() = default;

Result<std::shared_ptr<KeyProvider>> FileKeyProvider::Open(
    const std::string& path, bool create) {
  if (Status status = InitCrypto(); !status.ok()) return status;
  Epochs epochs;
  Status status = ReadKeyFile(path, &epochs);
  if (create && status.code() == StatusCode::kKeyMissing) {
    bool taken = false;
    status = CreateKeyFile(path, &taken);
    if (status.ok()) status = ReadKeyFile(path, &epochs);
  }
  if (!status.ok()) return status;
  auto impl = std::make_unique<Impl>(path, std::move(epochs));
  return std::shared_ptr<KeyProvider>(new FileKeyProvider(std::move(impl)));
}

Result<std::string> FileKeyProvider::Wrap(std::string_view tenant,
                                          std::string_view key) {
  MutexLock lock(impl_->mutex);
  // A key that another one is about to forget must not be used again.
  impl_->Reload();
  return WrapWith(impl_->epochs.current, tenant, key);
}

Result<std::string> FileKeyProvider::Unwrap(std::string_view tenant,
                                            std::string_view wrapped) {
  MutexLock lock(impl_->mutex);
  Result<std::string> key = UnwrapWith(impl_->epochs, tenant, wrapped);
  if (key.status().code() != StatusCode::kKeyMissing || !impl_->Reload()) {
    return key;
  }
  return UnwrapWith(impl_->epochs, tenant, wrapped);
}

Status FileKeyProvider::BeginRotation() {
  MutexLock lock(impl_->mutex);
  const Result<Descriptor> file = impl_->Lock();
  if (!file.ok()) return file.status();
  if (impl_->epochs.before.has_value()) return Status();
  Epochs next{NewEpoch(impl_->epochs.current.number + 1)};
  next.before = impl_->epochs.current.Copy();
  const Status status = ReplaceKeyFile(impl_->path, next, file->get());
  if (status.ok()) impl_->epochs = std::move(next);
  return status;
}

Status FileKeyProvider::EndRotation() {
  MutexLock lock(impl_->mutex);
  const Result<Descriptor> file = impl_->Lock();
  if (!file.ok()) return file.status();
  if (!impl_->epochs.before.has_value()) return Status();
  Epochs next{impl_->epochs.current.Copy()};
  const Status status = ReplaceKeyFile(impl_->path, next, file->get());
  if (status.ok()) impl_->epochs = std::move(next);
  return status;
}

std::shared_ptr<KeyProvider> NewEphemeralKeyProvider() {
  return std::make_shared<EphemeralKeyProvider>();
}

}  // namespace crm
