// What a service does about consent, from the first form to the proof: a
// double opt-in, the question before each message, the link that takes it back,
// and what is shown to whoever asks later.

#include <crm/store.h>

#include <chrono>
#include <iostream>
#include <string>

namespace {

using std::chrono::hours;

// The service's own clock; libcrm asks for the time of every decision.
const crm::Timestamp kMonday{hours(24) * 20458 + hours(9)};  // 2026-01-05

crm::Status Ok(const crm::Result<crm::EventOutcome>& outcome) {
  return outcome.ok() ? crm::Status::Ok() : outcome.status();
}

// Before every message, and again when it is handed over: a plan is a cache.
crm::Status MayWrite(const crm::Tenant& tenant, crm::CustomerId customer,
                     std::string_view template_name, crm::Timestamp at) {
  crm::ConsentQuestion question;
  question.customer = customer;
  question.purpose = "newsletter";
  question.channel = crm::ConsentChannel::kEmail;
  question.template_name = template_name;
  question.at = at;
  const auto decision = tenant.CheckConsent(question);
  if (!decision.ok()) return decision.status();
  std::cout << template_name << ": " << crm::VerdictName(decision->verdict)
            << " (" << crm::ConsentRuleName(decision->rule) << ")\n";
  return crm::Status::Ok();
}

crm::Status Run() {
  auto store = crm::Store::OpenInMemory();  // Or Open("directory").
  if (!store.ok()) return store.status();
  auto club = store->Tenant("golf-club");
  if (!club.ok()) return club.status();

  // What is asked for, and which templates may always go. Not before eight.
  crm::Status status = club->SetConsentSettings(R"({
    "purposes": {"newsletter": {"optIn": "double", "text": {"en": "News"}}},
    "templates": {"news": {"class": "marketing"},
                  "booking": {"class": "transactional"}},
    "regimes": {"house": {"jurisdictions": ["*"], "sendWindows": {
      "channels": ["email"], "zones": ["UTC"], "windows": [
        {"days": ["mon", "tue", "wed", "thu", "fri"],
         "from": "08:00", "until": "20:00"}]}}}})");
  if (!status.ok()) return status;

  // She leaves her address, and is written to once: please confirm.
  crm::ConsentAct act;
  act.action = crm::ConsentAction::kPend;
  act.purpose = "newsletter";
  act.channel = crm::ConsentChannel::kEmail;
  act.identifiers = {{"email", "ada@example.com"}};
  act.method = "web-form";
  act.occurred_at = kMonday - hours(2);
  const auto signed_up = club->RecordConsent(act);
  if (!signed_up.ok()) return signed_up.status();
  const crm::CustomerId ada = signed_up->customer;
  status = MayWrite(*club, ada, "news", kMonday);
  if (status.ok()) status = MayWrite(*club, ada, "booking", kMonday);

  // She follows the link.
  act.action = crm::ConsentAction::kConfirm;
  act.method = "double-opt-in";
  act.occurred_at = kMonday - hours(1);
  if (status.ok()) status = Ok(club->RecordConsent(act));
  if (status.ok()) status = MayWrite(*club, ada, "news", kMonday);
  if (status.ok()) status = MayWrite(*club, ada, "news", kMonday + hours(12));

  // The link at the end of a message knows her number alone.
  crm::ConsentAct unsubscribe;
  unsubscribe.action = crm::ConsentAction::kWithdraw;
  unsubscribe.purpose = "newsletter";
  unsubscribe.channel = crm::ConsentChannel::kEmail;
  unsubscribe.customer = ada;
  unsubscribe.method = "one-click";
  unsubscribe.occurred_at = kMonday + hours(1);
  if (status.ok()) status = Ok(club->RecordConsent(unsubscribe));
  if (status.ok()) status = MayWrite(*club, ada, "news", kMonday + hours(2));
  if (!status.ok()) return status;

  const auto history = club->GetConsentHistory(ada);
  if (!history.ok()) return history.status();
  for (const crm::ConsentEntry& entry : *history) {
    std::cout << crm::ConsentActionName(entry.action) << " -> "
              << crm::ConsentStateName(entry.state) << "\n";
  }
  const auto receipt = club->GetConsentReceipt(ada, history->front().position,
                                               crm::ReceiptFormat::kKantara);
  if (!receipt.ok()) return receipt.status();
  std::cout << "receipt of " << receipt->size() << " bytes\n";
  return crm::Status::Ok();
}

}  // namespace

int main() {
  const crm::Status status = Run();
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
