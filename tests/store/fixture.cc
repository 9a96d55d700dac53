#include "store/fixture.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace crm {

Scratch::Scratch() {
  const bool fast = access("/dev/shm", W_OK) == 0;
  const std::filesystem::path parent =
      fast ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string name = parent / "crm-XXXXXX";
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Timestamp StillClock::Now() {
  return Timestamp(std::chrono::microseconds(now_.load()));
}

LogCallback LogLines::Callback() {
  return [lines = lines_](LogLevel, std::string_view message) {
    std::lock_guard<std::mutex> lock(lines->mutex);
    lines->text.append(message).append("\n");
  };
}

std::string LogLines::Text() const {
  std::lock_guard<std::mutex> lock(lines_->mutex);
  return lines_->text;
}

StoreOptions Quick() {
  StoreOptions options;
  options.create_if_missing = true;
  options.durability = Durability::kOs;
  options.background_threads = 0;
  return options;
}

Store MustOpen(const std::string& path, const StoreOptions& options) {
  Result<Store> store = Store::Open(path, options);
  REQUIRE_OK(store);
  return *std::move(store);
}

Store MustOpenInMemory(const StoreOptions& options) {
  Result<Store> store = Store::OpenInMemory(options);
  REQUIRE_OK(store);
  return *std::move(store);
}

Tenant MustTenant(Store& store, std::string_view name) {
  Result<Tenant> tenant = store.Tenant(name);
  REQUIRE_OK(tenant);
  return *std::move(tenant);
}

Timestamp At(int64_t us) {
  return Timestamp(std::chrono::microseconds(1767225600000000 + us));
}

Event MakeEvent(std::string id, std::vector<Identifier> identifiers,
                std::string payload) {
  Event event;
  event.id = std::move(id);
  event.type = "scl.booking.made";
  event.source = "scl";
  event.identifiers = std::move(identifiers);
  event.payload = std::move(payload);
  return event;
}

Event MemberEvent(std::string id, int customer) {
  return MakeEvent(std::move(id),
                   {{"sclMemberId", "m-" + std::to_string(customer)}});
}

AppendResult MustAppend(Tenant& tenant, const std::vector<Event>& events,
                        const AppendOptions& options) {
  Result<AppendResult> result = tenant.Append(events, options);
  REQUIRE_OK(result);
  REQUIRE(result->events.size() == events.size());
  return *std::move(result);
}

EventOutcome MustAppendOne(Tenant& tenant, const Event& event,
                           const AppendOptions& options) {
  return MustAppend(tenant, {event}, options).events[0];
}

void Fill(Tenant& tenant, const std::string& prefix, int count, int customers) {
  std::vector<Event> events;
  for (int i = 0; i < count; ++i) {
    Event event = MemberEvent(prefix + std::to_string(i), i % customers);
    event.payload = "{\"n\":" + std::to_string(i) +
                    ",\"traits\":{\"last\":" + std::to_string(i) + "}}";
    event.occurred_at = At(int64_t{i} * 60'000'000);
    events.push_back(std::move(event));
    if (events.size() == 500 || i + 1 == count) {
      MustAppend(tenant, events);
      events.clear();
    }
  }
}

std::vector<std::string> Walk(Result<EventCursor> cursor) {
  REQUIRE_OK(cursor);
  std::vector<std::string> lines;
  EventView event;
  while (true) {
    const Result<bool> more = cursor->Next(&event);
    REQUIRE_OK(more);
    if (!*more) return lines;
    lines.push_back(
        std::to_string(event.position) + " " + std::to_string(event.record) +
        "/" + std::to_string(event.customer) + "/" +
        std::to_string(event.revision) + " " + EventToJson(event, "t"));
  }
}

std::vector<Position> Positions(Result<EventCursor> cursor) {
  REQUIRE_OK(cursor);
  std::vector<Position> positions;
  EventView event;
  while (true) {
    const Result<bool> more = cursor->Next(&event);
    REQUIRE_OK(more);
    if (!*more) return positions;
    positions.push_back(event.position);
  }
}

namespace {

std::string Text(Timestamp time) {
  return std::to_string(time.time_since_epoch().count());
}

std::string Text(const Customer& customer) {
  std::string text = "customer " + std::to_string(customer.id) + " version " +
                     std::to_string(customer.version) + " events " +
                     std::to_string(customer.events) + "\n";
  for (const CustomerRecord& record : customer.records) {
    text += "  record " + std::to_string(record.record) + " " + record.source +
            " " + std::to_string(record.events) + " at " +
            std::to_string(record.linked_at) + " by " + record.matched_by +
            " " + std::to_string(record.confidence) + " with " +
            std::to_string(record.linked_to) + "\n";
  }
  for (const CustomerId retired : customer.retired) {
    text += "  once " + std::to_string(retired) + "\n";
  }
  return text;
}

std::string Text(const Profile& profile) {
  std::string text = "  profile version " + std::to_string(profile.version) +
                     " events " + std::to_string(profile.events) + " " +
                     Text(*profile.first_seen) + ".." +
                     Text(*profile.last_seen) + "\n";
  for (const Trait& trait : profile.traits) {
    text += "  " + trait.name + "=" + trait.value + " at " +
            Text(trait.occurred_at) + " by " + trait.source + " in " +
            std::to_string(trait.position) + "\n";
  }
  return text;
}

std::string Text(const TimelinePage& page) {
  std::string text = "  timeline of " + std::to_string(page.total) + "\n";
  for (const TimelineEntry& entry : page.entries) {
    text += "  " + std::to_string(entry.position) + " " +
            Text(entry.occurred_at) + " " + entry.type + " " + entry.source +
            " " + std::to_string(entry.record) + " " + entry.id + " " +
            entry.payload + "\n";
  }
  return text;
}

}  // namespace

std::string Everything(const Snapshot& snapshot) {
  const Result<TenantStats> stats = snapshot.GetStats();
  REQUIRE_OK(stats);
  std::string text = "events " + std::to_string(stats->events) + " records " +
                     std::to_string(stats->records) + " unattributed " +
                     std::to_string(stats->unattributed) + " contested " +
                     std::to_string(stats->contested) + "\n";
  text += "customers " + std::to_string(stats->customers) + " reviews " +
          std::to_string(stats->open_reviews) + "\n";
  for (CustomerId id = 1; id <= stats->last_customer; ++id) {
    const Result<Customer> customer = snapshot.GetCustomer(id);
    if (customer.status().code() == StatusCode::kErased) {
      text += "customer " + std::to_string(id) + " was erased\n";
      continue;
    }
    REQUIRE_OK(customer);
    const Result<Profile> profile = snapshot.GetProfile(id);
    REQUIRE_OK(profile);
    TimelineQuery query;
    query.limit = 1000;
    const Result<TimelinePage> page = snapshot.GetTimeline(id, query);
    REQUIRE_OK(page);
    text += Text(*customer) + Text(*profile) + Text(*page);
  }
  for (const std::string& line : Walk(snapshot.Replay(ReplayQuery()))) {
    text += line + "\n";
  }
  return text;
}

std::string Everything(const Tenant& tenant) {
  const Result<Snapshot> snapshot = tenant.GetSnapshot();
  REQUIRE_OK(snapshot);
  return Everything(*snapshot);
}

std::string Findings(const VerifyReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += finding.room + " " + finding.tenant + " " +
            std::to_string(finding.customer) + " " +
            std::to_string(finding.position) + " " + finding.detail + "\n";
  }
  return text;
}

void CheckSound(Store& store) {
  const Result<VerifyReport> report = store.Verify();
  REQUIRE_OK(report);
  INFO(Findings(*report));
  CHECK(report->sound());
}

}  // namespace crm
