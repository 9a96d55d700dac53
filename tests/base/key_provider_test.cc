#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "crm/keys.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

// A directory that goes with the test.
class Folder final {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "crm-key-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  std::string File(const std::string& name) const { return path_ / name; }
  size_t Count() const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(path_)) {
      count += entry.exists() ? 1 : 0;
    }
    return count;
  }

 private:
  fs::path path_;
};

StatusCode OpenCode(const std::string& path, bool create) {
  return FileKeyProvider::Open(path, create).status().code();
}

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void Write(const std::string& path, const std::string& bytes, mode_t mode) {
  std::ofstream(path, std::ios::binary) << bytes;
  chmod(path.c_str(), mode);
}

TEST_CASE("keys: the file is made once, for its owner only") {
  const Folder folder;
  const std::string path = folder.File("crm.key");
  CHECK(OpenCode(path, false) == StatusCode::kKeyMissing);
  CHECK(folder.Count() == 0);
  const auto first = FileKeyProvider::Open(path, true);
  REQUIRE(first.ok());
  CHECK(folder.Count() == 1);
  struct stat info;
  REQUIRE(stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK(info.st_size == 32);
  const std::string key = Bytes(path);
  const std::string wrapped =
      (*first)->Wrap("golf-club", std::string(32, 'k')).value();
  const auto again = FileKeyProvider::Open(path, true);
  REQUIRE(again.ok());
  CHECK(Bytes(path) == key);
  CHECK((*again)->Unwrap("golf-club", wrapped).value() == std::string(32, 'k'));
}

TEST_CASE("keys: files that are no secret are refused") {
  const Folder folder;
  const std::string path = folder.File("crm.key");
  const std::string key(32, 'x');
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0660, 0644, 0610}) {
    Write(path, key, mode);
    CHECK(OpenCode(path, true) == StatusCode::kInvalidArgument);
  }
  for (const size_t size : {0, 31, 33}) {
    Write(path, std::string(size, 'x'), 0600);
    CHECK(OpenCode(path, true) == StatusCode::kInvalidArgument);
  }
  Write(path, key, 0600);
  CHECK(OpenCode(path, false) == StatusCode::kOk);
  const std::string alias = folder.File("alias.key");
  fs::create_symlink(path, alias);
  CHECK(OpenCode(alias, true) == StatusCode::kInvalidArgument);
  const std::string dangling = folder.File("dangling.key");
  fs::create_symlink(folder.File("nothing"), dangling);
  CHECK(OpenCode(dangling, true) == StatusCode::kInvalidArgument);
  CHECK_FALSE(fs::exists(folder.File("nothing")));
  const std::string pipe = folder.File("pipe.key");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(OpenCode(pipe, true) == StatusCode::kInvalidArgument);
  const std::string directory = folder.File("directory.key");
  REQUIRE(mkdir(directory.c_str(), 0700) == 0);
  CHECK(OpenCode(directory, true) == StatusCode::kInvalidArgument);
}

TEST_CASE("keys: a missing directory is an error, not a crash") {
  const Folder folder;
  CHECK(OpenCode(folder.File("no/such.key"), false) == StatusCode::kKeyMissing);
  CHECK(OpenCode(folder.File("no/such.key"), true) == StatusCode::kIoError);
}

TEST_CASE("keys: starters that race end up with one key") {
  const Folder folder;
  const std::string path = folder.File("crm.key");
  std::vector<std::string> wrapped(8);
  std::vector<std::thread> threads;
  for (std::string& out : wrapped) {
    threads.emplace_back([&] {
      const auto provider = FileKeyProvider::Open(path, true);
      if (provider.ok()) {
        out = (*provider)->Wrap("t", std::string(32, 'k')).value();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto provider = FileKeyProvider::Open(path, false);
  REQUIRE(provider.ok());
  for (const std::string& text : wrapped) {
    CHECK((*provider)->Unwrap("t", text).ok());
  }
  CHECK(folder.Count() == 1);
}

TEST_CASE("keys: a rotation opens both keys, then the new one alone") {
  const Folder folder;
  const std::string path = folder.File("crm.key");
  const std::string key(32, 'k');
  const auto provider = FileKeyProvider::Open(path, true);
  REQUIRE(provider.ok());
  const auto opens = [&](const std::string& wrapped) {
    // As it is known, and as it is read again.
    const StatusCode known = (*provider)->Unwrap("t", wrapped).status().code();
    const auto again = FileKeyProvider::Open(path, false);
    REQUIRE(again.ok());
    CHECK((*again)->Unwrap("t", wrapped).status().code() == known);
    return known;
  };
  const std::string old_file = Bytes(path);
  std::string before = (*provider)->Wrap("t", key).value();
  for (int turn = 1; turn <= 3; ++turn) {
    REQUIRE((*provider)->BeginRotation().ok());
    CHECK(Bytes(path).size() == 80);
    const std::string during = Bytes(path);
    // Begun already: the same rotation.
    REQUIRE((*provider)->BeginRotation().ok());
    CHECK(Bytes(path) == during);
    const std::string after = (*provider)->Wrap("t", key).value();
    CHECK(after.size() == 76);
    CHECK(opens(before) == StatusCode::kOk);
    CHECK(opens(after) == StatusCode::kOk);
    REQUIRE((*provider)->EndRotation().ok());
    CHECK(Bytes(path).size() == 44);
    REQUIRE((*provider)->EndRotation().ok());
    CHECK(opens(before) == StatusCode::kKeyMissing);
    CHECK(opens(after) == StatusCode::kOk);
    CHECK(Bytes(path).find(old_file) == std::string::npos);
    struct stat info;
    REQUIRE(stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK(folder.Count() == 1);
    before = after;
  }
  // An older file knows that it is one.
  Write(folder.File("old.key"), old_file, 0600);
  const auto old_one = FileKeyProvider::Open(folder.File("old.key"), false);
  REQUIRE(old_one.ok());
  CHECK((*old_one)->Unwrap("t", before).status().code() ==
        StatusCode::kKeyMissing);
  for (size_t i = 4; i < before.size(); ++i) {
    std::string bad = before;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK((*provider)->Unwrap("t", bad).status().code() ==
          StatusCode::kCorruption);
  }
}

TEST_CASE("keys: whoever has the file open sees what another one rotates") {
  const Folder folder;
  const std::string path = folder.File("crm.key");
  const std::string key(32, 'k');
  const auto one = FileKeyProvider::Open(path, true);
  const auto two = FileKeyProvider::Open(path, false);
  REQUIRE(two.ok());
  REQUIRE((*one)->BeginRotation().ok());
  const std::string wrapped = (*one)->Wrap("t", key).value();
  CHECK((*two)->Unwrap("t", wrapped).value() == key);
  CHECK((*two)->Wrap("t", key).value().size() == 76);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto mine = FileKeyProvider::Open(path, false);
      if (mine.ok()) CHECK((*mine)->BeginRotation().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE((*two)->EndRotation().ok());
  CHECK((*one)->Unwrap("t", wrapped).value() == key);
  CHECK(folder.Count() == 1);
  // Somebody else's file in its place is left alone.
  fs::remove(path);
  REQUIRE(FileKeyProvider::Open(path, true).ok());
  const std::string foreign = Bytes(path);
  CHECK((*one)->BeginRotation().code() == StatusCode::kFailedPrecondition);
  CHECK((*one)->EndRotation().code() == StatusCode::kFailedPrecondition);
  CHECK(Bytes(path) == foreign);
  CHECK((*one)->Wrap("t", key).value().size() == 76);
  fs::remove(path);
  CHECK((*one)->BeginRotation().code() == StatusCode::kKeyMissing);
}

TEST_CASE("keys: a hard link to the old file is its owner's, and stays") {
  const Folder folder;
  const std::string path = folder.File("crm.key");
  const auto provider = FileKeyProvider::Open(path, true);
  REQUIRE(provider.ok());
  const std::string before = Bytes(path);
  fs::create_hard_link(path, folder.File("kept"));
  REQUIRE((*provider)->BeginRotation().ok());
  REQUIRE((*provider)->EndRotation().ok());
  CHECK(Bytes(folder.File("kept")) == before);
}

TEST_CASE("keys: files that were never one of a rotation") {
  const Folder folder;
  const std::string path = folder.File("crm.key");
  REQUIRE((*FileKeyProvider::Open(path, true))->BeginRotation().ok());
  const std::string good = Bytes(path);
  const auto refused = [&](const std::string& bytes) {
    Write(folder.File("x"), bytes, 0600);
    return OpenCode(folder.File("x"), true) == StatusCode::kInvalidArgument;
  };
  CHECK_FALSE(refused(good));
  for (size_t i = 0; i < 12; ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK(refused(bad));
  }
  CHECK(refused(good.substr(0, 79)));
  CHECK(refused(good + "x"));
  CHECK(refused(good.substr(0, 43)));
}

TEST_CASE("keys: a provider of a host's own need not rotate") {
  class Plain final : public KeyProvider {
    Result<std::string> Wrap(std::string_view, std::string_view key) override {
      return std::string(key);
    }
    Result<std::string> Unwrap(std::string_view,
                               std::string_view key) override {
      return std::string(key);
    }
  };
  Plain plain;
  CHECK(plain.BeginRotation().code() == StatusCode::kUnsupported);
  CHECK(plain.EndRotation().code() == StatusCode::kUnsupported);
}

TEST_CASE("keys: what was wrapped opens for its tenant and provider only") {
  const std::shared_ptr<KeyProvider> provider = NewEphemeralKeyProvider();
  const std::string key(32, 'k');
  const std::string wrapped = provider->Wrap("one", key).value();
  CHECK(wrapped != provider->Wrap("one", key).value());
  CHECK(wrapped.size() <= 4096);
  CHECK(wrapped.find(key) == std::string::npos);
  CHECK(provider->Unwrap("one", wrapped).value() == key);
  CHECK(provider->Unwrap("two", wrapped).status().code() ==
        StatusCode::kCorruption);
  CHECK(NewEphemeralKeyProvider()->Unwrap("one", wrapped).status().code() ==
        StatusCode::kCorruption);
  for (size_t i = 0; i < wrapped.size(); ++i) {
    std::string bad = wrapped;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(provider->Unwrap("one", bad).ok());
    CHECK_FALSE(provider->Unwrap("one", wrapped.substr(0, i)).ok());
  }
  CHECK(provider->Wrap("one", "short").status().code() ==
        StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crm
