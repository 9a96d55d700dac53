// Sequences of calls through the C interface: bytes choose the call, and which
// handles it gets - live ones, NULL, freed ones, those of a closed store or of
// another one, a copy in a child of fork - and what stands in its slices.
//
// Whatever the order: no crash, no status that is none, an error that agrees
// with it, and nothing in `out` of a call that failed.

#include <crm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/require.h"

namespace crm {
namespace {

constexpr size_t kMaxCalls = 48;
constexpr size_t kSlots = 4;

// The bytes of the input, one after the other; zeros behind its end.
class Bytes final {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  uint8_t Next() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // A piece of up to 255 bytes, or now and then NULL with a length.
  crm_slice Slice() {
    const size_t wanted = Next();
    if (wanted == 255) return {nullptr, 7};
    const size_t size = wanted < left_ ? wanted : left_;
    const crm_slice slice = {reinterpret_cast<const char*>(data_), size};
    data_ += size;
    left_ -= size;
    return slice;
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

// Handles of one kind, freed ones among them. The library knows the last
// thousand that were freed; a run frees fewer.
template <typename H>
struct Slots {
  std::array<H*, kSlots> all{};
  H*& operator[](uint8_t byte) { return all[byte % kSlots]; }
};

class World final {
 public:
  explicit World(Bytes bytes) : bytes_(bytes) {}
  ~World() { End(); }

  void Run() {
    for (size_t i = 0; i < kMaxCalls && !bytes_.empty(); ++i) Call();
  }

 private:
  // Where a call puts its error; what it answered must agree with that.
  void Took(crm_status status) {
    Require(status <= CRM_DONE);
    Require(std::string_view(crm_status_name(status)) != "UNKNOWN");
    Require(status != CRM_INTERNAL && status != CRM_OUT_OF_MEMORY);
    Require((status < 0) == (error_ != nullptr));
    Require(crm_error_code(error_) == (status < 0 ? status : CRM_OK));
    crm_error_free(error_);
    error_ = nullptr;
  }

  // Puts what a call gave into a slot. What lay there is freed.
  template <typename H>
  void Keep(crm_status status, H* made, H*& slot, void (*free)(H*)) {
    Require((status == CRM_OK) == (made != nullptr));
    Took(status);
    if (made == nullptr) return;
    free(slot);
    slot = made;
  }

  static crm_event One(Bytes& bytes, crm_identifier* who) {
    who->name_space = bytes.Slice();
    who->value = bytes.Slice();
    crm_event event = {};
    event.id = bytes.Slice();
    event.type = bytes.Slice();
    event.source = bytes.Slice();
    event.payload = bytes.Slice();
    event.identifiers = who;
    event.identifier_count = bytes.Next() % 2;
    event.flags = bytes.Next() % 4;
    event.occurred_at_us = static_cast<int64_t>(bytes.Next()) << 40;
    event.reserved[0] = bytes.Next() == 1;
    return event;
  }

  void Call();
  void CallStore(uint8_t verb);
  void CallTenant(uint8_t verb);
  void Append(uint8_t verb);
  void Read(uint8_t verb);
  void Follow(uint8_t verb);
  void ReadAll(uint8_t verb);
  void WriteJson(const crm_event_view& event, bool is_one);
  void Forked();
  void End();

  Bytes bytes_;
  crm_error* error_ = nullptr;
  Slots<crm_store> stores_;
  Slots<crm_tenant> tenants_;
  Slots<crm_snapshot> snapshots_;
  Slots<crm_event_cursor> cursors_;
  Slots<crm_store_snapshot> wholes_;
  Slots<crm_store_cursor> walks_;
  Slots<crm_subscription> subscriptions_;
  Slots<crm_dry_run> dry_runs_;
  Slots<crm_profile> profiles_;
};

// Closes a store, and what keeps it from being closed.
void CloseStore(crm_store* store) {
  const crm_status status = crm_store_close(store, nullptr);
  Require(status == CRM_OK || status == CRM_FAILED_PRECONDITION);
}

void World::CallStore(uint8_t verb) {
  crm_store*& store = stores_[bytes_.Next()];
  switch (verb % 6) {
    case 0: {
      crm_store_options options = CRM_STORE_OPTIONS_INIT;
      options.flags = CRM_STORE_NO_BACKGROUND_THREAD;
      options.durability = bytes_.Next() % 4;
      options.default_region = bytes_.Slice();
      // A store costs milliseconds: two of them are enough.
      if (store == nullptr && &store < &stores_.all[2]) {
        crm_store* made = nullptr;
        const crm_status status =
            crm_store_open_in_memory(&options, &made, &error_);
        Keep(status, made, store, CloseStore);
      }
      return;
    }
    case 1:
      return Took(crm_store_sync(store, &error_));
    case 2:
      // The handle stays where it is: closed, or not.
      return Took(crm_store_close(store, &error_));
    case 3: {
      crm_store_stats* stats = nullptr;
      Took(crm_store_get_stats(store, nullptr, &stats, &error_));
      return crm_store_stats_free(stats);
    }
    case 4:
      return Took(crm_store_maintain(store, 0, nullptr, &error_));
    default: {
      crm_tenant*& slot = tenants_[bytes_.Next()];
      crm_tenant* made = nullptr;
      const crm_status status =
          crm_tenant_open(store, bytes_.Slice(), nullptr, &made, &error_);
      return Keep(status, made, slot, crm_tenant_free);
    }
  }
}

void World::Append(uint8_t verb) {
  crm_tenant* const tenant = tenants_[bytes_.Next()];
  crm_condition condition = {};
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.flags = bytes_.Next() % 16;
  options.offset_name = bytes_.Slice();
  const int64_t recorded_at = static_cast<int64_t>(bytes_.Next()) << 44;
  options.recorded_at_us = &recorded_at;
  options.recorded_at_count = verb % 8 == 7 ? bytes_.Next() % 2 : 0;
  if (verb % 2 == 1) options.dry_run = dry_runs_[bytes_.Next()];
  if (verb % 3 == 0) {
    condition.kind = bytes_.Next() % 8;
    condition.customer = bytes_.Next() % 4;
    condition.version = bytes_.Next();
    options.conditions = &condition;
    options.condition_count = 1;
  }
  crm_append_result* result = nullptr;
  crm_status status = CRM_OK;
  if (verb % 4 < 2) {
    const crm_slice json = bytes_.Slice();
    status =
        crm_tenant_append_json(tenant, &json, 1, &options, &result, &error_);
  } else {
    crm_identifier who = {};
    const crm_event event = One(bytes_, &who);
    status = crm_tenant_append(tenant, &event, 1, &options, &result, &error_);
  }
  Require((status == CRM_OK) == (result != nullptr));
  Took(status);
  crm_append_result_free(result);
}

void World::Read(uint8_t verb) {
  crm_snapshot* const snapshot = snapshots_[bytes_.Next()];
  crm_profile* const profile = profiles_[bytes_.Next()];
  const uint64_t customer = bytes_.Next() % 4;
  switch (verb % 4) {
    case 0:
      Took(crm_snapshot_read_profile(snapshot, customer, nullptr, profile,
                                     &error_));
      crm_profile_find(profile, bytes_.Slice());
      return;
    case 1: {
      uint64_t found = 0;
      const crm_slice name_space = bytes_.Slice();
      return Took(crm_snapshot_find_customer(
          snapshot, name_space, bytes_.Slice(), nullptr, &found, &error_));
    }
    case 2: {
      crm_timeline_query query = CRM_TIMELINE_QUERY_INIT;
      query.cursor = bytes_.Slice();
      query.limit = bytes_.Next();
      crm_timeline* page = nullptr;
      Took(crm_snapshot_get_timeline(snapshot, customer, &query, &page,
                                     &error_));
      return crm_timeline_free(page);
    }
    default: {
      crm_event_cursor*& slot = cursors_[bytes_.Next()];
      crm_replay_query query = CRM_REPLAY_QUERY_INIT;
      query.flags = bytes_.Next() % 32;
      query.order = bytes_.Next() % 3;
      query.customer = customer;
      query.first = bytes_.Next();
      crm_event_cursor* made = nullptr;
      const crm_status status =
          crm_snapshot_replay(snapshot, &query, &made, &error_);
      return Keep(status, made, slot, crm_event_cursor_free);
    }
  }
}

void World::Follow(uint8_t verb) {
  crm_subscription*& slot = subscriptions_[bytes_.Next()];
  crm_tenant* const tenant = tenants_[bytes_.Next()];
  switch (verb % 5) {
    case 0: {
      crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
      options.flags = bytes_.Next() % 8;
      options.consumers = bytes_.Next() % 4;
      options.consumer = bytes_.Next() % 4;
      options.after = bytes_.Next();
      options.checkpoint_interval = bytes_.Next();
      options.name = bytes_.Slice();
      crm_subscription* made = nullptr;
      const crm_status status =
          crm_tenant_subscribe(tenant, &options, &made, &error_);
      return Keep(status, made, slot, crm_subscription_free);
    }
    case 1: {
      crm_message message = {};
      const crm_status status =
          crm_subscription_next(slot, 0, &message, &error_);
      Require((status == CRM_OK) == (message.kind != 0));
      return Took(status);
    }
    case 2: {
      const uint64_t position = bytes_.Next();
      return Took(crm_subscription_acknowledge(slot, position,
                                               bytes_.Next() % 4, &error_));
    }
    case 3: {
      crm_lag lag = {};
      Took(crm_subscription_get_lag(slot, nullptr, &lag, &error_));
      if (bytes_.Next() % 4 == 0) Took(crm_subscription_cancel(slot, &error_));
      if (bytes_.Next() % 2 == 0) crm_subscription_free(slot);
      return;
    }
    default: {
      crm_subscription_list* list = nullptr;
      Took(crm_tenant_list_subscriptions(tenant, nullptr, &list, &error_));
      crm_subscription_list_free(list);
      return Took(
          crm_tenant_drop_subscription(tenant, bytes_.Slice(), &error_));
    }
  }
}

// All tenants at one position.
void World::ReadAll(uint8_t verb) {
  crm_store_snapshot*& whole = wholes_[bytes_.Next()];
  crm_store_cursor*& walk = walks_[bytes_.Next()];
  switch (verb % 4) {
    case 0: {
      crm_store_snapshot* made = nullptr;
      const crm_status status = crm_store_get_snapshot(stores_[bytes_.Next()],
                                                       nullptr, &made, &error_);
      return Keep(status, made, whole, crm_store_snapshot_free);
    }
    case 1: {
      crm_store_cursor* made = nullptr;
      const crm_status status =
          crm_store_snapshot_replay(whole, nullptr, &made, &error_);
      Keep(status, made, walk, crm_store_cursor_free);
      crm_snapshot*& slot = snapshots_[bytes_.Next()];
      crm_snapshot* one = nullptr;
      const crm_status found = crm_store_snapshot_get_tenant(
          whole, bytes_.Slice(), nullptr, &one, &error_);
      return Keep(found, one, slot, crm_snapshot_free);
    }
    case 2: {
      crm_store_event event = {};
      const crm_status status = crm_store_cursor_next(walk, &event, &error_);
      Require((status == CRM_OK) == (event.kind != 0));
      return Took(status);
    }
    default:
      if (bytes_.Next() % 2 == 0) crm_store_snapshot_free(whole);
      return crm_store_cursor_free(walk);
  }
}

// In a child everything of the parent's is dead.
void World::Forked() {
  const pid_t child = fork();
  if (child == 0) {
    bool well = true;
    crm_event_view event = {};
    for (crm_store* store : stores_.all) {
      well &= crm_store_sync(store, nullptr) < 0;
      if (store != nullptr) well &= crm_store_close(store, nullptr) < 0;
    }
    for (crm_event_cursor* cursor : cursors_.all) {
      well &= crm_event_cursor_next(cursor, &event, nullptr) < 0;
      crm_event_cursor_free(cursor);
    }
    for (crm_subscription* subscription : subscriptions_.all) {
      well &= crm_subscription_cancel(subscription, nullptr) < 0;
      crm_subscription_free(subscription);
    }
    for (crm_tenant* tenant : tenants_.all) {
      well &= crm_tenant_append_json(tenant, nullptr, 0, nullptr, nullptr,
                                     nullptr) < 0;
      crm_tenant_free(tenant);
    }
    for (crm_store_cursor* walk : walks_.all) crm_store_cursor_free(walk);
    for (crm_snapshot* snapshot : snapshots_.all) crm_snapshot_free(snapshot);
    _exit(well ? 0 : 1);
  }
  int status = 0;
  Require(child > 0 && waitpid(child, &status, 0) == child);
  Require(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// An event of a cursor, or the empty one of its end.
void World::WriteJson(const crm_event_view& event, bool is_one) {
  crm_event_json_options options = CRM_EVENT_JSON_OPTIONS_INIT;
  options.flags = CRM_EVENT_JSON_AS_GIVEN;
  crm_buffer* json = nullptr;
  const crm_status status =
      crm_event_view_to_json(&event, event.source, &options, &json, &error_);
  Require((status == CRM_OK) == (json != nullptr));
  Require((status == CRM_OK) ==
          (is_one && (event.flags & CRM_EVENT_VIEW_OPENED) != 0));
  Took(status);
  crm_buffer_free(json);
}

void World::CallTenant(uint8_t verb) {
  switch (verb % 6) {
    case 0: {
      crm_tenant* const tenant = tenants_[bytes_.Next()];
      crm_snapshot*& slot = snapshots_[bytes_.Next()];
      crm_snapshot* made = nullptr;
      const crm_status status =
          crm_tenant_get_snapshot(tenant, nullptr, &made, &error_);
      return Keep(status, made, slot, crm_snapshot_free);
    }
    case 1: {
      crm_event_view event = {};
      const crm_status status =
          crm_event_cursor_next(cursors_[bytes_.Next()], &event, &error_);
      Took(status);
      return WriteJson(event, status == CRM_OK);
    }
    case 2:
      // Freed, and used again by whoever chooses this slot.
      crm_tenant_free(tenants_[bytes_.Next()]);
      crm_snapshot_free(snapshots_[bytes_.Next()]);
      return crm_event_cursor_free(cursors_[bytes_.Next()]);
    case 3: {
      crm_dry_run*& slot = dry_runs_[bytes_.Next()];
      crm_dry_run* made = nullptr;
      const crm_status status = crm_dry_run_new(&made, &error_);
      return Keep(status, made, slot, crm_dry_run_free);
    }
    case 4: {
      crm_profile*& slot = profiles_[bytes_.Next()];
      crm_profile* made = nullptr;
      const crm_status status = crm_profile_new(&made, &error_);
      return Keep(status, made, slot, crm_profile_free);
    }
    default: {
      crm_buffer* offset = nullptr;
      crm_tenant* const tenant = tenants_[bytes_.Next()];
      Took(crm_tenant_set_identity_settings(tenant, bytes_.Slice(), &error_));
      Took(crm_tenant_get_identity_settings(tenant, nullptr, &offset, &error_));
      crm_buffer_free(std::exchange(offset, nullptr));
      Took(crm_tenant_get_offset(tenant, bytes_.Slice(), nullptr, &offset,
                                 &error_));
      return crm_buffer_free(offset);
    }
  }
}

void World::Call() {
  const uint8_t verb = bytes_.Next();
  switch (verb & 3) {
    case 0:
      return CallStore(verb >> 2);
    case 1:
      return CallTenant(verb >> 2);
    case 2:
      return Append(verb >> 2);
    default:
      if ((verb >> 2) == 63) return Forked();
      if ((verb >> 2) >= 48) return Follow(verb >> 2);
      if ((verb >> 2) >= 40) return ReadAll(verb >> 2);
      return Read(verb >> 2);
  }
}

void World::End() {
  for (crm_event_cursor* cursor : cursors_.all) crm_event_cursor_free(cursor);
  for (crm_store_cursor* walk : walks_.all) crm_store_cursor_free(walk);
  for (crm_store_snapshot* whole : wholes_.all) crm_store_snapshot_free(whole);
  for (crm_snapshot* snapshot : snapshots_.all) crm_snapshot_free(snapshot);
  for (crm_profile* profile : profiles_.all) crm_profile_free(profile);
  for (crm_store* store : stores_.all) CloseStore(store);
  // After their stores: both orders are fine.
  for (crm_dry_run* dry_run : dry_runs_.all) crm_dry_run_free(dry_run);
  for (crm_tenant* tenant : tenants_.all) crm_tenant_free(tenant);
  for (crm_subscription* subscription : subscriptions_.all) {
    crm_subscription_free(subscription);
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::World world(crm::Bytes(data, size));
  world.Run();
  return 0;
}
