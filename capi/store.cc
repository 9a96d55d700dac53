// Store: opening, closing, copies, statistics.

#include <limits>

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "crm/backup.h"

namespace crm::capi {

Status Writing::Begin() const {
  if (!health_.broken.load()) return Status::Ok();
  return Status(StatusCode::kReadOnly,
                "an earlier call ran out of memory; close the store and open "
                "it again");
}

void StoreHealth::EndDryRuns() {
  std::lock_guard<std::mutex> lock(mutex);
  for (const std::weak_ptr<DryRunBox>& one : dry_runs) {
    if (const auto box = one.lock()) box->run = nullptr;
  }
  dry_runs.clear();
}

namespace {

constexpr uint32_t kStoreFlags =
    CRM_STORE_CREATE_IF_MISSING | CRM_STORE_ERROR_IF_EXISTS |
    CRM_STORE_NO_BACKGROUND_THREAD | CRM_STORE_ACCEPT_ROLLBACK |
    CRM_STORE_UNSEALED_FOR_TESTS | CRM_STORE_UNCOMPRESSED |
    CRM_STORE_ALLOW_UNREADABLE;

class CallbackClock final : public Clock {
 public:
  CallbackClock(crm_clock_callback now, UserData user_data)
      : now_(now), user_data_(std::move(user_data)) {}

  // A time before all others: the store then takes that of its last event.
  Timestamp Now() override {
    int64_t us = 0;
    if (now_(user_data_.get(), &us) != 0) us = kNoTime;
    return Time(us);
  }

 private:
  static constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();
  const crm_clock_callback now_;
  const UserData user_data_;
};

int32_t LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return CRM_LOG_INFO;
    case LogLevel::kWarning:
      return CRM_LOG_WARNING;
    case LogLevel::kError:
      break;
  }
  return CRM_LOG_ERROR;
}

// Callbacks first: whatever is wrong with the rest, they are destroyed.
Status ReadCallbacks(const crm_store_options* options, crm_store_options* in,
                     StoreOptions* out) {
  PassingUserData clock(in->clock_user_data, in->clock_destroy);
  PassingUserData log(in->log_user_data, in->log_destroy);
  Status status = ReadOptions(options, "options", kStoreFlags, in);
  if (!status.ok()) return status;
  if (in->clock != nullptr) {
    out->clock = std::make_shared<CallbackClock>(in->clock, clock.Give());
  }
  if (in->log != nullptr) {
    out->log = [function = in->log, data = log.Give()](
                   LogLevel level, std::string_view message) {
      function(data.get(), LevelOf(level), Slice(message));
    };
  }
  return status;
}

void ReadSizes(const crm_store_options& in, StoreOptions* out) {
  if (in.checkpoint_bytes != 0) out->checkpoint_bytes = in.checkpoint_bytes;
  if (in.checkpoint_records != 0) {
    out->checkpoint_records = in.checkpoint_records;
  }
  if (in.resident_bytes != 0) out->resident_bytes = in.resident_bytes;
  if (in.block_cache_bytes != 0) out->block_cache_bytes = in.block_cache_bytes;
}

Status ReadStoreOptions(const crm_store_options* options, StoreOptions* out) {
  crm_store_options in = CRM_STORE_OPTIONS_INIT;
  Status status = ReadCallbacks(options, &in, out);
  if (!status.ok()) return status;
  ReadSizes(in, out);
  status = CheckSlice(in.key_file, "options.key_file");
  if (status.ok()) {
    status = CheckSlice(in.default_region, "options.default_region");
  }
  if (!status.ok()) return status;
  std::optional<Durability> durability;
  status = ReadDurability(in.durability, &durability);
  if (!status.ok()) return status;
  out->durability = durability.value_or(Durability::kSync);
  const auto has = [&](uint32_t flag) { return (in.flags & flag) != 0; };
  out->create_if_missing = has(CRM_STORE_CREATE_IF_MISSING);
  out->error_if_exists = has(CRM_STORE_ERROR_IF_EXISTS);
  out->background_threads = has(CRM_STORE_NO_BACKGROUND_THREAD) ? 0 : 1;
  out->accept_rollback = has(CRM_STORE_ACCEPT_ROLLBACK);
  out->allow_unreadable = has(CRM_STORE_ALLOW_UNREADABLE);
  out->seal = !has(CRM_STORE_UNSEALED_FOR_TESTS);
  out->insecure_for_tests = has(CRM_STORE_UNSEALED_FOR_TESTS);
  out->compress_blocks = !has(CRM_STORE_UNCOMPRESSED);
  if (in.key_file.size != 0) {
    status = CheckPath(in.key_file, "options.key_file");
    out->key_file = View(in.key_file);
  }
  out->default_region = View(in.default_region);
  if (status.ok() && in.key_provider != nullptr) {
    status = Check(in.key_provider, "options.key_provider");
    if (status.ok()) out->key_provider = StateOf(in.key_provider);
  }
  return status;
}

Status CheckFlagsOnly(const crm_checkpoint_options* in) {
  crm_checkpoint_options options = CRM_CHECKPOINT_OPTIONS_INIT;
  const Status status = ReadOptions(in, "options", 0, &options);
  return status.ok() ? CheckReserved(options.reserved) : status;
}

crm_tenant_stats Show(const TenantStats& from) {
  crm_tenant_stats out = {};
  out.tenant = Slice(from.tenant);
  out.events = from.events;
  out.customers = from.customers;
  out.records = from.records;
  out.unattributed = from.unattributed;
  out.last_customer = from.last_customer;
  out.open_reviews = from.open_reviews;
  out.contested = from.contested;
  out.schema_warnings = from.schema_warnings;
  out.erased_customers = from.erased_customers;
  out.refused_events = from.refused_events;
  return out;
}

void Fill(StoreStatsState* state) {
  const StoreStats& from = state->stats;
  for (const TenantStats& tenant : from.tenants) {
    state->tenants.push_back(Show(tenant));
  }
  crm_store_stats_view& view = state->view;
  view.head = from.head;
  view.events = from.events;
  view.derived = from.derived;
  view.customers = from.customers;
  view.records = from.records;
  view.unattributed = from.unattributed;
  view.contested = from.contested;
  view.checkpoint = from.checkpoint;
  view.log_bytes = from.log_bytes;
  view.keys_bytes = from.keys_bytes;
  view.views_bytes = from.views_bytes;
  view.memory_bytes = from.memory_bytes;
  view.prepare_ns = from.prepare_ns;
  view.sequence_ns = from.sequence_ns;
  view.write_ns = from.write_ns;
  view.checkpoint_ns = from.checkpoint_ns;
  view.longest_pause_ns = from.longest_pause_ns;
  view.tenants = state->tenants.data();
  view.tenant_count = state->tenants.size();
}

// Runs `call(store)`, which writes, and gives its Status.
template <typename Call>
Status WriteTo(crm_store* store, Call call) {
  const Status status = Check(store, "store");
  if (!status.ok()) return status;
  return Write(StateOf(store),
               [&](StoreState& state) { return call(state.store); });
}

Status Give(const Result<BackupReport>& made, crm_backup_report* out) {
  if (made.ok() && out != nullptr) {
    out->head = made->head;
    out->files = made->files;
    out->bytes = made->bytes;
  }
  return made.status();
}

Status CheckBackupOptions(const crm_backup_options* options) {
  crm_backup_options in = CRM_BACKUP_OPTIONS_INIT;
  const Status status = ReadOptions(options, "options", 0, &in);
  return status.ok() ? CheckReserved(in.reserved) : status;
}

Status Backup(crm_store* store, crm_slice directory,
              const crm_backup_options* options, crm_backup_report* out,
              Result<BackupReport> (*make)(Store&, const std::string&)) {
  if (out != nullptr) *out = crm_backup_report();
  return WriteTo(store, [&](Store& own) -> Status {
    Status status = CheckBackupOptions(options);
    if (status.ok()) status = CheckPath(directory, "directory");
    if (!status.ok()) return status;
    return Give(make(own, std::string(View(directory))), out);
  });
}

}  // namespace

crm_name_list* NewNameList(std::vector<std::string> names) {
  auto list = std::make_unique<NameListState>(NameListState{std::move(names)});
  for (const std::string& text : list->texts) {
    list->names.push_back(Slice(text));
  }
  list->view.names = list->names.data();
  list->view.count = list->names.size();
  return Adopt<crm_name_list>(std::move(list));
}

}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_store_open(crm_slice directory, const crm_store_options* options,
                          crm_store** out, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::StoreOptions own;
    crm::Status status = ReadStoreOptions(options, &own);
    crm::Status usable = CheckOut(out);
    if (!usable.ok()) return usable;
    if (status.ok()) status = CheckPath(directory, "directory");
    if (!status.ok()) return status;
    auto store = crm::Store::Open(std::string(View(directory)), own);
    if (!store.ok()) return store.status();
    *out = Make<crm_store>(*std::move(store));
    return status;
  });
}

crm_status crm_store_open_in_memory(const crm_store_options* options,
                                    crm_store** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::StoreOptions own;
    crm::Status status = ReadStoreOptions(options, &own);
    crm::Status usable = CheckOut(out);
    if (!usable.ok()) return usable;
    if (!status.ok()) return status;
    auto store = crm::Store::OpenInMemory(own);
    if (!store.ok()) return store.status();
    *out = Make<crm_store>(*std::move(store));
    return status;
  });
}

crm_status crm_store_close(crm_store* store, crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (store == nullptr) return crm::Status::Ok();
    crm::Status status = Check(store, "store");
    if (!status.ok()) return status;
    status = StateOf(store).store.Close();
    if (status.code() != crm::StatusCode::kFailedPrecondition) {
      StateOf(store).health->EndDryRuns();
    }
    if (status.code() != crm::StatusCode::kFailedPrecondition &&
        status.code() != crm::StatusCode::kOutOfMemory) {
      Free(store);
    }
    return status;
  });
}

crm_status crm_store_sync(crm_store* store, crm_error** error) noexcept {
  return Guard(error, [&] {
    return WriteTo(store, [](crm::Store& own) { return own.Sync(); });
  });
}

crm_status crm_store_maintain(crm_store* store, uint64_t budget_us,
                              int32_t* more, crm_error** error) noexcept {
  return Guard(error, [&] {
    if (more != nullptr) *more = 0;
    return WriteTo(store, [&](crm::Store& own) -> crm::Status {
      constexpr uint64_t kDay = 86'400'000'000;
      const auto left = own.Maintain(std::chrono::microseconds(
          static_cast<int64_t>(std::min(budget_us, kDay))));
      if (left.ok() && more != nullptr) *more = *left ? 1 : 0;
      return left.status();
    });
  });
}

crm_status crm_store_flush(crm_store* store, crm_error** error) noexcept {
  return Guard(error, [&] {
    return WriteTo(store, [](crm::Store& own) { return own.Flush(); });
  });
}

crm_status crm_store_checkpoint(crm_store* store, crm_slice directory,
                                const crm_checkpoint_options* options,
                                crm_error** error) noexcept {
  return Guard(error, [&] {
    return WriteTo(store, [&](crm::Store& own) -> crm::Status {
      crm::Status status = CheckPath(directory, "directory");
      if (status.ok()) status = CheckFlagsOnly(options);
      if (!status.ok()) return status;
      return own.Checkpoint(std::string(View(directory)));
    });
  });
}

crm_status crm_backup_store(crm_store* store, crm_slice directory,
                            const crm_backup_options* options,
                            crm_backup_report* out,
                            crm_error** error) noexcept {
  return Guard(error, [&] {
    return Backup(store, directory, options, out, &crm::BackupStore);
  });
}

crm_status crm_backup_keys(crm_store* store, crm_slice directory,
                           const crm_backup_options* options,
                           crm_backup_report* out, crm_error** error) noexcept {
  return Guard(error, [&] {
    return Backup(store, directory, options, out, &crm::BackupKeys);
  });
}

crm_status crm_verify_backup(crm_slice directory,
                             const crm_backup_options* options,
                             crm_backup_report* out,
                             crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = crm_backup_report();
    crm::Status status = CheckPath(directory, "directory");
    if (status.ok()) status = CheckBackupOptions(options);
    if (!status.ok()) return status;
    return Give(crm::VerifyBackup(std::string(View(directory))), out);
  });
}

crm_status crm_restore_store(crm_slice data, crm_slice keys,
                             crm_slice directory,
                             const crm_store_options* options,
                             crm_backup_report* out,
                             crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = crm_backup_report();
    crm::StoreOptions own;
    crm::Status status = ReadStoreOptions(options, &own);
    if (status.ok()) status = CheckPath(data, "data");
    if (status.ok()) status = CheckSlice(keys, "keys");
    if (status.ok()) status = CheckPath(directory, "directory");
    if (!status.ok()) return status;
    return Give(
        crm::RestoreStore(std::string(View(data)), std::string(View(keys)),
                          std::string(View(directory)), own),
        out);
  });
}

crm_status crm_store_get_default_region(crm_store* store, crm_buffer** out,
                                        crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(store, "store");
    if (status.ok()) GiveBuffer(StateOf(store).store.default_region(), out);
    return status;
  });
}

crm_status crm_store_get_key_file(crm_store* store, crm_buffer** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(store, "store");
    if (status.ok()) GiveBuffer(StateOf(store).store.key_file(), out);
    return status;
  });
}

crm_status crm_store_get_tenant_names(crm_store* store,
                                      const crm_read_options* options,
                                      crm_name_list** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(store, options, out);
    if (!status.ok()) return status;
    *out = NewNameList(StateOf(store).store.TenantNames());
    return status;
  });
}

const crm_name_list_view* crm_name_list_read(
    const crm_name_list* list) noexcept {
  return ReadView(list);
}

void crm_name_list_free(crm_name_list* list) noexcept { Free(list); }

crm_status crm_store_get_stats(crm_store* store,
                               const crm_read_options* options,
                               crm_store_stats** out,
                               crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(store, options, out);
    if (!status.ok()) return status;
    auto stats = StateOf(store).store.GetStats();
    if (!stats.ok()) return stats.status();
    auto state =
        std::make_unique<StoreStatsState>(StoreStatsState{*std::move(stats)});
    Fill(state.get());
    *out = Adopt<crm_store_stats>(std::move(state));
    return status;
  });
}

const crm_store_stats_view* crm_store_stats_read(
    const crm_store_stats* stats) noexcept {
  return ReadView(stats);
}

void crm_store_stats_free(crm_store_stats* stats) noexcept { Free(stats); }
