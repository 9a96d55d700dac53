// Memory runs out at every allocation of every call: the answer is
// CRM_OUT_OF_MEMORY or success, nothing crashes, and what was acknowledged is
// there when the store is opened again.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "failing_memory.h"
#include "fixture.h"

namespace crm {
namespace {

// What the steps work on; every handle is freed with it.
struct Session {
  explicit Session(const Folder& folder)
      : path(folder / "store"), file(folder / "rows.ndjson") {
    std::ofstream rows(file);
    for (int i = 0; i < 5; ++i) {
      rows << EventJson("row" + std::to_string(i), "row@example.com") << "\n";
    }
  }
  // In memory, unless a folder is to be used.
  crm_status Open(bool on_disk, crm_error** error) {
    crm_store_options options = CRM_STORE_OPTIONS_INIT;
    options.flags =
        CRM_STORE_NO_BACKGROUND_THREAD | CRM_STORE_CREATE_IF_MISSING;
    options.durability = CRM_DURABILITY_OS;
    return on_disk ? crm_store_open(Slice(path), &options, store.out(), error)
                   : crm_store_open_in_memory(&options, store.out(), error);
  }

  std::string path;
  std::string file;
  OwnedStore store;
  OwnedTenant tenant;
  OwnedProfile profile;
};

using Run = std::function<crm_status(Session&, crm_error**)>;
struct Step {
  const char* name;
  bool writes;
  Run run;
};

crm_status Append(Session& session, crm_error** error) {
  const std::string json[] = {EventJson("1", "ada@example.com"),
                              EventJson("2", "bob@example.com", "a.type"),
                              EventJson("3", "ada@example.com")};
  const crm_slice events[] = {Slice(json[0]), Slice(json[1]), Slice(json[2])};
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.offset_name = Slice("topic");
  options.offset_value = Slice("3");
  OwnedResult result;
  return crm_tenant_append_json(session.tenant.get(), events, 3, &options,
                                result.out(), error);
}

crm_status AppendStructs(Session& session, crm_error** error) {
  const crm_identifier who = Email("ada@example.com");
  const crm_event event = EventOf("a long id that is no small string", &who);
  crm_condition condition = {};
  condition.kind = CRM_CONDITION_CUSTOMER_EXISTS;
  condition.identifier = who;
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  options.conditions = &condition;
  options.condition_count = 1;
  OwnedResult result;
  return crm_tenant_append(session.tenant.get(), &event, 1, &options,
                           result.out(), error);
}

crm_status Import(Session& session, crm_error** error) {
  crm_import_options options = CRM_IMPORT_OPTIONS_INIT;
  options.threads = 1;
  OwnedReport report;
  return crm_tenant_import_file(session.tenant.get(), Slice(session.file),
                                &options, report.out(), error);
}

crm_status Walk(Session& session, crm_error** error) {
  OwnedSnapshot snapshot;
  crm_status status = crm_tenant_get_snapshot(session.tenant.get(), nullptr,
                                              snapshot.out(), error);
  if (status < 0) return status;
  for (const uint32_t flags : {0u, uint32_t{CRM_QUERY_BACKWARD}}) {
    crm_replay_query query = CRM_REPLAY_QUERY_INIT;
    query.flags = flags;
    query.customer = flags == 0 ? 0 : 1;
    OwnedCursor cursor;
    status = crm_snapshot_replay(snapshot.get(), &query, cursor.out(), error);
    if (status < 0) return status;
    crm_event_view event = {};
    while ((status = crm_event_cursor_next(cursor.get(), &event, error)) ==
           CRM_OK) {
      OwnedBuffer json;
      status = crm_event_view_to_json(&event, Slice("club"), nullptr,
                                      json.out(), error);
      if (status < 0) return status;
    }
    if (status != CRM_DONE) return status;
  }
  return CRM_OK;
}

// All tenants: what the session holds, however often it is asked.
crm_status WalkAll(Session& session, crm_error** error) {
  using OwnedAll = Owned<crm_store_snapshot, crm_store_snapshot_free>;
  using OwnedWalk = Owned<crm_store_cursor, crm_store_cursor_free>;
  OwnedAll all;
  crm_status status =
      crm_store_get_snapshot(session.store.get(), nullptr, all.out(), error);
  if (status < 0) return status;
  crm_name_list* names = nullptr;
  status =
      crm_store_snapshot_get_tenant_names(all.get(), nullptr, &names, error);
  crm_name_list_free(names);
  if (status < 0) return status;
  OwnedSnapshot one;
  status = crm_store_snapshot_get_tenant(all.get(), Slice("club"), nullptr,
                                         one.out(), error);
  if (status < 0) return status;
  OwnedWalk walk;
  status = crm_store_snapshot_replay(all.get(), nullptr, walk.out(), error);
  crm_store_event event = {};
  while (status == CRM_OK) {
    status = crm_store_cursor_next(walk.get(), &event, error);
  }
  return status == CRM_DONE ? crm_status{CRM_OK} : status;
}

crm_status ReadCustomer(Session& session, crm_error** error) {
  uint64_t customer = 0;
  crm_tenant* const tenant = session.tenant.get();
  crm_status status =
      crm_tenant_find_customer(tenant, Slice("email"), Slice("ada@example.com"),
                               nullptr, &customer, error);
  if (status < 0) return status;
  OwnedCustomer records;
  status =
      crm_tenant_get_customer(tenant, customer, nullptr, records.out(), error);
  if (status < 0) return status;
  OwnedProfile profile;
  status =
      crm_tenant_get_profile(tenant, customer, nullptr, profile.out(), error);
  if (status < 0) return status;
  OwnedTimeline page;
  return crm_tenant_get_timeline(tenant, customer, nullptr, page.out(), error);
}

crm_status ReadStore(Session& session, crm_error** error) {
  OwnedStats stats;
  crm_status status =
      crm_store_get_stats(session.store.get(), nullptr, stats.out(), error);
  if (status < 0) return status;
  crm_name_list* names = nullptr;
  status =
      crm_store_get_tenant_names(session.store.get(), nullptr, &names, error);
  crm_name_list_free(names);
  if (status < 0) return status;
  OwnedBuffer settings;
  status = crm_tenant_get_identity_settings(session.tenant.get(), nullptr,
                                            settings.out(), error);
  if (status < 0) return status;
  OwnedBuffer offset;
  return crm_tenant_get_offset(session.tenant.get(), Slice("topic"), nullptr,
                               offset.out(), error);
}

crm_status Follow(Session& session, crm_error** error) {
  crm_tenant* const tenant = session.tenant.get();
  const crm_slice type = Slice("booked");
  crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
  options.name = Slice("a name that is no small string");
  options.types = &type;
  options.type_count = 1;
  OwnedSubscription subscription;
  crm_status status =
      crm_tenant_subscribe(tenant, &options, subscription.out(), error);
  crm_message message = {};
  while (status == CRM_OK && message.kind != CRM_MESSAGE_CAUGHT_UP) {
    status = crm_subscription_next(subscription.get(), 0, &message, error);
  }
  if (status == CRM_OK) {
    status = crm_subscription_acknowledge(subscription.get(), message.position,
                                          CRM_DURABILITY_DEFAULT, error);
  }
  if (status < 0) return status;
  OwnedSubscriptions list;
  status = crm_tenant_list_subscriptions(tenant, nullptr, list.out(), error);
  if (status < 0) return status;
  subscription.Free();
  return crm_tenant_drop_subscription(tenant, options.name, error);
}

crm_status MakeThings(Session&, crm_error** error) {
  OwnedKeys keys;
  crm_status status = crm_key_provider_new_ephemeral(keys.out(), error);
  if (status < 0) return status;
  OwnedDryRun dry_run;
  status = crm_dry_run_new(dry_run.out(), error);
  if (status < 0) return status;
  OwnedOrder order;
  status = crm_append_order_new(order.out(), error);
  if (status < 0) return status;
  OwnedParsed parsed;
  const std::string json = EventJson("1", "ada@example.com");
  return crm_parsed_event_from_json(Slice(json), parsed.out(), error);
}

// Records in memory: two that are one person, and why.
crm_status Match(Session&, crm_error** error) {
  Owned<crm_match_set, crm_match_set_free> set;
  crm_status status = crm_match_set_new(set.out(), error);
  if (status < 0) return status;
  crm_match_value values[2] = {};
  values[0].field = CRM_MATCH_FIELD_FULL_NAME;
  values[0].text = Slice("Wilhelmina Blackwood-Featherstonehaugh");
  values[1].field = CRM_MATCH_FIELD_EMAIL;
  values[1].text = Slice("wilhelmina.blackwood@example.com");
  const crm_identifier account = Email("an account that is no small string");
  crm_match_record records[2] = {};
  records[0].id = Slice("a record whose id is no small string");
  records[1].id = Slice("b");
  for (crm_match_record& record : records) {
    record.values = values;
    record.value_count = 2;
    record.exclusive = &account;
    record.exclusive_count = 1;
  }
  status = crm_match_set_add(set.get(), records, 2, error);
  if (status < 0) return status;
  Owned<crm_match_model, crm_match_model_free> model;
  status = crm_match_model_default(model.out(), error);
  if (status < 0) return status;
  OwnedBuffer json;
  status = crm_match_model_to_json(model.get(), json.out(), error);
  if (status < 0) return status;
  status = crm_match_model_from_json(
      {crm_buffer_data(json.get()), crm_buffer_size(json.get())}, model.out(),
      error);
  if (status < 0) return status;
  Owned<crm_link_result, crm_link_result_free> result;
  status =
      crm_link_records(set.get(), model.get(), nullptr, result.out(), error);
  if (status < 0) return status;
  Owned<crm_match_explanation, crm_match_explanation_free> why;
  return crm_explain_pair(set.get(), nullptr, 0, 1, 0, nullptr, why.out(),
                          error);
}

std::vector<Step> Steps(bool on_disk) {
  return {
      {"open", true,
       [=](Session& session, crm_error** error) {
         return session.Open(on_disk, error);
       }},
      {"tenant", true,
       [](Session& session, crm_error** error) {
         return crm_tenant_open(session.store.get(), Slice("club"), nullptr,
                                session.tenant.out(), error);
       }},
      {"append", true, Append},
      {"append structs", true, AppendStructs},
      {"set", true,
       [](Session& session, crm_error** error) {
         // Not the same twice: that would change nothing.
         static int turn = 0;
         const std::string json =
             R"({"rules":{"phone_months":)" + std::to_string(++turn % 7) + "}}";
         return crm_tenant_set_identity_settings(session.tenant.get(),
                                                 Slice(json), error);
       }},
      {"import", true, Import},
      {"walk", false, Walk},
      {"walk all", false, WalkAll},
      {"follow", true, Follow},
      {"read a customer", false, ReadCustomer},
      {"read the store", false, ReadStore},
      {"make things", false, MakeThings},
      {"match", false, Match},
      {"maintain", true,
       [](Session& session, crm_error** error) {
         return crm_store_maintain(session.store.get(), 0, nullptr, error);
       }},
      {"flush", true,
       [](Session& session, crm_error** error) {
         return crm_store_flush(session.store.get(), error);
       }},
      {"verify", true,
       [](Session& session, crm_error** error) {
         OwnedProof report;
         return crm_store_verify(session.store.get(), nullptr, report.out(),
                                 error);
       }},
  };
}

// Runs a step while memory runs out. True: it did.
bool RunFailing(const Step& step, Session& session, uint64_t nth,
                Failing failing) {
  crm_error* error = nullptr;
  FailAllocation(nth, failing);
  const crm_status status = step.run(session, &error);
  const bool fired = StopFailing();
  INFO(std::string(step.name), ", allocation ", nth, ": ",
       std::string(crm_status_name(status)), ": ",
       std::string(crm_error_message(error)));
  CHECK((status == CRM_OK || (fired && status == CRM_OUT_OF_MEMORY)));
  CHECK(crm_error_code(error) == status);
  crm_error_free(error);
  return fired;
}

void RunBefore(const std::vector<Step>& steps, size_t count, Session& session) {
  for (size_t i = 0; i < count; ++i) {
    INFO(steps[i].name);
    REQUIRE_STATUS_OK(steps[i].run(session, error));
  }
}

// After a call ran out of memory, the store is closed and opened again:
// everything that was acknowledged is there, and nothing is askew.
void CheckReopened(const std::vector<Step>& steps, size_t step,
                   Session& session) {
  session.tenant.Free();
  session.store.Free();
  REQUIRE_STATUS_OK(session.Open(true, error));
  REQUIRE_STATUS_OK(crm_tenant_open(session.store.get(), Slice("club"), nullptr,
                                    session.tenant.out(), error));
  OwnedProof report;
  REQUIRE_STATUS_OK(
      crm_store_verify(session.store.get(), nullptr, report.out(), error));
  CHECK(crm_verify_report_read(report.get())->findings_total == 0);
  if (step > 2) {  // Behind the first append.
    OwnedStats stats;
    REQUIRE_STATUS_OK(
        crm_store_get_stats(session.store.get(), nullptr, stats.out(), error));
    CHECK(crm_store_stats_read(stats.get())->events >= 3);
  }
  for (size_t i = 2; i < steps.size(); ++i) {
    INFO("again: ", steps[i].name);
    REQUIRE_STATUS_OK(steps[i].run(session, error));
  }
}

// Which allocation comes after the `nth`: all of them with CRM_TEST_ALL_POINTS;
// else the first few, and then fewer and fewer. A step that writes needs a
// store of its own for each.
uint64_t Next(uint64_t nth, bool writes) {
  if (std::getenv("CRM_TEST_ALL_POINTS") != nullptr) return nth + 1;
  return nth + 1 + nth / (writes ? 2 : 8);
}

// The allocations of a step, one after the other.
void Sweep(const std::vector<Step>& steps, size_t step, bool on_disk,
           Failing failing) {
  bool fired = true;
  for (uint64_t nth = 1; fired; nth = Next(nth, true)) {
    Folder folder;
    Session session(folder);
    RunBefore(steps, step, session);
    fired = RunFailing(steps[step], session, nth, failing);
    if (!steps[step].writes) {
      // Reading breaks nothing: on with the same store.
      while (fired) {
        nth = Next(nth, false);
        fired = RunFailing(steps[step], session, nth, failing);
      }
      REQUIRE_STATUS_OK(steps[step].run(session, error));
    }
    if (on_disk) CheckReopened(steps, step, session);
  }
}

TEST_CASE("memory: one allocation fails, each in its turn") {
  const std::vector<Step> steps = Steps(false);
  for (size_t step = 0; step < steps.size(); ++step) {
    INFO(std::string(steps[step].name));
    Sweep(steps, step, false, Failing::kOnce);
  }
}

TEST_CASE("memory: nothing acknowledged is lost on disk") {
  const std::vector<Step> steps = Steps(true);
  for (size_t step = 1; step < steps.size(); ++step) {
    INFO(std::string(steps[step].name));
    if (!steps[step].writes) continue;
    Sweep(steps, step, true, Failing::kOnce);
  }
}

TEST_CASE("memory: closing a store can be tried again") {
  bool fired = true;
  for (uint64_t nth = 1; fired; nth = Next(nth, true)) {
    Folder folder;
    Session session(folder);
    RunBefore(Steps(false), 4, session);
    session.tenant.Free();
    crm_store* store = nullptr;
    std::swap(store, *session.store.handle());
    FailAllocation(nth, Failing::kOnce);
    crm_status status = crm_store_close(store, nullptr);
    fired = StopFailing();
    INFO("allocation ", nth, ": ", std::string(crm_status_name(status)));
    CHECK((status == CRM_OK || status == CRM_OUT_OF_MEMORY));
    if (status == CRM_OUT_OF_MEMORY) {
      status = crm_store_close(store, nullptr);
      CHECK(status == CRM_OK);
    }
  }
}

TEST_CASE("memory: the error of no memory needs none") {
  Error error;
  FailAllocation(1, Failing::kFromThenOn);
  const crm_status status = crm_store_sync(nullptr, error.out());
  StopFailing();
  CHECK(status == CRM_OUT_OF_MEMORY);
  CHECK(error.code() == CRM_OUT_OF_MEMORY);
  CHECK(error.message() == "no memory");
}

}  // namespace
}  // namespace crm
