// Tenant: the handle through which everything of one tenant goes.

#include <utility>

#include "base/mutex.h"
#include "base/utf8.h"
#include "store/erased.h"
#include "store/request.h"
#include "store/sequencer.h"
#include "store/snapshot.h"
#include "store/tenant_impl.h"

namespace crm {
namespace {

// A request and what decodes it: buffers that are used again and again.
struct Desk {
  Request request;
  Preparer preparer;
};

class DeskPool {
 public:
  std::unique_ptr<Desk> Take() {
    MutexLock lock(mutex_);
    if (free_.empty()) return std::make_unique<Desk>();
    std::unique_ptr<Desk> desk = std::move(free_.back());
    free_.pop_back();
    return desk;
  }
  void Give(std::unique_ptr<Desk> desk) {
    // What a huge request needed is not kept.
    if (desk->request.bytes > kKeptBytes) return;
    desk->request.Reset();
    MutexLock lock(mutex_);
    if (free_.size() < kKept) free_.push_back(std::move(desk));
  }

 private:
  static constexpr size_t kKept = 16;
  static constexpr size_t kKeptBytes = size_t{4} << 20;
  Mutex mutex_;
  std::vector<std::unique_ptr<Desk>> free_ CRM_GUARDED_BY(mutex_);
};

DeskPool& Desks() {
  static DeskPool* pool = new DeskPool();  // Never destroyed.
  return *pool;
}

Status CheckAppendOptions(const AppendOptions& options) {
  if (options.offset.has_value()) {
    Status status = CheckName("offset.name", options.offset->name, 128);
    if (!status.ok()) return status;
    if (options.offset->value.size() > 1024) {
      return Status(StatusCode::kTooLarge, "offset.value: at most 1,024 bytes");
    }
  }
  return Status::Ok();
}

// The place of an append in its order: passed on every way out.
class Place {
 public:
  explicit Place(const AppendOptions& options) : options_(options) {}
  ~Place() { Pass(); }
  void Pass() {
    if (options_.order != nullptr) options_.order->Pass(options_.place);
  }

 private:
  const AppendOptions& options_;
};

template <typename T>
Result<AppendResult> AppendAll(Tenant::Impl& tenant, std::span<const T> events,
                               const AppendOptions& options) {
  StoreCore& core = *tenant.core;
  Place place(options);
  ReaderLock open(core.lifecycle);
  Status status = tenant.CheckOpenParts();
  if (status.ok() && core.unreadable) {
    status = Status(StatusCode::kReadOnly, "the store is open without keys");
  }
  if (status.ok()) status = CheckAppendOptions(options);
  if (!status.ok()) return status;
  Stopwatch watch;
  std::unique_ptr<Desk> desk = Desks().Take();
  Request* request = &desk->request;
  request->tenant = tenant.info;
  request->options = &options;
  request->sync =
      options.durability.value_or(core.options.durability) == Durability::kSync;
  status = desk->preparer.Prepare(&core, events, request);
  core.timings.prepare.fetch_add(watch.Nanoseconds());
  if (status.ok()) {
    if (options.order != nullptr) options.order->WaitFor(options.place);
    core.sequencer->Enqueue(request);
    place.Pass();
    core.sequencer->Await(request);
    status = std::move(request->status);
  }
  AppendResult result = std::move(request->result);
  Desks().Give(std::move(desk));
  if (!status.ok()) return status;
  // Nobody else does it, or cannot keep up: the caller lends a hand.
  if (core.CheckpointOverdue()) {
    status = core.Checkpoint();
    if (!status.ok()) core.Log(LogLevel::kError, status.ToString());
  }
  return result;
}

}  // namespace

std::shared_ptr<DryRun> NewDryRun() { return std::make_shared<DryRun>(); }

Tenant::Tenant(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

const std::string& Tenant::name() const { return impl_->info.name; }

Result<AppendResult> Tenant::Append(std::span<const Event> events,
                                    const AppendOptions& options) {
  return AppendAll(*impl_, events, options);
}

Result<AppendResult> Tenant::Append(const Event& event,
                                    const AppendOptions& options) {
  return AppendAll(*impl_, std::span<const Event>(&event, 1), options);
}

Result<AppendResult> Tenant::AppendJson(
    std::span<const std::string_view> events, const AppendOptions& options) {
  return AppendAll(*impl_, events, options);
}

Result<std::string> Tenant::GetOffset(std::string_view name) const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpenParts();
  if (!status.ok()) return status;
  std::string value;
  Result<bool> found =
      impl_->core->log->Get(kLogOps, OffsetKey(impl_->info.id, name), &value);
  if (!found.ok()) return std::move(found).status();
  if (!*found) return Status(StatusCode::kNotFound, "no such offset");
  return value;
}

Result<Snapshot> Tenant::GetSnapshot() const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpenParts();
  if (!status.ok()) return status;
  return Snapshot(std::make_unique<Snapshot::Impl>(impl_->core, impl_->info));
}

Result<EventCursor> Tenant::Replay(const ReplayQuery& query) const {
  Result<Snapshot> snapshot = GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  return snapshot->Replay(query);
}

Result<CustomerId> Tenant::FindCustomer(const Identifier& identifier) const {
  Result<Snapshot> snapshot = GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  return snapshot->FindCustomer(identifier);
}

Result<Customer> Tenant::GetCustomer(CustomerId customer) const {
  Result<Snapshot> snapshot = GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  return snapshot->GetCustomer(customer);
}

Result<Profile> Tenant::GetProfile(CustomerId customer) const {
  Profile profile;
  Status status = GetProfile(customer, &profile);
  if (!status.ok()) return status;
  return profile;
}

// As a rule one row says it all, so that no snapshot is needed.
Status Tenant::GetProfile(CustomerId customer, Profile* profile) const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpen();
  if (!status.ok()) return status;
  status = impl_->core->views->profile().Read(impl_->info.id, customer, nullptr,
                                              profile);
  if (status.code() != StatusCode::kNotFound) return status;
  Result<Members> members = impl_->core->views->identity().MembersOf(
      impl_->info.id, customer, *impl_->core->views->overlay().OpenView());
  if (!members.ok()) return std::move(members).status();
  if (!members->records.empty()) return ErasedCustomer(customer);
  return Status(StatusCode::kNotFound,
                "no customer " + std::to_string(customer));
}

Result<TimelinePage> Tenant::GetTimeline(CustomerId customer,
                                         const TimelineQuery& query) const {
  Result<Snapshot> snapshot = GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  return snapshot->GetTimeline(customer, query);
}

Result<Position> Tenant::WaitForEvents(
    Position after, std::chrono::milliseconds timeout) const {
  ReaderLock open(impl_->core->lifecycle);
  Status status = impl_->CheckOpenParts();
  if (!status.ok()) return status;
  return impl_->core->sequencer->WaitPast(after, timeout);
}

// --- Conditions --------------------------------------------------------------

Condition Condition::CustomerVersion(CustomerId customer, Position version) {
  Condition condition;
  condition.kind = Kind::kCustomerVersion;
  condition.customer = customer;
  condition.version = version;
  return condition;
}

Condition Condition::NoCustomer(Identifier identifier) {
  Condition condition;
  condition.kind = Kind::kNoCustomer;
  condition.identifier = std::move(identifier);
  return condition;
}

Condition Condition::CustomerExists(Identifier identifier) {
  Condition condition;
  condition.kind = Kind::kCustomerExists;
  condition.identifier = std::move(identifier);
  return condition;
}

Condition Condition::IdentifierAbsent(Identifier identifier) {
  Condition condition;
  condition.kind = Kind::kIdentifierAbsent;
  condition.identifier = std::move(identifier);
  return condition;
}

Condition Condition::NoEventSince(CustomerId customer, std::string type,
                                  Position after) {
  Condition condition;
  condition.kind = Kind::kNoEventSince;
  condition.customer = customer;
  condition.type = std::move(type);
  condition.version = after;
  return condition;
}

}  // namespace crm
