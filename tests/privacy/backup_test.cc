// Backups hold what they say, and a restore brings nobody back.

#include "crm/backup.h"

#include <filesystem>
#include <fstream>

#include "store/files.h"
#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

Event Named(const std::string& id, int person) {
  const std::string number = std::to_string(person);
  Event event = MakeEvent(id,
                          {{"sclMemberId", "m-" + number},
                           {"email", "p" + number + "@golf.example"}},
                          "{\"traits\":{\"name\":\"canary " + number + "\"}}");
  event.occurred_at = At(person);
  return event;
}

// A store of ten people, with a backup from before somebody was erased.
class Vault {
 public:
  explicit Vault(ErasureMode how = ErasureMode::kShred) : mode(how) {
    options.key_file = scratch / "s.key";
    options.clock = clock;
    options.compress_blocks = false;
    clock->Advance(std::chrono::seconds(1));
    Store store = MustOpen(scratch / "s", options);
    Tenant tenant = MustTenant(store);
    for (int i = 0; i < 10; ++i) {
      MustAppendOne(tenant, Named("e" + std::to_string(i), i));
    }
    REQUIRE_OK(BackupStore(store, scratch / "data"));
    REQUIRE_OK(BackupKeys(store, scratch / "old-keys"));
    clock->Advance(std::chrono::seconds(1));
    const auto erased = tenant.Erase(4, {.mode = mode});
    REQUIRE_OK(erased);
    request = erased->request;
    certificate = erased->certificate;
    REQUIRE_OK(BackupKeys(store, scratch / "keys"));
    REQUIRE_OK(BackupStore(store, scratch / "data-after"));
    REQUIRE_OK(store.Close());
  }

  // She is gone, and the others are there.
  void CheckRestored(const std::string& path) {
    Store store = MustOpen(path, options);
    Tenant tenant = MustTenant(store);
    CHECK_CODE(tenant.GetProfile(4), kErased);
    CHECK_CODE(tenant.FindCustomer({"sclMemberId", "m-3"}), kNotFound);
    CHECK_CODE(tenant.Append(Named("late", 3)), kErased);
    for (CustomerId id = 1; id <= 10; ++id) {
      if (id != 4) REQUIRE_OK(tenant.GetProfile(id));
    }
    const auto lines = Walk(tenant.Replay({}));
    CHECK(lines.size() == 10);
    std::string all;
    for (const std::string& line : lines) all += line;
    CHECK(all.find("canary 3") == std::string::npos);
    CHECK(all.find("canary 4") != std::string::npos);
    const auto erasures = tenant.ListErasures();
    REQUIRE_OK(erasures);
    REQUIRE(erasures->size() == 1);
    CHECK((*erasures)[0].request == request);
    CHECK((*erasures)[0].complete);
    CHECK((*erasures)[0].mode == mode);
    CHECK(((*erasures)[0].removed_bytes > 0) == (mode == ErasureMode::kHard));
    CheckSound(store);
    REQUIRE_OK(store.Close());
  }

  const ErasureMode mode;
  const Scratch scratch;
  std::shared_ptr<StillClock> clock = std::make_shared<StillClock>();
  StoreOptions options = Quick();
  std::string request;
  std::string certificate;
};

bool Holds(const std::string& directory, const std::string& text) {
  return FilesWith(directory, text) > 0;
}

TEST_CASE("a backup of data holds no keys, and one of keys no data") {
  Vault vault;
  CHECK(fs::exists(vault.scratch / "data/log"));
  CHECK_FALSE(fs::exists(vault.scratch / "data/keys"));
  CHECK_FALSE(fs::exists(vault.scratch / "data/views"));
  CHECK(fs::exists(vault.scratch / "keys/keys"));
  CHECK_FALSE(fs::exists(vault.scratch / "keys/log"));
  const auto report = VerifyBackup(vault.scratch / "data");
  REQUIRE_OK(report);
  CHECK(report->head >= 10);
  CHECK(report->files > 3);
  // Neither is a store.
  CHECK_CODE(Store::Open(vault.scratch / "data", vault.options),
             kInvalidArgument);
  for (const char* name : {"data", "keys", "data-after", "s"}) {
    CHECK_FALSE(Holds(vault.scratch / name, "canary"));
    CHECK_FALSE(Holds(vault.scratch / name, "golf.example"));
  }
}

void CheckNotBroughtBack(ErasureMode mode) {
  Vault vault(mode);
  // With the newest backup of keys; and with those of the store itself.
  for (const char* keys : {"keys", "s"}) {
    CAPTURE(keys);
    const std::string path = vault.scratch / (std::string("from-") + keys);
    REQUIRE_OK(RestoreStore(vault.scratch / "data", vault.scratch / keys, path,
                            vault.options));
    vault.CheckRestored(path);
    CHECK_FALSE(Holds(path, "canary"));
  }
  REQUIRE_OK(RestoreStore(vault.scratch / "data-after", vault.scratch / "keys",
                          vault.scratch / "after", vault.options));
  vault.CheckRestored(vault.scratch / "after");
}

TEST_CASE("a backup from before an erasure does not bring her back") {
  CheckNotBroughtBack(ErasureMode::kShred);
}

TEST_CASE(
    "anonymise: a backup from before an erasure does not bring her back") {
  CheckNotBroughtBack(ErasureMode::kAnonymise);
}

TEST_CASE("hard: a backup from before an erasure does not bring her back") {
  CheckNotBroughtBack(ErasureMode::kHard);
}

void CheckCertificateErases(ErasureMode mode) {
  Vault vault(mode);
  const std::string path = vault.scratch / "restored";
  REQUIRE_OK(RestoreStore(vault.scratch / "data", vault.scratch / "old-keys",
                          path, vault.options));
  {
    Store store = MustOpen(path, vault.options);
    Tenant tenant = MustTenant(store);
    REQUIRE_OK(tenant.GetProfile(4));
    REQUIRE_OK(tenant.ApplyCertificate(vault.certificate));
    REQUIRE_OK(store.Close());
  }
  vault.CheckRestored(path);
}

TEST_CASE("with keys that are older her certificate does it again") {
  CheckCertificateErases(ErasureMode::kShred);
}

TEST_CASE("anonymise: with keys that are older her certificate does it again") {
  CheckCertificateErases(ErasureMode::kAnonymise);
}

TEST_CASE("hard: with keys that are older her certificate does it again") {
  CheckCertificateErases(ErasureMode::kHard);
}

TEST_CASE("without keys nothing is restored, and nothing is left behind") {
  Vault vault;
  const std::string path = vault.scratch / "restored";
  const auto restore = [&](const std::string& data, const std::string& keys) {
    return RestoreStore(vault.scratch / data, keys, path, vault.options);
  };
  CHECK_CODE(restore("data", ""), kKeyMissing);
  CHECK_CODE(restore("data", vault.scratch / "nowhere"), kNotFound);
  CHECK_CODE(restore("data", vault.scratch / "data-after"), kInvalidArgument);
  CHECK_CODE(restore("keys", vault.scratch / "keys"), kInvalidArgument);
  CHECK_CODE(restore("nowhere", vault.scratch / "keys"), kNotFound);
  CHECK_CODE(RestoreStore(vault.scratch / "data", vault.scratch / "keys",
                          vault.scratch / "s", vault.options),
             kAlreadyExists);
  {
    StoreOptions other = vault.options;
    other.key_file = vault.scratch / "other.key";
    Store store = MustOpen(vault.scratch / "other", other);
    MustTenant(store);
    CHECK_CODE(restore("data", vault.scratch / "other"), kBusy);
    REQUIRE_OK(BackupKeys(store, vault.scratch / "other-keys"));
  }
  CHECK_CODE(restore("data", vault.scratch / "other-keys"), kInvalidArgument);
  StoreOptions wrong = vault.options;
  wrong.key_file = vault.scratch / "none.key";
  CHECK_CODE(
      RestoreStore(vault.scratch / "data", vault.scratch / "keys", path, wrong),
      kKeyMissing);
  CHECK_FALSE(fs::exists(path));
  Store memory = MustOpenInMemory();
  CHECK_CODE(BackupStore(memory, vault.scratch / "memory"), kUnsupported);
  CHECK_CODE(BackupStore(memory, vault.scratch / "data"), kAlreadyExists);
  CHECK_FALSE(fs::exists(vault.scratch / "memory"));
  CHECK_FALSE(fs::exists(vault.scratch / "memory.part"));
}

TEST_CASE("one changed byte of a backup is found, whichever file it is in") {
  Vault vault;
  for (const char* kind : {"data", "keys"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(vault.scratch / kind)) {
      if (!entry.is_regular_file() || entry.file_size() == 0) continue;
      CAPTURE(entry.path().string());
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string sound(std::istreambuf_iterator<char>(in), {});
      std::string changed = sound;
      changed[changed.size() / 2] ^= 1;
      std::ofstream(entry.path(), std::ios::binary) << changed;
      CHECK_FALSE(VerifyBackup(vault.scratch / kind).ok());
      CHECK_FALSE(RestoreStore(vault.scratch / "data", vault.scratch / "keys",
                               vault.scratch / "restored", vault.options)
                      .ok());
      CHECK_FALSE(fs::exists(vault.scratch / "restored"));
      std::ofstream(entry.path(), std::ios::binary) << sound;
    }
    REQUIRE_OK(VerifyBackup(vault.scratch / kind));
  }
}

}  // namespace
}  // namespace crm
