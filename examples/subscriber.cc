// An outbox: a process that appends what it gets, and hands every event on to
// another system, in order, from a thread of its own.
//
//   crm_subscriber STORE < events.ndjson
//
// Appends the events of standard input, one JSON object a line, and prints
// each event that is in the store and was not printed before: position, type,
// payload. Ends when the input does and all is handed on.
// Started again it goes on where it stopped, whatever ended it.
//
// The shape of HandOn() is what to take from here: hand over, and when nothing
// is left (or after a hundred) make sure that the other side has it, then
// acknowledge. Should the process die in between, the same events are handed
// over again: the other side must be able to meet an event twice.

#include <crm/store.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr int kBatch = 100;

// Stands for the other system: a queue, a mailer, another database. True when
// it took the event; false: it cannot go on.
bool Deliver(const crm::EventView& event) {
  return std::printf("%llu %.*s %.*s\n",
                     static_cast<unsigned long long>(event.position),
                     static_cast<int>(event.type.size()), event.type.data(),
                     static_cast<int>(event.payload.size()),
                     event.payload.data()) > 0;
}
// True when it has for good what it took.
bool Confirm() { return std::fflush(stdout) == 0; }

// Until `ending` is set and nothing is left, or somebody cancels. Not ok: the
// other side or the store cannot go on; start again later.
crm::Status HandOn(crm::Subscription& outbox, const std::atomic<bool>& ending) {
  crm::Message message;
  int unconfirmed = 0;
  while (true) {
    // Looked at before: what was appended until then is then waited for.
    const bool last = ending.load();
    const auto got = outbox.Next(&message, std::chrono::milliseconds(200));
    if (!got.ok()) return got.status();
    if (!*got) {
      if (last) return crm::Status::Ok();
      continue;
    }
    if (message.kind == crm::Message::Kind::kEvent) {
      if (!Deliver(message.event)) break;
      if (++unconfirmed < kBatch) continue;
    }
    // After a batch, when all is delivered, and when none of it was wanted.
    if (!Confirm()) break;
    crm::Status status = outbox.Acknowledge(message.position);
    if (!status.ok()) return status;
    unconfirmed = 0;
  }
  return crm::Status(crm::StatusCode::kIoError, "the other side is gone");
}

int Fail(const crm::Status& status) {
  std::cerr << "crm_subscriber: " << status.ToString() << "\n";
  return 1;
}

crm::Status AppendInput(crm::Tenant& tenant) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::string_view event = line;
    const auto result = tenant.AppendJson({&event, 1});
    // A line that is none is said, and the next one is taken.
    if (!result.ok()) {
      if (result.status().remedy() != crm::Remedy::kFixInput) {
        return result.status();
      }
      Fail(result.status());
    }
  }
  return crm::Status::Ok();
}

int Run(const char* directory) {
  auto store = crm::Store::Open(directory, {.create_if_missing = true});
  if (!store.ok()) return Fail(store.status());
  auto tenant = store->Tenant("default");
  if (!tenant.ok()) return Fail(tenant.status());
  auto outbox = tenant->Subscribe({.name = "outbox"});
  if (!outbox.ok()) return Fail(outbox.status());
  std::atomic<bool> ending{false};
  crm::Status handed;
  std::thread thread([&] { handed = HandOn(*outbox, ending); });
  const crm::Status appended = AppendInput(*tenant);
  ending.store(true);
  thread.join();
  if (!appended.ok()) return Fail(appended);
  if (!handed.ok()) return Fail(handed);
  const crm::Status closed = store->Close();
  return closed.ok() ? 0 : Fail(closed);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: crm_subscriber STORE < events.ndjson\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);  // An error of Deliver() instead.
  return Run(argv[1]);
}
