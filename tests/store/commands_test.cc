#include "crm/commands.h"

#include <algorithm>
#include <array>
#include <thread>

#include "crm/sha256.h"
#include "crm/store.h"
#include "fixture.h"

namespace crm {
namespace {

Timestamp Minute(int64_t minutes) {
  return Timestamp(std::chrono::seconds(1'760'000'000 + 60 * minutes));
}

std::string HashOf(std::string_view token) {
  Sha256Hasher hasher;
  hasher.Add(token);
  return hasher.Finish();
}

// A tenant in memory, whose host counts its calls.
struct Host {
  Store store = Open();
  Tenant tenant = MustTenant(store);
  int calls = 0;

  static Store Open() {
    StoreOptions options;
    options.default_region = "ZA";
    Result<Store> opened = Store::OpenInMemory(options);
    REQUIRE_OK(opened);
    return std::move(opened).value();
  }
  CommandCall Call(int64_t minutes) {
    CommandCall call;
    call.id = "call-" + std::to_string(++calls);
    call.source = "web";
    call.at = Minute(minutes);
    call.ip_address = "192.0.2.7";
    return call;
  }
  CustomerId Ada() {
    const auto done = tenant.RegisterCustomer(AdaForm(), Call(0));
    REQUIRE_OK(done);
    return done->customer;
  }
  static Registration AdaForm() {
    Registration ada;
    ada.email = "Ada@Example.com";
    ada.first_name = "Ada";
    ada.terms_accepted = true;
    return ada;
  }
  std::string Trait(CustomerId customer, std::string_view name) const {
    const auto profile = tenant.GetProfile(customer);
    REQUIRE_OK(profile);
    const crm::Trait* trait = profile->Find(name);
    return trait == nullptr ? std::string() : trait->value;
  }
  uint64_t Events() const {
    const auto stats = store.GetStats();
    REQUIRE_OK(stats);
    return stats->events;
  }
  ConsentDecision Check(CustomerId customer, MessageClass message_class) const {
    ConsentQuestion question;
    question.customer = customer;
    question.purpose = "marketing";
    question.channel = ConsentChannel::kEmail;
    question.message_class = message_class;
    question.at = Minute(100);
    const auto decision = tenant.CheckConsent(question);
    REQUIRE_OK(decision);
    return *decision;
  }
};

using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("commands: a registration is one request with all of its events") {
  Host host;
  Registration ada = Host::AdaForm();
  ada.last_name = "Lovelace";
  ada.phone = "082 123 4567";
  ada.marketing_consent = true;
  ada.verification = {{HashOf("t0ken"), Minute(60)}};
  const CommandCall call = host.Call(0);
  const auto done = host.tenant.RegisterCustomer(ada, call);
  REQUIRE_OK(done);
  CHECK(done->new_customer);
  CHECK_FALSE(done->repeated);
  CHECK(done->types == Types{"CustomerCreated", "ConsentGranted",
                             "EmailVerificationRequested"});
  const CustomerId id = done->customer;
  // She is found by all that she gave, and by her account.
  for (const Identifier& one : {Identifier{"email", "ada@example.com"},
                                Identifier{"phoneNumber", "+27821234567"},
                                Identifier{"customerId", call.id}}) {
    const auto found = host.tenant.FindCustomer(one);
    REQUIRE_OK(found);
    CHECK(*found == id);
  }
  CHECK(host.Trait(id, "lastName") == "\"Lovelace\"");
  CHECK(host.Trait(id, "emailVerified") == "false");
  CHECK(host.Check(id, MessageClass::kMarketing).verdict == Verdict::kAllow);
  const auto state = host.tenant.GetCustomerState(id);
  REQUIRE_OK(state);
  CHECK(state->state == RecordState::kActive);
  CHECK(state->email_pending);
  // Neither the token nor its hash is in any event.
  auto cursor = host.tenant.Replay({});
  REQUIRE_OK(cursor);
  EventView event;
  while (*cursor->Next(&event)) {
    CHECK(EventToJson(event, "").find(HashOf("t0ken")) == std::string::npos);
    CHECK(std::string(event.metadata).find("192.0.2.7") != std::string::npos);
  }
  // The same again changes nothing, whatever has become of her since.
  const uint64_t events = host.Events();
  const auto again = host.tenant.RegisterCustomer(ada, call);
  REQUIRE_OK(again);
  CHECK(again->repeated);
  CHECK(again->customer == id);
  CHECK(again->types == done->types);
  CHECK(again->positions == done->positions);
  ada.first_name = "Eva";
  CHECK_CODE(host.tenant.RegisterCustomer(ada, call), kIdConflict);
  CHECK(host.Events() == events);
}

TEST_CASE("commands: what a registration refuses changes nothing") {
  Host host;
  const CustomerId ada = host.Ada();
  const uint64_t events = host.Events();
  const auto code = [&](const Registration& form) {
    return host.tenant.RegisterCustomer(form, host.Call(1)).status().code();
  };
  // The address in another spelling is the same address.
  CHECK(code(Host::AdaForm()) == StatusCode::kAlreadyExists);
  Registration form = Host::AdaForm();
  form.email = " ADA@EXAMPLE.COM";
  CHECK(code(form) == StatusCode::kAlreadyExists);
  form.email = "not an address";
  CHECK(code(form) == StatusCode::kInvalidArgument);
  form.email = "ben@example.com";
  form.terms_accepted = false;
  CHECK(code(form) == StatusCode::kFailedPrecondition);
  form.terms_accepted = true;
  form.identifiers = {{"phoneNumber", "+27821234567"}};
  CHECK(code(form) == StatusCode::kInvalidArgument);
  form.identifiers = {{"customerId", "call-1"}};  // Ada's.
  CHECK(code(form) == StatusCode::kAlreadyExists);
  form.identifiers = {};
  form.phone = "12";
  CHECK(code(form) == StatusCode::kInvalidArgument);
  form.phone = {};
  form.first_name = std::string(257, 'x');
  CHECK(code(form) == StatusCode::kTooLarge);
  form.first_name = {};
  form.verification = {{"short", Minute(9)}};
  CHECK(code(form) == StatusCode::kInvalidArgument);
  form.verification = {{HashOf("t"), Minute(1)}};  // Not after the call.
  CHECK(code(form) == StatusCode::kInvalidArgument);
  form.verification = {};
  CommandCall call = host.Call(1);
  call.at = {};
  CHECK_CODE(host.tenant.RegisterCustomer(form, call), kInvalidArgument);
  call = host.Call(1);
  call.id = {};
  CHECK(!host.tenant.RegisterCustomer(form, call).ok());
  CHECK(host.Events() == events);
  CHECK(host.tenant.GetCustomerState(ada).ok());
}

TEST_CASE("commands: a subscriber registers with the address that she has") {
  Host host;
  Event event;
  event.id = "n1";
  event.type = "NewsletterSubscribed";
  event.source = "news";
  event.identifiers = {{"email", "ada@example.com"}};
  const auto before = host.tenant.Append(event);
  REQUIRE_OK(before);
  Registration form = Host::AdaForm();
  CHECK_CODE(host.tenant.RegisterCustomer(form, host.Call(0)), kAlreadyExists);
  form.known_email = true;
  const auto done = host.tenant.RegisterCustomer(form, host.Call(0));
  REQUIRE_OK(done);
  CHECK(done->customer == before->events[0].customer);
  CHECK_FALSE(done->new_customer);
  // But who has registered has registered.
  CHECK_CODE(host.tenant.RegisterCustomer(form, host.Call(0)), kAlreadyExists);
}

TEST_CASE("commands: of registrations at once exactly one has the address") {
  for (const bool known : {false, true}) {
    Host host;
    constexpr int kThreads = 8;
    std::array<StatusCode, kThreads> codes{};
    std::vector<CommandCall> calls;
    for (int i = 0; i < kThreads; ++i) calls.push_back(host.Call(i));
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        Registration form = Host::AdaForm();
        form.known_email = known;
        form.email = i % 2 == 0 ? "ada@example.com" : "ADA@example.com";
        codes[i] = host.tenant.RegisterCustomer(form, calls[i]).status().code();
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(std::count(codes.begin(), codes.end(), StatusCode::kOk) == 1);
    CHECK(std::count(codes.begin(), codes.end(), StatusCode::kAlreadyExists) ==
          kThreads - 1);
    CHECK(host.Events() == 1);
  }
}

TEST_CASE("commands: one call made at once by many is done once") {
  Host host;
  const CommandCall call = host.Call(0);
  std::array<Result<CommandResult>, 6> results = {
      Status(StatusCode::kInternal, ""), Status(StatusCode::kInternal, ""),
      Status(StatusCode::kInternal, ""), Status(StatusCode::kInternal, ""),
      Status(StatusCode::kInternal, ""), Status(StatusCode::kInternal, "")};
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back(
        [&] { result = host.tenant.RegisterCustomer(Host::AdaForm(), call); });
  }
  for (std::thread& thread : threads) thread.join();
  int fresh = 0;
  for (const auto& result : results) {
    REQUIRE_OK(result);
    CHECK(result->customer == 1);
    fresh += result->repeated ? 0 : 1;
  }
  CHECK(fresh == 1);
  CHECK(host.Events() == 1);
}

TEST_CASE("commands: an address is verified once, in time, by its token") {
  Host host;
  Registration form = Host::AdaForm();
  form.verification = {{HashOf("t0ken"), Minute(60)}};
  const auto done = host.tenant.RegisterCustomer(form, host.Call(0));
  REQUIRE_OK(done);
  const CustomerId ada = done->customer;
  const auto verify = [&](std::string_view token, int64_t minutes) {
    return host.tenant.VerifyEmail(ada, HashOf(token), host.Call(minutes))
        .status()
        .code();
  };
  CHECK(verify("another", 1) == StatusCode::kDenied);
  CHECK(verify("t0ken", 60) == StatusCode::kFailedPrecondition);
  // At the very instant of the request it counts, too.
  const CommandCall call = host.Call(0);
  const auto verified = host.tenant.VerifyEmail(ada, HashOf("t0ken"), call);
  REQUIRE_OK(verified);
  CHECK(verified->types == Types{"EmailVerified"});
  CHECK(host.Trait(ada, "emailVerified") == "true");
  CHECK(host.tenant.GetCustomerState(ada)->email_verified);
  CHECK(verify("t0ken", 3) == StatusCode::kFailedPrecondition);     // Used.
  REQUIRE_OK(host.tenant.VerifyEmail(ada, HashOf("t0ken"), call));  // Again.
  // Asked anew: only the newest request counts.
  REQUIRE_OK(host.tenant.RequestEmailVerification(
      ada, {HashOf("one"), Minute(90)}, host.Call(4)));
  CHECK(host.Trait(ada, "emailVerified") == "false");
  REQUIRE_OK(host.tenant.RequestEmailVerification(
      ada, {HashOf("two"), Minute(90)}, host.Call(5)));
  CHECK(verify("one", 6) == StatusCode::kDenied);
  CHECK(verify("two", 6) == StatusCode::kOk);
}

TEST_CASE("commands: another address, unique, and verified anew") {
  Host host;
  const CustomerId ada = host.Ada();
  Registration ben = Host::AdaForm();
  ben.email = "ben@example.com";
  REQUIRE_OK(host.tenant.RegisterCustomer(ben, host.Call(0)));
  const auto update = [&](const std::string& email, int64_t minutes) {
    EmailUpdate to;
    to.email = email;
    to.verification = {{HashOf(email), Minute(100)}};
    return host.tenant.UpdateEmail(ada, to, host.Call(minutes));
  };
  const uint64_t events = host.Events();
  CHECK_CODE(update("ADA@example.com ", 1), kInvalidArgument);  // The same.
  CHECK_CODE(update("Ben@example.com", 1), kAlreadyExists);
  CHECK_CODE(update("nothing", 1), kInvalidArgument);
  CHECK(host.Events() == events);
  const auto done = update("ada@example.org", 2);
  REQUIRE_OK(done);
  CHECK(done->types ==
        Types{"CustomerEmailUpdated", "EmailVerificationRequested"});
  CHECK(done->customer == ada);
  CHECK(host.Trait(ada, "email") == "\"ada@example.org\"");
  CHECK(host.Trait(ada, "emailVerified") == "false");
  CHECK(*host.tenant.FindCustomer({"email", "ada@example.org"}) == ada);
  TimelineQuery query;
  query.types = {"CustomerEmailUpdated"};
  const auto page = host.tenant.GetTimeline(ada, query);
  REQUIRE_OK(page);
  CHECK(page->entries.at(0).payload.starts_with(
      R"({"oldEmail":"Ada@Example.com","newEmail":"ada@example.org",)"
      R"("requiresVerification":true)"));
  // A token of the address before says nothing of this one.
  REQUIRE_OK(
      host.tenant.VerifyEmail(ada, HashOf("ada@example.org"), host.Call(3)));
  // Back to the first one, which is hers still.
  REQUIRE_OK(update("ada@example.com", 4));
  CHECK(host.Trait(ada, "email") == "\"ada@example.com\"");
}

TEST_CASE("commands: who has nothing but an address keeps it") {
  Host host;
  Event event;
  event.id = "n1";
  event.type = "NewsletterSubscribed";
  event.source = "news";
  event.identifiers = {{"email", "ada@example.com"}};
  REQUIRE_OK(host.tenant.Append(event));
  EmailUpdate to;
  to.email = "ada@example.org";
  CHECK_CODE(host.tenant.UpdateEmail(1, to, host.Call(1)), kFailedPrecondition);
  // Other commands find her by it.
  REQUIRE_OK(
      host.tenant.Deactivate(1, DeactivationReason::kOther, "", host.Call(2)));
  CHECK(host.Events() == 2);
}

TEST_CASE("commands: a profile is set and unset, with old and new values") {
  Host host;
  const CustomerId ada = host.Ada();
  const auto update = [&](std::vector<FieldChange> changes, int64_t minutes) {
    return host.tenant.UpdateProfile(ada, changes, host.Call(minutes));
  };
  auto done = update({{"lastName", "King"},
                      {"phone", "0821234567"},
                      {"dateOfBirth", "1815-12-10"},
                      {"address", R"({ "city" : "London" })"}},
                     1);
  REQUIRE_OK(done);
  CHECK(done->types == Types{"CustomerNameUpdated", "CustomerPhoneUpdated",
                             "CustomerAddressUpdated",
                             "CustomerBirthDateUpdated"});
  CHECK(host.Trait(ada, "dateOfBirth") == "\"1815-12-10\"");
  CHECK(host.Trait(ada, "address") == R"({"city":"London"})");
  CHECK(*host.tenant.FindCustomer({"phoneNumber", "+27821234567"}) == ada);
  // What does not differ emits nothing: in another spelling neither.
  done = update({{"lastName", "King"},
                 {"phone", "+27 82 123 4567"},
                 {"address", R"({"city":"London"})"}},
                2);
  REQUIRE_OK(done);
  CHECK(done->types.empty());
  CHECK(done->customer == ada);
  // One of two names, and a phone number taken away.
  done = update({{"firstName", "Augusta"}, {"phone", "", true}}, 3);
  REQUIRE_OK(done);
  CHECK(done->types == Types{"CustomerNameUpdated", "CustomerPhoneUpdated"});
  CHECK(host.Trait(ada, "phoneNumber").empty());
  CHECK(host.Trait(ada, "lastName") == "\"King\"");
  TimelineQuery query;
  query.types = {"CustomerNameUpdated", "CustomerPhoneUpdated"};
  query.limit = 2;
  const auto page = host.tenant.GetTimeline(ada, query);
  REQUIRE_OK(page);
  std::string payloads = page->entries[0].payload + page->entries[1].payload;
  CHECK(payloads.find(R"({"oldFirstName":"Ada","newFirstName":"Augusta"})") !=
        std::string::npos);
  CHECK(payloads.find(R"("newPhone":null)") != std::string::npos);
  // Unset what is not set: nothing.
  CHECK(update({{"phone", "", true}}, 4)->types.empty());
}

TEST_CASE("commands: what an update of a profile refuses changes nothing") {
  Host host;
  const CustomerId ada = host.Ada();
  const uint64_t events = host.Events();
  const auto code = [&](std::vector<FieldChange> changes) {
    return host.tenant.UpdateProfile(ada, changes, host.Call(1))
        .status()
        .code();
  };
  CHECK(code({{"shoeSize", "38"}}) == StatusCode::kInvalidArgument);
  CHECK(code({{"lastName", "a"}, {"lastName", "b"}}) ==
        StatusCode::kInvalidArgument);
  CHECK(code({{"lastName", ""}}) == StatusCode::kInvalidArgument);
  CHECK(code({{"lastName", "x", true}}) == StatusCode::kInvalidArgument);
  CHECK(code({{"lastName", "ok"}, {"dateOfBirth", "1815-02-30"}}) ==
        StatusCode::kInvalidArgument);
  CHECK(code({{"dateOfBirth", "10.12.1815"}}) == StatusCode::kInvalidArgument);
  CHECK(code({{"phone", "12"}}) == StatusCode::kInvalidArgument);
  CHECK(code({{"address", "London"}}) == StatusCode::kInvalidArgument);
  CHECK(code({{"firstName", std::string(257, 'x')}}) == StatusCode::kTooLarge);
  CHECK(host.tenant.UpdateProfile(9, {}, host.Call(1)).status().code() ==
        StatusCode::kNotFound);
  CHECK(host.Events() == events);
}

TEST_CASE("commands: deactivating suspends, and revokes nothing") {
  Host host;
  Registration form = Host::AdaForm();
  form.marketing_consent = true;
  const auto done = host.tenant.RegisterCustomer(form, host.Call(0));
  REQUIRE_OK(done);
  const CustomerId ada = done->customer;
  const CommandCall call = host.Call(5);
  const auto off = host.tenant.Deactivate(
      ada, DeactivationReason::kCustomerRequest, "asked by phone", call);
  REQUIRE_OK(off);
  CHECK(off->types == Types{"CustomerDeactivated"});
  CHECK(host.Check(ada, MessageClass::kMarketing).rule ==
        ConsentRule::kDeactivated);
  CHECK(host.Check(ada, MessageClass::kTransactional).verdict ==
        Verdict::kAllow);
  CHECK(host.Check(ada, MessageClass::kLegal).verdict == Verdict::kAllow);
  CHECK(host.tenant.GetConsentHistory(ada)->size() == 1);
  auto state = host.tenant.GetCustomerState(ada);
  CHECK(state->state == RecordState::kDeactivated);
  CHECK(*state->since == Minute(5));
  CHECK(state->position == off->positions[0]);
  CHECK(host.Trait(ada, "recordState") == "\"deactivated\"");
  // Is so already.
  CHECK(
      host.tenant.Deactivate(ada, DeactivationReason::kFraud, "", host.Call(6))
          ->types.empty());
  // Back, by a clock that is behind: it counts all the same.
  REQUIRE_OK(host.tenant.Reactivate(ada, host.Call(2)));
  CHECK(host.Check(ada, MessageClass::kMarketing).verdict == Verdict::kAllow);
  state = host.tenant.GetCustomerState(ada);
  CHECK(state->state == RecordState::kActive);
  CHECK(state->since > Minute(5));
  CHECK(host.tenant.Reactivate(ada, host.Call(7))->types.empty());
  // The first call again answers what came of it then.
  const auto again = host.tenant.Deactivate(
      ada, DeactivationReason::kCustomerRequest, "asked by phone", call);
  REQUIRE_OK(again);
  CHECK(again->repeated);
  CHECK(host.tenant.GetCustomerState(ada)->state == RecordState::kActive);
}

TEST_CASE("commands: merged and erased are states, too") {
  Host host;
  const CustomerId ada = host.Ada();
  Registration form = Host::AdaForm();
  form.email = "ben@example.com";
  const auto ben = host.tenant.RegisterCustomer(form, host.Call(0));
  REQUIRE_OK(ben);
  MergeOptions force;
  force.force = true;
  force.by = "desk";
  force.why = "asked";
  REQUIRE_OK(host.tenant.Merge(ada, ben->customer, force));
  const auto state = host.tenant.GetCustomerState(ben->customer);
  REQUIRE_OK(state);
  CHECK(state->state == RecordState::kMerged);
  CHECK(state->customer == ada);
  ErasureOptions confirmed;
  confirmed.confirm = true;
  REQUIRE_OK(host.tenant.Erase(ada, confirmed));
  CHECK(host.tenant.GetCustomerState(ada)->state == RecordState::kErased);
  CHECK(host.tenant.GetCustomerState(ada)->customer == 0);
  CHECK_CODE(host.tenant.GetCustomerState(77), kNotFound);
  CHECK_CODE(host.tenant.Reactivate(ada, host.Call(9)), kErased);
  // Her address is free again.
  CommandCall late = host.Call(0);
  late.at = SystemClock()->Now() + std::chrono::hours(1);
  CHECK(host.tenant.RegisterCustomer(Host::AdaForm(), late)->new_customer);
}

TEST_CASE("commands: a store that is made anew says the same") {
  Scratch scratch;
  CustomerId ada = 0;
  {
    Store store = MustOpen(scratch / "store");
    Tenant tenant = MustTenant(store);
    CommandCall call;
    call.id = "1";
    call.source = "web";
    call.at = Minute(0);
    Registration form = Host::AdaForm();
    form.identifiers = {{"authUserId", "ada-1"}};
    form.verification = {{HashOf("t0ken"), Minute(60)}};
    const auto done = tenant.RegisterCustomer(form, call);
    REQUIRE_OK(done);
    ada = done->customer;
    call.id = "2";
    REQUIRE_OK(tenant.Deactivate(ada, DeactivationReason::kFraud, "", call));
    REQUIRE_OK(store.Close());
  }
  REQUIRE(std::system(("rm -r " + (scratch / "store/views")).c_str()) == 0);
  Store store = MustOpen(scratch / "store");
  Tenant tenant = MustTenant(store);
  CHECK(tenant.GetCustomerState(ada)->state == RecordState::kDeactivated);
  // The request is open still, and counts.
  CommandCall call;
  call.id = "3";
  call.source = "web";
  call.at = Minute(1);
  REQUIRE_OK(tenant.VerifyEmail(ada, HashOf("t0ken"), call));
  const auto report = store.Verify();
  REQUIRE_OK(report);
  CHECK(report->sound());
}

}  // namespace crm
