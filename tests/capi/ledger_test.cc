// The ledger through C: what proves and checks it is tested in C++; here that
// the calls say what they are told, and refuse what is not said rightly.

#include <algorithm>
#include <string>

#include "fixture.h"

namespace crm {
namespace {

struct Evidence : Club {
  Evidence() {
    for (int i = 0; i < 5; ++i) {
      AppendOne(tenant.get(), EventJson("c-" + std::to_string(i),
                                        "a@example.com", "ConsentGranted"));
      AppendOne(tenant.get(),
                EventJson("e-" + std::to_string(i), "a@example.com"));
    }
  }
};

std::string Text(const OwnedBuffer& buffer) {
  return std::string(crm_buffer_data(buffer.get()),
                     crm_buffer_size(buffer.get()));
}

crm_ledger_target Act(const char* id) {
  crm_ledger_target target = {};
  target.source = Slice("test");
  target.id = Slice(id);
  return target;
}

std::string NoteOf(const Evidence& club, uint64_t size) {
  OwnedBuffer note;
  REQUIRE_STATUS_OK(crm_tenant_get_ledger_checkpoint(
      club.tenant.get(), size, nullptr, note.out(), error));
  return Text(note);
}

TEST_CASE("ledger: one record's chain, and pages") {
  Evidence club;
  crm_ledger_query query = CRM_LEDGER_QUERY_INIT;
  const auto lines = [&] {
    OwnedBuffer text;
    REQUIRE_STATUS_OK(
        crm_tenant_list_ledger(club.tenant.get(), &query, text.out(), error));
    const std::string all = Text(text);
    return std::count(all.begin(), all.end(), '\n');
  };
  CHECK(lines() == 5);
  query.first = 3;
  CHECK(lines() == 2);
  query.flags = CRM_LEDGER_OF_RECORD;
  query.record = 1;
  CHECK(lines() == 2);
  query.record = 0;
  CHECK(lines() == 0);
  query.flags = 2;
  OwnedBuffer text;
  CHECK_STATUS(
      crm_tenant_list_ledger(club.tenant.get(), &query, text.out(), error),
      CRM_INVALID_ARGUMENT);
  query.flags = 0;
  query.limit = 10'001;
  CHECK_STATUS(
      crm_tenant_list_ledger(club.tenant.get(), &query, text.out(), error),
      CRM_INVALID_ARGUMENT);
}

TEST_CASE("ledger: what is meant must be said once") {
  Evidence club;
  OwnedBuffer proof;
  const auto prove = [&](const crm_ledger_target* target, crm_error** error) {
    return crm_tenant_prove_inclusion(club.tenant.get(), target, 0, nullptr,
                                      proof.out(), error);
  };
  CHECK_STATUS(prove(nullptr, error), CRM_INVALID_ARGUMENT);
  crm_ledger_target target = Act("c-1");
  target.position = 5;
  CHECK_STATUS(prove(&target, error), CRM_INVALID_ARGUMENT);
  target = Act("none");
  CHECK_STATUS(prove(&target, error), CRM_NOT_FOUND);
  target.reserved[1] = 1;
  CHECK_STATUS(prove(&target, error), CRM_INVALID_ARGUMENT);
  target = {};
  CHECK_STATUS(prove(&target, error), CRM_INVALID_ARGUMENT);
  CHECK_STATUS(
      crm_tenant_get_ledger_head(club.tenant.get(), nullptr, nullptr, error),
      CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_tenant_get_ledger_checkpoint(club.tenant.get(), 6, nullptr,
                                                proof.out(), error),
               CRM_INVALID_ARGUMENT);
}

TEST_CASE("ledger: a target that says nothing gives nothing") {
  Evidence club;
  char somewhere = 0;
  auto* out = reinterpret_cast<crm_buffer*>(&somewhere);
  CHECK_STATUS(crm_tenant_prove_inclusion(club.tenant.get(), nullptr, 0,
                                          nullptr, &out, error),
               CRM_INVALID_ARGUMENT);
  CHECK(out == nullptr);
  out = reinterpret_cast<crm_buffer*>(&somewhere);
  CHECK_STATUS(crm_tenant_open_ledger_record(club.tenant.get(), nullptr,
                                             nullptr, &out, error),
               CRM_INVALID_ARGUMENT);
  CHECK(out == nullptr);
}

TEST_CASE("ledger: verified against checkpoints, and stopped") {
  Evidence club;
  const std::string old = NoteOf(club, 2);
  const std::string now = NoteOf(club, 0);
  const crm_slice notes[] = {Slice(old), Slice(now)};
  crm_ledger_verify_options options = CRM_LEDGER_VERIFY_OPTIONS_INIT;
  options.checkpoints = notes;
  options.checkpoint_count = 2;
  OwnedProof report;
  REQUIRE_STATUS_OK(crm_tenant_verify_ledger(club.tenant.get(), &options,
                                             report.out(), error));
  CHECK(crm_verify_report_read(report.get())->findings_total == 0);
  CHECK(crm_verify_report_read(report.get())->ledger_records == 5);
  CHECK(crm_verify_report_read(report.get())->opened == 0);
  options.checkpoint_count = 1;
  const crm_slice bad[] = {Slice("none")};
  options.checkpoints = bad;
  CHECK_STATUS(crm_tenant_verify_ledger(club.tenant.get(), &options,
                                        report.out(), error),
               CRM_MALFORMED);
  options.checkpoints = nullptr;
  CHECK_STATUS(crm_tenant_verify_ledger(club.tenant.get(), &options,
                                        report.out(), error),
               CRM_INVALID_ARGUMENT);
  options.checkpoint_count = 0;
  int destroyed = 0;
  options.user_data = &destroyed;
  options.destroy = [](void* count) { ++*static_cast<int*>(count); };
  options.progress = [](void*, uint64_t, uint64_t) -> int32_t { return -77; };
  CHECK(crm_tenant_verify_ledger(club.tenant.get(), &options, report.out(),
                                 nullptr) == -77);
  CHECK(destroyed == 1);
}

TEST_CASE("ledger: an export is whole or not there") {
  Evidence club;
  const Folder folder;
  const std::string path = folder / "ledger.ndjson";
  crm_ledger_export_options options = CRM_LEDGER_EXPORT_OPTIONS_INIT;
  options.progress = [](void*, uint64_t, uint64_t) -> int32_t { return -77; };
  CHECK(crm_tenant_export_ledger(club.tenant.get(), Slice(path), &options,
                                 nullptr, nullptr) == -77);
  CHECK_STATUS(crm_tenant_export_ledger(club.tenant.get(), Slice(""), nullptr,
                                        nullptr, error),
               CRM_INVALID_ARGUMENT);
  crm_ledger_head head;
  REQUIRE_STATUS_OK(crm_tenant_export_ledger(club.tenant.get(), Slice(path),
                                             nullptr, &head, error));
  CHECK(head.size == 5);
}

TEST_CASE("ledger: a proof is checked without a store") {
  std::string proof;
  std::string note;
  std::string key;
  std::string opening;
  {
    Evidence club;
    OwnedBuffer text;
    const crm_ledger_target act = Act("c-3");
    REQUIRE_STATUS_OK(crm_tenant_prove_inclusion(club.tenant.get(), &act, 0,
                                                 nullptr, text.out(), error));
    proof = Text(text);
    REQUIRE_STATUS_OK(crm_tenant_get_ledger_key(club.tenant.get(), nullptr,
                                                text.out(), error));
    key = Text(text);
    REQUIRE_STATUS_OK(crm_tenant_open_ledger_record(
        club.tenant.get(), &act, nullptr, text.out(), error));
    opening = Text(text);
    note = NoteOf(club, 0);
  }
  const auto check = [&](std::string_view text, std::string_view signed_by,
                         crm_error** error) {
    return crm_verify_ledger_proof(Slice(text), Slice(note), Slice(signed_by),
                                   Slice(opening), error);
  };
  CHECK_STATUS(check(proof, key, error), CRM_OK);
  std::string changed = proof;
  char& digit = changed[changed.rfind('"') - 1];
  digit = digit == '0' ? '1' : '0';
  CHECK_STATUS(check(changed, key, error), CRM_CORRUPTION);
  CHECK_STATUS(check(proof, "", error), CRM_MALFORMED);
  CHECK_STATUS(check("", key, error), CRM_MALFORMED);
  CHECK_STATUS(crm_verify_ledger_proof({nullptr, 4}, Slice(""), Slice(""),
                                       Slice(""), error),
               CRM_INVALID_ARGUMENT);
  crm_ledger_head head;
  REQUIRE_STATUS_OK(
      crm_verify_checkpoint(Slice(note), Slice(key), &head, error));
  CHECK(head.size == 5);
  CHECK(std::string(head.origin).starts_with("crm-ledger/"));
}

}  // namespace
}  // namespace crm
