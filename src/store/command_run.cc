#include "store/command_run.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/hex.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "crm/sha256.h"
#include "format/json.h"
#include "identity/settings.h"
#include "store/carry.h"
#include "store/erased.h"
#include "store/refusal.h"

namespace crm {
namespace {

constexpr int kAttempts = 8;
constexpr size_t kMaxCallId = 200;
constexpr size_t kMaxSource = 128;
constexpr size_t kMaxNote = 2048;
constexpr std::string_view kRowPrefix = "crm/verify/";
// Of SHA-256: a name needs no more.
constexpr size_t kRowDigits = 32;

// The value of a member of `metadata` that commands write, as text.
std::string CommandHash(std::string_view metadata) {
  std::string hash;
  Status status = ForEachMember(
      metadata, [&](std::string_view key, std::string_view value) {
        if (key == "commandHash") hash = JsonScalarText(value);
        return true;
      });
  return status.ok() ? hash : std::string();
}

}  // namespace

std::string_view CommandView::Trait(std::string_view name) const {
  const crm::Trait* trait = profile.Find(name);
  return trait == nullptr ? "null" : std::string_view(trait->value);
}

std::string CommandView::Text(std::string_view name) const {
  const std::string_view json = Trait(name);
  return json.starts_with('"') ? JsonScalarText(json) : std::string();
}

Timestamp CommandView::After(
    Timestamp at, const std::vector<std::string_view>& traits) const {
  for (const std::string_view name : traits) {
    const crm::Trait* trait = profile.Find(name);
    if (trait == nullptr) continue;
    at = std::max(at, trait->occurred_at + std::chrono::microseconds(1));
  }
  return at;
}

void PayloadWriter::Text(std::string_view name, std::string_view text) {
  if (text.empty()) return;
  std::string json;
  AppendJsonString(text, &json);
  Raw(name, json);
}

void PayloadWriter::Raw(std::string_view name, std::string_view json) {
  if (out_.size() > 1) out_.push_back(',');
  AppendJsonString(name, &out_);
  out_.append(":").append(json);
}

std::string PayloadWriter::Take() { return std::exchange(out_, "{") + "}"; }

CommandRun::CommandRun(Tenant& tenant, const Tenant::Impl& impl,
                       const CommandCall& call, std::string_view command,
                       std::string_view content)
    : tenant_(tenant), impl_(impl), call_(call), command_(command) {
  Sha256Hasher hasher;
  const std::string at = std::to_string(call.at.time_since_epoch().count());
  for (const std::string_view part :
       {command, std::string_view(at), std::string_view(call.ip_address),
        std::string_view(call.user_agent), content}) {
    hasher.Add(std::to_string(part.size()) + ":");
    hasher.Add(part);
  }
  hash_ = hasher.Finish();
}

Status CommandRun::CheckCall() const {
  Status status = CheckName("id", call_.id, kMaxCallId);
  if (status.ok()) status = CheckName("source", call_.source, kMaxSource);
  if (!status.ok()) return status;
  if (call_.at == Timestamp()) return BadMember("at", "missing");
  if (!InTimeRange(call_.at)) return BadMember("at", "out of range");
  if (call_.ip_address.size() > kMaxNote ||
      call_.user_agent.size() > kMaxNote) {
    return Status(StatusCode::kTooLarge,
                  "ip_address, user_agent: at most 2,048 bytes each");
  }
  return Status::Ok();
}

Result<Position> CommandRun::Find(std::string_view id) const {
  const StoreCore& core = *impl_.core;
  ReaderLock open(core.lifecycle);
  Status status = impl_.CheckOpen();
  if (!status.ok()) return status;
  std::string named = call_.source;
  named.push_back('\0');
  named += id;
  const std::shared_ptr<View> view = core.views->overlay().OpenView();
  Result<KnownEvent> known = core.views->event().Find(
      impl_.info.id, SipHash128(impl_.info.keys->dedupe, named), *view);
  if (!known.ok()) return std::move(known).status();
  return known->position;
}

Result<bool> CommandRun::ReadDone(Position position, CommandResult* result) {
  ReplayQuery query;
  query.first = query.last = position;
  Result<EventCursor> cursor = tenant_.Replay(query);
  if (!cursor.ok()) return std::move(cursor).status();
  EventView event;
  Result<bool> more = cursor->Next(&event);
  if (!more.ok() || !*more) return more;
  if (!event.opened && !event.expired) return ErasedCustomer(event.customer);
  // Of a call whose time is over nothing but its id is left.
  if (!event.expired && CommandHash(event.metadata) != hash_) {
    return Status(StatusCode::kIdConflict,
                  "id: of another call, or of an event");
  }
  Result<Customer> customer = tenant_.GetCustomer(event.customer);
  if (!customer.ok()) return std::move(customer).status();
  result->customer = customer->id;
  result->types.emplace_back(event.type);
  result->positions.push_back(position);
  return true;
}

Result<bool> CommandRun::Begin(CommandResult* result) {
  *result = CommandResult();
  Status status = CheckCall();
  if (!status.ok()) return status;
  for (int n = 1;; ++n) {
    const Result<Position> position = Find(call_.id + "/" + std::to_string(n));
    if (!position.ok()) return position.status();
    if (*position == 0) break;
    Result<bool> read = ReadDone(*position, result);
    if (!read.ok()) return read;
  }
  result->repeated = !result->types.empty();
  return result->repeated;
}

IdentifierClass CommandRun::ClassOf(std::string_view spelling,
                                    std::string* name) const {
  const auto definitions = impl_.core->DefinitionsOf(impl_.info.id);
  const NamespaceInfo info =
      Classify(IdentityAt(definitions.get(), kEveryPosition), spelling);
  *name = info.name;
  return info.klass;
}

Result<Hash128> CommandRun::HashOf(const Identifier& identifier) const {
  const StoreCore& core = *impl_.core;
  ReaderLock open(core.lifecycle);
  Status status = impl_.CheckOpen();
  if (!status.ok()) return status;
  const auto definitions = core.DefinitionsOf(impl_.info.id);
  return core.views->identity().HashOf(
      impl_.info.id, identifier, IdentityAt(definitions.get(), kEveryPosition),
      call_.source);
}

Status CommandRun::CheckIdentifier(std::string_view member,
                                   const Identifier& identifier) const {
  const Status status = HashOf(identifier).status();
  return status.ok() ? status : BadMember(member, status.message());
}

bool CommandRun::IsSame(std::string_view name_space, std::string_view a,
                        std::string_view b) const {
  const Result<Hash128> first =
      HashOf({std::string(name_space), std::string(a)});
  const Result<Hash128> second =
      HashOf({std::string(name_space), std::string(b)});
  return first.ok() && second.ok() ? *first == *second : a == b;
}

CustomerId CommandRun::OwnerOf(const Identifier& identifier) const {
  const Result<CustomerId> owner = tenant_.FindCustomer(identifier);
  return owner.ok() ? *owner : 0;
}

Status CommandRun::See(CustomerId customer, CommandView* view) const {
  *view = CommandView();
  Result<Snapshot> snapshot = tenant_.GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  Result<Customer> found = snapshot->GetCustomer(customer);
  if (!found.ok()) return std::move(found).status();
  view->customer = *std::move(found);
  const CustomerId id = view->customer.id;
  Status status = snapshot->GetProfile(id, &view->profile);
  if (!status.ok()) return status;
  // How she is called: an account, of her newest event that has one.
  std::optional<Identifier> fallback;
  const auto take = [&](std::string_view name, std::string_view json) {
    Identifier one{std::string(name), JsonScalarText(json)};
    const Result<CustomerId> owner = snapshot->FindCustomer(one);
    if (!owner.ok() || *owner != id) return true;
    std::string canonical;
    const IdentifierClass klass = ClassOf(name, &canonical);
    if (klass == IdentifierClass::kExclusive) {
      view->identifiers = {std::move(one)};
      view->has_account = true;
      return false;
    }
    const bool now = (canonical == "email" || canonical == "phoneNumber") &&
                     IsSame(canonical, one.value, view->Text(canonical));
    if (now && !fallback.has_value()) fallback = std::move(one);
    return true;
  };
  ReplayQuery query;
  query.customer = id;
  query.backward = true;
  Result<EventCursor> cursor = snapshot->Replay(query);
  if (!cursor.ok()) return std::move(cursor).status();
  EventView event;
  while (!view->has_account) {
    Result<bool> more = cursor->Next(&event);
    if (!more.ok()) return std::move(more).status();
    if (!*more) break;
    std::string carried;
    if (event.expired) {
      ReaderLock open(impl_.core->lifecycle);
      status = impl_.core->CheckOpen();
      if (status.ok()) {
        status = ReadCarriedIdentity(*impl_.core, event.position, &carried);
      }
      if (!status.ok()) return status;
    }
    const std::string_view identity = event.expired ? carried : event.identity;
    if (identity.empty()) continue;
    status = ForEachMember(identity, take);
    if (!status.ok()) return status;
  }
  if (view->has_account) return status;
  if (!fallback.has_value()) {
    return Status(StatusCode::kFailedPrecondition,
                  "customer: none of her events says how she is called now");
  }
  view->identifiers = {*std::move(fallback)};
  return status;
}

void CommandRun::Add(std::string_view type, Timestamp at,
                     const std::vector<Identifier>& identifiers,
                     std::string payload) {
  Event& event = events_.emplace_back();
  event.id = call_.id + "/" + std::to_string(events_.size());
  event.type = type;
  event.source = call_.source;
  event.occurred_at = at;
  event.correlation_id = call_.id;
  event.identifiers = identifiers;
  event.payload = std::move(payload);
  PayloadWriter metadata;
  metadata.Text("command", command_);
  metadata.Text("commandHash", hash_);
  metadata.Text("ipAddress", call_.ip_address);
  metadata.Text("userAgent", call_.user_agent);
  event.metadata = metadata.Take();
}

std::string CommandRun::RowName(std::string_view source, std::string_view id) {
  Sha256Hasher hasher;
  hasher.Add(source);
  hasher.Add(std::string_view("\0", 1));
  hasher.Add(id);
  return std::string(kRowPrefix) + hasher.Finish().substr(0, kRowDigits);
}

void CommandRun::KeepRequest(const EmailVerification& verification) {
  const auto until = verification.expires_at.time_since_epoch().count();
  KeepRow(RowName(call_.source, events_.back().id),
          verification.token_sha256 + " " + std::to_string(until));
}

void CommandRun::KeepRow(std::string name, std::string value) {
  options_.offset = HostOffset{std::move(name), std::move(value)};
}

Status CommandRun::Append(CommandResult* result) {
  if (events_.empty()) return Status::Ok();
  Result<AppendResult> done = tenant_.Append(events_, options_);
  if (!done.ok()) return std::move(done).status();
  if (done->appended == 0) {
    return Status(StatusCode::kConflict, "id: done just now by another thread");
  }
  result->customer = done->events.front().customer;
  result->new_customer = done->customers_created > 0;
  for (size_t i = 0; i < events_.size(); ++i) {
    result->types.push_back(events_[i].type);
    result->positions.push_back(done->events[i].position);
  }
  return Status::Ok();
}

Result<CommandResult> CommandRun::Run(
    const std::function<Status(CommandResult*)>& decide) {
  Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    CommandResult result;
    const Result<bool> done = Begin(&result);
    if (!done.ok()) return done.status();
    if (*done) return result;
    events_.clear();
    options_ = AppendOptions();
    status = decide(&result);
    if (!status.ok()) return status;
    status = Append(&result);
    if (status.ok()) return result;
    // The same call, made at once by another thread, comes to the same event
    // ids; the next look finds what it did.
    if (status.code() != StatusCode::kConflict &&
        status.code() != StatusCode::kIdConflict) {
      return status;
    }
  }
  return status;
}

Status CheckVerification(const EmailVerification& verification, Timestamp at) {
  std::string digest;
  if (verification.token_sha256.size() != 64 ||
      !ReadHex(verification.token_sha256, &digest)) {
    return BadMember("token_sha256", "must be 64 hexadecimal digits");
  }
  if (!InTimeRange(verification.expires_at) || verification.expires_at <= at) {
    return BadMember("expires_at", "not after the call");
  }
  return Status::Ok();
}

}  // namespace crm
