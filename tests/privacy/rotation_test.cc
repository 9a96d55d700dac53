// Keys that are wrapped anew: everything reads as before, old keys open
// nothing, and what is cut off is completed.

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "crm/backup.h"
#include "store/fixture.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

Event Named(const std::string& id, int person) {
  const std::string number = std::to_string(person);
  return MakeEvent(id, {{"sclMemberId", "m-" + number}},
                   "{\"traits\":{\"name\":\"Person " + number + "\"}}");
}

// What a tenant answers: her events and everybody's name.
std::vector<std::string> AllOf(Tenant& tenant, CustomerId people) {
  std::vector<std::string> all = Walk(tenant.Replay({}));
  for (CustomerId id = 1; id <= people; ++id) {
    const auto profile = tenant.GetProfile(id);
    all.push_back(profile.ok()
                      ? std::string(profile->Find("name")->value)
                      : std::string(StatusCodeName(profile.status().code())));
  }
  return all;
}

// Two tenants, somebody who was erased, and events that name nobody.
class Safe {
 public:
  explicit Safe(StoreOptions from = Quick()) : options(std::move(from)) {
    if (options.key_provider == nullptr) options.key_file = KeyFile();
    options.log = log_.Callback();
    store_.emplace(MustOpen(Path(), options));
    for (const char* name : {"club", "spa"}) {
      Tenant tenant = MustTenant(*store_, name);
      for (int i = 0; i < kPeople; ++i) {
        MustAppendOne(tenant, Named("e" + std::to_string(i), i));
      }
      MustAppendOne(tenant, MakeEvent("nobody", {}, "{\"n\":1}"));
      REQUIRE_OK(tenant.Erase(4));
    }
    REQUIRE_OK(store_->Flush());
    before_ = Now();
  }

  std::vector<std::string> Now() {
    Tenant club = MustTenant(*store_, "club");
    Tenant spa = MustTenant(*store_, "spa");
    std::vector<std::string> all = AllOf(club, kPeople);
    for (std::string& one : AllOf(spa, kPeople)) all.push_back(std::move(one));
    return all;
  }
  // As it was, also when it is opened again.
  void Check() {
    CHECK(Now() == before_);
    CheckSound(*store_);
    Reopen();
    CHECK(Now() == before_);
    CheckSound(*store_);
  }
  void Reopen() {
    Close();
    store_.emplace(MustOpen(Path(), options));
  }
  void Close() {
    REQUIRE_OK(store_->Close());
    store_.reset();
  }
  bool Warned() const {
    return log_.Text().find("rotation is not complete") != std::string::npos;
  }
  Store& store() { return *store_; }
  std::string Path() const { return scratch / "s"; }
  std::string KeyFile() const { return scratch / "s.key"; }
  uintmax_t KeyFileBytes() const { return fs::file_size(KeyFile()); }

  static constexpr int kPeople = 10;
  const Scratch scratch;
  StoreOptions options;

 private:
  LogLines log_;
  std::optional<Store> store_;
  std::vector<std::string> before_;
};

void AppendTo(Store& store, std::string_view name, const Event& event) {
  Tenant tenant = MustTenant(store, name);
  MustAppendOne(tenant, event);
}

// A provider that wraps by another one, and fails where it is told to.
class Clumsy final : public KeyProvider {
 public:
  enum class Slip { kNone, kBeforeBegin, kAfterBegin, kBeforeEnd, kAfterEnd };

  Result<std::string> Wrap(std::string_view tenant,
                           std::string_view key) override {
    return own_->Wrap(tenant, key);
  }
  Result<std::string> Unwrap(std::string_view tenant,
                             std::string_view wrapped) override {
    return own_->Unwrap(tenant, wrapped);
  }
  Status BeginRotation() override {
    return Do(Slip::kBeforeBegin, Slip::kAfterBegin,
              [this] { return own_->BeginRotation(); });
  }
  Status EndRotation() override {
    return Do(Slip::kBeforeEnd, Slip::kAfterEnd,
              [this] { return own_->EndRotation(); });
  }
  void Fail(Slip slip) { slip_ = slip; }

 private:
  template <typename Call>
  Status Do(Slip before, Slip after, Call call) {
    const Status failed(StatusCode::kIoError, "no connection");
    if (slip_ == before) return failed;
    Status status = call();
    return slip_ == after ? failed : status;
  }

  const std::shared_ptr<KeyProvider> own_ = NewEphemeralKeyProvider();
  std::atomic<Slip> slip_{Slip::kNone};
};

// One that does not know of rotations.
class Stiff final : public KeyProvider {
 public:
  Result<std::string> Wrap(std::string_view tenant,
                           std::string_view key) override {
    return own_->Wrap(tenant, key);
  }
  Result<std::string> Unwrap(std::string_view tenant,
                             std::string_view wrapped) override {
    return own_->Unwrap(tenant, wrapped);
  }

 private:
  const std::shared_ptr<KeyProvider> own_ = NewEphemeralKeyProvider();
};

TEST_CASE("rotation: everything reads as before, time after time") {
  Safe safe;
  CHECK(safe.KeyFileBytes() == 32);
  for (int time = 0; time < 3; ++time) {
    uint64_t last = 0;
    const auto done = safe.store().RotateKeys(
        {.progress = [&](uint64_t so_far, uint64_t total) {
          CHECK(so_far <= total);
          CHECK(so_far >= last);
          last = so_far;
          return true;
        }});
    REQUIRE_OK(done);
    CHECK(done->tenants == 2);
    CHECK(done->keys > 20);
    CHECK(done->old_destroyed);
    CHECK(last > 0);
    CHECK(safe.KeyFileBytes() == 44);
    safe.Check();
  }
  CHECK_FALSE(safe.Warned());
  // On it goes: new people, new tenants, another erasure.
  Tenant club = MustTenant(safe.store(), "club");
  MustAppendOne(club, Named("new", 77));
  AppendTo(safe.store(), "bar", Named("e", 1));
  REQUIRE_OK(club.Erase(6));
  REQUIRE_OK(safe.store().RotateKeys());
  safe.Reopen();
  club = MustTenant(safe.store(), "club");
  CHECK_CODE(club.GetProfile(6), kErased);
  REQUIRE_OK(club.GetProfile(11));
  CHECK(MustTenant(safe.store(), "bar").GetProfile(1).ok());
  CheckSound(safe.store());
}

TEST_CASE("rotation: old keys open with the old key file, and with no other") {
  Safe safe;
  REQUIRE_OK(BackupStore(safe.store(), safe.scratch / "data"));
  REQUIRE_OK(BackupKeys(safe.store(), safe.scratch / "old-keys"));
  fs::copy_file(safe.KeyFile(), safe.scratch / "old.key");
  REQUIRE_OK(safe.store().RotateKeys());
  REQUIRE_OK(BackupKeys(safe.store(), safe.scratch / "keys"));
  safe.Close();

  const auto restore = [&](const char* keys, const std::string& key_file,
                           const char* to) {
    return RestoreStore(safe.scratch / "data", safe.scratch / keys,
                        safe.scratch / to, {.key_file = key_file})
        .status();
  };
  const std::string old_file = safe.scratch / "old.key";
  const Status stale = restore("old-keys", safe.KeyFile(), "a");
  CHECK(stale.code() == StatusCode::kKeyMissing);
  CAPTURE(stale.message());
  CHECK(stale.message().find("from before a rotation") != std::string::npos);
  CHECK(restore("keys", old_file, "b").code() == StatusCode::kKeyMissing);
  REQUIRE_OK(restore("keys", safe.KeyFile(), "c"));
  // That of its time: the point is that this file is to be destroyed.
  REQUIRE_OK(restore("old-keys", old_file, "d"));

  // The same of the store itself.
  StoreOptions options = safe.options;
  options.key_file = old_file;
  CHECK(Store::Open(safe.Path(), options).status().code() ==
        StatusCode::kKeyMissing);
  fs::rename(safe.Path() + "/keys", safe.scratch / "new-keys");
  fs::copy(safe.scratch / "old-keys/keys", safe.Path() + "/keys");
  CHECK(Store::Open(safe.Path(), safe.options).status().code() ==
        StatusCode::kKeyMissing);
}

TEST_CASE("rotation: a provider that cannot says so, and nothing is changed") {
  StoreOptions options = Quick();
  options.key_provider = std::make_shared<Stiff>();
  Safe safe(options);
  CHECK_CODE(safe.store().RotateKeys(), kUnsupported);
  safe.Check();
  CHECK_FALSE(safe.Warned());
}

TEST_CASE("rotation: cancelled, it opens, says so, and is completed") {
  Safe safe;
  int calls = 0;
  // Behind the first tenant, before the second.
  const auto stop = [&](uint64_t, uint64_t) { return ++calls < 3; };
  CHECK_CODE(safe.store().RotateKeys({.progress = stop}), kCancelled);
  CHECK(calls == 3);
  CHECK(safe.KeyFileBytes() == 80);
  safe.Check();
  CHECK(safe.Warned());
  // A backup of keys from in between opens as long as there are both.
  REQUIRE_OK(BackupStore(safe.store(), safe.scratch / "data"));
  REQUIRE_OK(BackupKeys(safe.store(), safe.scratch / "keys"));
  const auto restore = [&](const char* to) {
    return RestoreStore(safe.scratch / "data", safe.scratch / "keys",
                        safe.scratch / to, {.key_file = safe.KeyFile()});
  };
  REQUIRE_OK(restore("a"));
  REQUIRE_OK(safe.store().RotateKeys());
  CHECK(safe.KeyFileBytes() == 44);
  CHECK_CODE(restore("b"), kKeyMissing);
  safe.Check();
}

TEST_CASE("rotation: wherever the provider fails, the next one completes it") {
  using Slip = Clumsy::Slip;
  for (const Slip slip : {Slip::kBeforeBegin, Slip::kAfterBegin,
                          Slip::kBeforeEnd, Slip::kAfterEnd}) {
    CAPTURE(static_cast<int>(slip));
    StoreOptions options = Quick();
    const auto provider = std::make_shared<Clumsy>();
    options.key_provider = provider;
    Safe safe(options);
    provider->Fail(slip);
    CHECK_CODE(safe.store().RotateKeys(), kIoError);
    safe.Check();
    provider->Fail(Slip::kNone);
    REQUIRE_OK(safe.store().RotateKeys());
    safe.Check();
  }
}

TEST_CASE("rotation: two stores with one key file") {
  Safe safe;
  StoreOptions options = Quick();
  options.key_file = safe.KeyFile();
  Store other = MustOpen(safe.scratch / "other", options);
  Tenant tenant = MustTenant(other);
  MustAppendOne(tenant, Named("e", 1));
  const auto kept = safe.store().RotateKeys({.keep_old = true});
  REQUIRE_OK(kept);
  CHECK_FALSE(kept->old_destroyed);
  CHECK(safe.KeyFileBytes() == 80);
  // Its provider has read the file before; a new tenant gets the new key.
  AppendTo(other, "late", Named("e", 2));
  REQUIRE_OK(other.RotateKeys());
  CHECK(safe.KeyFileBytes() == 44);
  AppendTo(safe.store(), "new", Named("e", 3));
  safe.Check();
  REQUIRE_OK(other.Close());
  Store again = MustOpen(safe.scratch / "other", options);
  CHECK(MustTenant(again).GetProfile(1).ok());
  CHECK(MustTenant(again, "late").GetProfile(1).ok());
}

TEST_CASE("rotation: another key file in the place of the store's") {
  Safe safe;
  fs::rename(safe.KeyFile(), safe.scratch / "mine");
  REQUIRE_OK(FileKeyProvider::Open(safe.KeyFile(), true));
  CHECK_CODE(safe.store().RotateKeys(), kFailedPrecondition);
  fs::remove(safe.KeyFile());
  CHECK_CODE(safe.store().RotateKeys(), kKeyMissing);
  fs::rename(safe.scratch / "mine", safe.KeyFile());
  safe.Check();
}

TEST_CASE("rotation: while others append, read and erase") {
  StoreOptions options = Quick();
  Store store = MustOpenInMemory(options);
  Tenant tenant = MustTenant(store);
  constexpr int kPeople = 3000;
  for (int i = 0; i < kPeople; ++i) {
    MustAppendOne(tenant, Named("a" + std::to_string(i), i));
  }
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::thread reader([&] {
    for (int i = 0; !stop.load(); ++i) {
      const CustomerId id = static_cast<CustomerId>(i * 7 % kPeople + 1);
      const auto profile = tenant.GetProfile(id);
      const bool fine = profile.ok()
                            ? profile->Find("name") != nullptr
                            : profile.status().code() == StatusCode::kErased;
      if (!fine) ++wrong;
    }
  });
  std::thread writer([&] {
    for (int i = 0; !stop.load(); ++i) {
      const Event event = Named("b" + std::to_string(i), kPeople + i);
      if (!tenant.Append(event).ok()) ++wrong;
      if (i % 50 == 0 && !store.Tenant("t" + std::to_string(i)).ok()) ++wrong;
    }
  });
  std::thread eraser([&] {
    for (CustomerId id = 5; !stop.load() && id < kPeople; id += 10) {
      if (!tenant.Erase(id).ok()) ++wrong;
    }
  });
  for (int i = 0; i < 4; ++i) REQUIRE_OK(store.RotateKeys());
  stop.store(true);
  reader.join();
  writer.join();
  eraser.join();
  CHECK(wrong.load() == 0);
  REQUIRE_OK(store.RotateKeys());
  CheckSound(store);
  CHECK_CODE(tenant.GetProfile(5), kErased);
}

}  // namespace
}  // namespace crm
