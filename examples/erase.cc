// Erasing a customer, step by step, and proving it to somebody else.

#include <crm/store.h>

#include <cstdio>
#include <string>

namespace {

crm::Event MemberEvent(const std::string& id, const std::string& member,
                       const std::string& name) {
  crm::Event event;
  event.id = id;
  event.type = "scl.member.created";
  event.source = "scl";
  event.identifiers = {{"sclMemberId", member}};
  event.payload = R"({"firstName":")" + name + R"("})";
  return event;
}

crm::Status Run() {
  auto store = crm::Store::OpenInMemory();  // Or Open("directory", ...).
  if (!store.ok()) return store.status();
  auto club = store->Tenant("golf-club");
  if (!club.ok()) return club.status();
  auto appended = club->Append({{MemberEvent("m-1", "10001", "Ada"),
                                 MemberEvent("m-2", "10002", "Ben")}});
  if (!appended.ok()) return appended.status();
  const crm::CustomerId ada = appended->events[0].customer;

  // Look first: there is no way back.
  crm::ErasureOptions options;
  options.dry_run = true;
  auto plan = club->Erase(ada, options);
  if (!plan.ok()) return plan.status();
  std::printf("would go: %llu events of %zu records\n",
              static_cast<unsigned long long>(plan->events),
              plan->records.size());

  options.dry_run = false;
  options.by = "privacy desk";
  options.why = "gdpr-request";
  auto report = club->Erase(ada, options);
  if (!report.ok()) return report.status();

  // Nobody finds her, and what comes late is refused.
  std::printf("%s\n", club->GetProfile(ada).status().ToString().c_str());
  crm::Event late = MemberEvent("m-3", "10001", "Ada");
  late.occurred_at = report->at - std::chrono::hours(24);
  std::printf("%s\n", club->Append(late).status().ToString().c_str());

  // Whoever has the public key can check the certificate without the store.
  auto key = club->GetSigningKey();
  if (!key.ok()) return key.status();
  auto info = crm::VerifyCertificate(report->certificate, *key);
  if (!info.ok()) return info.status();
  std::printf("erased: customer %llu of %s\n",
              static_cast<unsigned long long>(info->customer),
              info->tenant.c_str());
  return crm::Status::Ok();
}

}  // namespace

int main() {
  const crm::Status status = Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
