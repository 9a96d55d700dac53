#include <algorithm>
#include <unordered_set>
#include <utility>

#include "crash/worker.h"

namespace crm::crash {
namespace {

constexpr size_t kSamples = 24;

std::string Named(uint64_t number) { return "event " + std::to_string(number); }

Tenant MustOpenTenant(Store& store, uint32_t tenant) {
  Result<Tenant> opened = store.Tenant(TenantName(tenant));
  if (!opened.ok()) Fail("open tenant: " + opened.status().ToString());
  return std::move(opened).value();
}

// The content of an event is a function of its number.
void CompareContent(const EventView& view, uint64_t number) {
  const Event event = EventOf(number);
  if (!view.opened || view.type != event.type || view.source != "crash" ||
      view.occurred_at != *event.occurred_at || view.payload != event.payload) {
    Fail(Named(number) + " has other content");
  }
}

// The numbers at positions from `first` on, each compared with the oracle.
using Numbers = std::unordered_map<uint64_t, uint64_t>;
Numbers ReadNumbers(Store& store, uint32_t tenant, Position first,
                    Position last, const Oracle& oracle) {
  Result<EventCursor> cursor =
      MustOpenTenant(store, tenant).Replay({.first = first, .last = last});
  if (!cursor.ok()) Fail("replay: " + cursor.status().ToString());
  Numbers numbers;
  EventView view;
  while (true) {
    Result<bool> more = cursor->Next(&view);
    if (!more.ok()) Fail("replay: " + more.status().ToString());
    if (!*more) return numbers;
    const uint64_t number = NumberOf(view.id);
    CompareContent(view, number);
    if (!numbers.emplace(number, view.position).second) {
      Fail(Named(number) + " is there twice");
    }
    const auto known = oracle.known().find(number);
    if (known == oracle.known().end()) continue;
    if (known->second.position != view.position ||
        known->second.tenant != tenant) {
      Fail(Named(number) + " is not where it was acknowledged");
    }
  }
}

const Intent* IntentOf(const Oracle& oracle, uint64_t number) {
  auto found = oracle.intents().upper_bound(number);
  if (found == oracle.intents().begin()) return nullptr;
  --found;
  return number < found->first + found->second.count ? &found->second : nullptr;
}

// What is there without having been acknowledged must have been asked for.
void ReportFound(const Numbers& numbers, uint32_t tenant, const Oracle& oracle,
                 int pipe) {
  for (const auto& [number, position] : numbers) {
    if (oracle.known().contains(number)) continue;
    const Intent* intent = IntentOf(oracle, number);
    const bool imported = tenant == kImportTenant && number >= kFirstImported;
    if (!imported && (intent == nullptr || intent->tenant != tenant)) {
      Fail(Named(number) + " was never appended");
    }
    Send(pipe, {.kind = Message::Kind::kFound,
                .tenant = tenant,
                .number = number,
                .position = position});
  }
}

void CheckSample(Store& store, const Oracle& oracle, uint64_t seed) {
  const size_t count = oracle.checked_numbers();
  if (count == 0) return;
  for (size_t i = 0; i < kSamples; ++i) {
    const uint64_t number = oracle.numbers()[Mix(seed + i) % count];
    const Place place = oracle.known().at(number);
    const Numbers there = ReadNumbers(store, place.tenant, place.position,
                                      place.position, oracle);
    if (!there.contains(number)) Fail(Named(number) + " is gone");
    Tenant tenant = MustOpenTenant(store, place.tenant);
    const Event event = EventOf(number);
    Result<CustomerId> customer = tenant.FindCustomer(event.identifiers[0]);
    if (!customer.ok()) {
      Fail(Named(number) + ": customer: " + customer.status().ToString());
    }
    Result<Profile> profile = tenant.GetProfile(*customer);
    if (!profile.ok() || profile->events == 0) {
      Fail(Named(number) + ": profile: " + profile.status().ToString());
    }
    if (i % 4 != 0) continue;
    Result<AppendResult> again = tenant.Append(event);
    if (!again.ok()) Fail(Named(number) + ": " + again.status().ToString());
    if (again->events[0].outcome != Outcome::kDuplicate ||
        again->events[0].position != place.position) {
      Fail(Named(number) + " is appended again");
    }
  }
}

// An import that was seen to end has left all of its rows.
void CheckImported(const Oracle& oracle, const Numbers& news) {
  if (oracle.imported_files() == 0) return;
  const uint64_t first =
      kFirstImported + (oracle.imported_files() - 1) * kEventsPerFile;
  for (uint64_t number = first; number < first + kEventsPerFile; ++number) {
    if (!oracle.known().contains(number) && !news.contains(number)) {
      Fail(Named(number) + " was imported, and is gone");
    }
  }
}

void CheckAtomic(const Oracle& oracle, const Numbers& news) {
  for (const auto& [first, intent] : oracle.intents()) {
    uint32_t there = 0;
    for (uint32_t i = 0; i < intent.count; ++i) {
      there += news.contains(first + i) ? 1 : 0;
    }
    if (there != 0 && there != intent.count) {
      Fail("request from " + std::to_string(first) + " is there in part");
    }
  }
}

}  // namespace

void CheckNews(Store& store, const Oracle& oracle, uint64_t seed, int pipe) {
  Result<StoreStats> stats = store.GetStats();
  if (!stats.ok()) Fail("stats: " + stats.status().ToString());
  if (stats->head < oracle.checked_head()) Fail("the log has become shorter");
  if (stats->head != stats->events + stats->derived) Fail("stats: sums");
  Numbers news;
  for (const TenantStats& counts : stats->tenants) {
    uint32_t tenant = 0;
    if (!TenantOfName(counts.tenant, &tenant)) Fail("a tenant of nobody");
    const auto before = oracle.counts().find(tenant);
    const uint64_t old = before == oracle.counts().end() ? 0 : before->second;
    if (counts.events == old) continue;
    Numbers own = ReadNumbers(store, tenant, oracle.checked_head() + 1,
                              stats->head, oracle);
    if (own.size() != counts.events - old) Fail("stats: a tenant's count");
    ReportFound(own, tenant, oracle, pipe);
    Send(pipe, {.kind = Message::Kind::kCount,
                .tenant = tenant,
                .number = counts.events});
    news.merge(own);
  }
  for (size_t i = oracle.checked_numbers(); i < oracle.numbers().size(); ++i) {
    if (!news.contains(oracle.numbers()[i])) {
      Fail(Named(oracle.numbers()[i]) + " was acknowledged, and is gone");
    }
  }
  CheckAtomic(oracle, news);
  CheckImported(oracle, news);
  CheckSample(store, oracle, seed);
  Send(pipe, {.kind = Message::Kind::kChecked, .position = stats->head});
}

void CheckAll(Store& store, const Oracle& oracle) {
  Result<StoreStats> stats = store.GetStats();
  if (!stats.ok()) Fail("stats: " + stats.status().ToString());
  size_t known = 0;
  for (const TenantStats& counts : stats->tenants) {
    uint32_t tenant = 0;
    if (!TenantOfName(counts.tenant, &tenant)) Fail("a tenant of nobody");
    const Numbers all = ReadNumbers(store, tenant, 1, 0, oracle);
    for (const auto& [number, position] : all) {
      if (oracle.known().contains(number)) {
        ++known;
      } else if (position <= oracle.checked_head()) {
        Fail(Named(number) + " has come from nowhere");
      }
    }
    if (all.size() != counts.events) Fail("stats: a tenant's count");
  }
  if (known != oracle.known().size()) Fail("acknowledged events are gone");
  Result<VerifyReport> report = store.Verify();
  if (!report.ok()) Fail("verify: " + report.status().ToString());
  if (!report->sound()) {
    Fail("verify: " + report->findings[0].room + ": " +
         report->findings[0].detail);
  }
}

}  // namespace crm::crash
