#include "fault/small_store.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace crm {
namespace {

constexpr uint64_t kCustomers = 150;

void Add(std::string* text, uint64_t value) {
  *text += std::to_string(value);
  *text += ' ';
}

void Add(std::string* text, const std::optional<Timestamp>& time) {
  Add(text, time.has_value()
                ? static_cast<uint64_t>(time->time_since_epoch().count())
                : 0);
}

Status DescribeEvents(const Snapshot& snapshot, const std::string& tenant,
                      std::string* text) {
  Result<EventCursor> cursor = snapshot.Replay({});
  if (!cursor.ok()) return std::move(cursor).status();
  EventView view;
  while (true) {
    Result<bool> more = cursor->Next(&view);
    if (!more.ok()) return std::move(more).status();
    if (!*more) return Status::Ok();
    Add(text, view.position);
    Add(text, view.record);
    Add(text, view.customer);
    Add(text, view.revision);
    Add(text, view.recorded_at);
    *text += view.opened ? EventToJson(view, tenant) : "(closed)";
    *text += '\n';
  }
}

Status DescribeTimeline(const Snapshot& snapshot, CustomerId customer,
                        std::string* text) {
  TimelineQuery query;
  query.limit = 1000;
  Result<TimelinePage> page = snapshot.GetTimeline(customer, query);
  if (!page.ok()) return std::move(page).status();
  Add(text, page->total);
  for (const TimelineEntry& entry : page->entries) {
    Add(text, entry.position);
    *text += entry.opened ? entry.id + entry.payload : "(closed)";
  }
  *text += '\n';
  return Status::Ok();
}

Status DescribeCustomer(const Snapshot& snapshot, CustomerId id,
                        std::string* text) {
  Result<Customer> customer = snapshot.GetCustomer(id);
  if (!customer.ok()) return std::move(customer).status();
  Add(text, customer->version);
  Add(text, customer->events);
  for (const CustomerRecord& record : customer->records) {
    Add(text, record.record);
    Add(text, record.events);
    Add(text, record.linked_at);
    *text += record.source + record.matched_by;
  }
  Result<Profile> profile = snapshot.GetProfile(id);
  if (!profile.ok()) return std::move(profile).status();
  Add(text, profile->version);
  Add(text, profile->events);
  Add(text, profile->first_seen);
  Add(text, profile->last_seen);
  for (const Trait& trait : profile->traits) {
    *text += trait.name + '=' + trait.value + trait.source;
    Add(text, trait.occurred_at);
    Add(text, trait.position);
  }
  *text += '\n';
  return DescribeTimeline(snapshot, id, text);
}

Status DescribeTenant(const Tenant& tenant, uint64_t numbers,
                      std::string* text) {
  Result<Snapshot> snapshot = tenant.GetSnapshot();
  if (!snapshot.ok()) return std::move(snapshot).status();
  Result<TenantStats> stats = snapshot->GetStats();
  if (!stats.ok()) return std::move(stats).status();
  *text += "tenant " + tenant.name() + '\n';
  for (uint64_t count : {stats->events, stats->customers, stats->records,
                         stats->unattributed, stats->contested}) {
    Add(text, count);
  }
  Status status = DescribeEvents(*snapshot, tenant.name(), text);
  for (CustomerId id = 1; status.ok() && id <= stats->customers; ++id) {
    status = DescribeCustomer(*snapshot, id, text);
  }
  for (uint64_t number = 1; status.ok() && number <= numbers; ++number) {
    if (SmallTenant(number) != tenant.name()) continue;
    for (const Identifier& identifier : SmallEvent(number).identifiers) {
      Result<CustomerId> found = snapshot->FindCustomer(identifier);
      if (!found.ok()) return std::move(found).status();
      Add(text, *found);
    }
  }
  return status;
}

}  // namespace

std::string SmallTenant(uint64_t number) {
  // One tenant comes late.
  if (number > 2000 && number % 7 == 0) return "padel";
  return number % 3 == 0 ? "tennis" : "golf";
}

Event SmallEvent(uint64_t number) {
  constexpr const char* kTypes[] = {"member.created", "booking.made",
                                    "ConsentGranted"};
  const uint64_t random = number * 0x9E3779B97F4A7C15u >> 20;
  const std::string customer = std::to_string(random % kCustomers);
  Event event;
  event.id = "small-" + std::to_string(number);
  event.type = kTypes[random / kCustomers % 3];
  event.source = random % 5 == 0 ? "shop" : "club";
  event.occurred_at =
      Timestamp(std::chrono::seconds(1'700'000'000 + random % 10'000'000));
  if (random % 23 != 0) {  // Else it belongs to nobody.
    event.identifiers = {{"customerId", "c-" + customer},
                         {"email", "c" + customer + "@example.com"}};
  }
  event.payload = R"({"number":)" + std::to_string(number) +
                  R"(,"firstName":"Ada )" + std::to_string(random % 89) +
                  R"(","note":")" + std::to_string(random * random) + R"("})";
  return event;
}

Status AppendNumbers(Store& store, uint64_t first, uint64_t count,
                     size_t request, Durability durability, uint64_t* appended,
                     uint64_t* duplicates) {
  std::map<std::string, std::vector<Event>> waiting;
  for (uint64_t number = first; number < first + count; ++number) {
    waiting[SmallTenant(number)].push_back(SmallEvent(number));
    const bool last = number + 1 == first + count;
    for (auto& [name, events] : waiting) {
      if (events.empty() || (events.size() < request && !last)) continue;
      Result<Tenant> tenant = store.Tenant(name);
      if (!tenant.ok()) return std::move(tenant).status();
      Result<AppendResult> result =
          tenant->Append(events, {.durability = durability});
      if (!result.ok()) return std::move(result).status();
      *appended += result->appended;
      *duplicates += result->duplicates;
      events.clear();
    }
  }
  return Status::Ok();
}

Status Describe(Store& store, uint64_t numbers, std::string* text) {
  std::vector<std::string> names = store.TenantNames();
  std::sort(names.begin(), names.end());
  text->clear();
  for (const std::string& name : names) {
    Result<Tenant> tenant = store.Tenant(name);
    if (!tenant.ok()) return std::move(tenant).status();
    Status status = DescribeTenant(*tenant, numbers, text);
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

}  // namespace crm
