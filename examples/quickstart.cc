#include <crm/store.h>

#include <iostream>

int Fail(const crm::Status& status) {
  std::cerr << status.ToString() << "\n";
  return 1;
}

int main() {
  auto store = crm::Store::OpenInMemory();  // Or Open("directory").
  if (!store.ok()) return Fail(store.status());
  auto club = store->Tenant("golf-club");
  if (!club.ok()) return Fail(club.status());

  const std::string_view events[] = {
      R"({"id": "m-1", "type": "scl.member.created", "source": "scl",
          "identity": {"sclMemberId": 10001, "email": "ada@example.com"},
          "payload": {"firstName": "Ada", "tier": "gold"}})",
      R"({"id": "b-1", "type": "teetime.booking.created", "source": "teetime",
          "identity": {"teetimePlayerId": "7", "email": "Ada@Example.com"},
          "payload": {"course": "Links", "greenFee": 325.00}})"};
  auto appended = club->AppendJson(events);
  if (!appended.ok()) return Fail(appended.status());

  auto ada = club->FindCustomer({"teetimePlayerId", "7"});
  if (!ada.ok()) return Fail(ada.status());
  auto profile = club->GetProfile(*ada);
  if (!profile.ok()) return Fail(profile.status());
  for (const auto& trait : profile->traits)
    std::cout << trait.name << " = " << trait.value << "\n";
  auto timeline = club->GetTimeline(*ada, {.oldest_first = true});
  if (!timeline.ok()) return Fail(timeline.status());
  for (const auto& entry : timeline->entries)
    std::cout << entry.type << " " << entry.payload << "\n";
}
