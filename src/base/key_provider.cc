// FileKeyProvider and the ephemeral one.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/crypto.h"
#include "crm/keys.h"

namespace crm {
namespace {

constexpr std::string_view kPurpose = "crm tenant key v1";

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

Result<std::string> WrapWith(const Key& master, std::string_view tenant,
                             std::string_view key) {
  if (key.size() != kKeyBytes) {
    return Status(StatusCode::kInvalidArgument, "key: not 32 bytes");
  }
  const std::string context = Context(tenant);
  const SecretKey wrapping = WrappingKey(master, context);
  const Nonce nonce = RandomNonce();
  std::string wrapped(View(nonce.data(), nonce.size()));
  Seal(wrapping.get(), nonce, key, context, &wrapped);
  return wrapped;
}

Result<std::string> UnwrapWith(const Key& master, std::string_view tenant,
                               std::string_view wrapped) {
  const std::string context = Context(tenant);
  std::string key;
  if (wrapped.size() == kNonceBytes + kKeyBytes + kTagBytes) {
    const SecretKey wrapping = WrappingKey(master, context);
    Nonce nonce;
    std::memcpy(nonce.data(), wrapped.data(), nonce.size());
    if (Unseal(wrapping.get(), nonce, wrapped.substr(kNonceBytes), context,
               &key)) {
      return key;
    }
  }
  return Status(StatusCode::kCorruption,
                "tenant key: not wrapped with this key, or damaged");
}

class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
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
  } else if (info.st_size != static_cast<off_t>(kKeyBytes)) {
    fault = "not 32 bytes long";
  } else {
    return Status();
  }
  return Failed(StatusCode::kInvalidArgument, path, fault);
}

Status ReadKeyFile(const std::string& path, Key* key) {
  // Not to wait for ever on a named pipe.
  const Descriptor file(
      open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return Failed(StatusCode::kKeyMissing, path, "not there");
    }
    if (errno == ELOOP) {
      return Failed(StatusCode::kInvalidArgument, path, "a symbolic link");
    }
    return SystemError(path, "open");
  }
  if (Status status = CheckKeyFile(file.get(), path); !status.ok()) {
    return status;
  }
  size_t size = 0;
  while (size < key->size()) {
    const ssize_t got =
        read(file.get(), key->data() + size, key->size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "read");
    if (got == 0) {
      return Failed(StatusCode::kInvalidArgument, path, "not 32 bytes long");
    }
    size += static_cast<size_t>(got);
  }
  return Status();
}

Status WriteAll(int fd, const Key& key, const std::string& path) {
  size_t size = 0;
  while (size < key.size()) {
    const ssize_t put = write(fd, key.data() + size, key.size() - size);
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

Status CreateKeyFile(const std::string& path, bool* taken) {
  Key key = RandomKey();
  static constexpr char kHex[] = "0123456789abcdef";
  uint8_t random[8];
  RandomBytes(random, sizeof(random));
  std::string temporary = path + ".new-";
  for (const uint8_t byte : random) {
    temporary += kHex[byte >> 4];
    temporary += kHex[byte & 15];
  }
  Status status;
  {
    const Descriptor file(
        open(temporary.c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    status = file.get() < 0 ? SystemError(path, "create")
                            : WriteAll(file.get(), key, path);
    Wipe(key.data(), key.size());
    if (file.get() < 0) return status;
  }
  if (status.ok()) status = Publish(temporary, path, taken);
  unlink(temporary.c_str());
  return status.ok() ? SyncParent(path) : status;
}

class EphemeralKeyProvider final : public KeyProvider {
 public:
  EphemeralKeyProvider() {
    Key key = RandomKey();
    master_ = SecretKey(key);
    Wipe(key.data(), key.size());
  }
  Result<std::string> Wrap(std::string_view tenant,
                           std::string_view key) override {
    return WrapWith(master_.get(), tenant, key);
  }
  Result<std::string> Unwrap(std::string_view tenant,
                             std::string_view wrapped) override {
    return UnwrapWith(master_.get(), tenant, wrapped);
  }

 private:
  SecretKey master_;
};

}  // namespace

struct FileKeyProvider::Impl {
  SecretKey master;
};

FileKeyProvider::FileKeyProvider(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
FileKeyProvider::~FileKeyProvider() = default;

Result<std::shared_ptr<KeyProvider>> FileKeyProvider::Open(
    const std::string& path, bool create) {
  if (Status status = InitCrypto(); !status.ok()) return status;
  Key key{};
  Status status = ReadKeyFile(path, &key);
  if (create && status.code() == StatusCode::kKeyMissing) {
    bool taken = false;
    status = CreateKeyFile(path, &taken);
    if (status.ok()) status = ReadKeyFile(path, &key);
  }
  if (!status.ok()) {
    Wipe(key.data(), key.size());
    return status;
  }
  auto impl = std::make_unique<Impl>();
  impl->master = SecretKey(key);
  Wipe(key.data(), key.size());
  return std::shared_ptr<KeyProvider>(new FileKeyProvider(std::move(impl)));
}

Result<std::string> FileKeyProvider::Wrap(std::string_view tenant,
                                          std::string_view key) {
  return WrapWith(impl_->master.get(), tenant, key);
}

Result<std::string> FileKeyProvider::Unwrap(std::string_view tenant,
                                            std::string_view wrapped) {
  return UnwrapWith(impl_->master.get(), tenant, wrapped);
}

std::shared_ptr<KeyProvider> NewEphemeralKeyProvider() {
  return std::make_shared<EphemeralKeyProvider>();
}

}  // namespace crm
