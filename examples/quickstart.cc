#include <crm/store.h>

#include <iostream>
#include <vector>

// Two systems report on one person, whom they know by different names.
crm::Status Run() {
  auto store = crm::Store::OpenInMemory();
  if (!store.ok()) return store.status();
  auto club = store->Tenant("golf-club");
  if (!club.ok()) return club.status();

  crm::Event joined;
  joined.id = "m-1";
  joined.type = "scl.member.created";
  joined.source = "scl";
  joined.identifiers = {{"sclMemberId", "10001"}, {"email", "ada@example.com"}};
  joined.payload = R"({"firstName":"Ada","tier":"gold"})";
  crm::Event booked;
  booked.id = "b-1";
  booked.type = "teetime.booking.created";
  booked.source = "teetime";
  booked.identifiers = {{"teetimePlayerId", "7"}, {"email", "Ada@Example.com"}};
  booked.payload = R"({"course":"Links","greenFee":325.00})";
  auto appended = club->Append(std::vector{joined, booked});
  if (!appended.ok()) return appended.status();

  auto ada = club->FindCustomer({"teetimePlayerId", "7"});
  if (!ada.ok()) return ada.status();
  auto profile = club->GetProfile(*ada);
  if (!profile.ok()) return profile.status();
  for (const crm::Trait& trait : profile->traits) {
    std::cout << trait.name << " = " << trait.value << "\n";
  }
  auto timeline = club->GetTimeline(*ada, {.oldest_first = true});
  if (!timeline.ok()) return timeline.status();
  for (const crm::TimelineEntry& entry : timeline->entries) {
    std::cout << entry.type << " " << entry.payload << "\n";
  }
  return store->Close();
}

int main() {
  const crm::Status status = Run();
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return status.ok() ? 0 : 1;
}
