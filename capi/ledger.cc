// Ledger: heads, notes, proofs, and what checks them without a store.

#include <algorithm>
#include <optional>

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"
#include "crm/export.h"

namespace crm::capi {
namespace {

void Show(const LedgerHead& head, crm_ledger_head* out) {
  static_assert(sizeof(out->root) == sizeof(head.root));
  *out = {};
  out->size = head.size;
  std::copy(head.root.begin(), head.root.end(), out->root);
  // It is never longer; and a zero stays behind it.
  const size_t size = std::min(head.origin.size(), sizeof(out->origin) - 1);
  std::copy_n(head.origin.begin(), size, out->origin);
}

Status ReadTarget(const crm_ledger_target* in, LedgerTarget* out) {
  if (in == nullptr) return Invalid("target: must not be NULL");
  if (!IsZero(in->reserved)) return Invalid("target.reserved: must be zero");
  Status status = CheckSlice(in->source, "target.source");
  if (status.ok()) status = CheckSlice(in->id, "target.id");
  if (!status.ok()) return status;
  out->position = in->position;
  out->source = View(in->source);
  out->id = View(in->id);
  return status;
}

// What all calls that give a text have in common.
template <typename Ask>
Status GiveText(crm_tenant* tenant, const crm_read_options* options,
                crm_buffer** out, Ask ask) {
  Status status = BeginRead(tenant, options, out);
  if (!status.ok()) return status;
  Result<std::string> text = ask(StateOf(tenant).tenant);
  if (!text.ok()) return text.status();
  GiveBuffer(*std::move(text), out);
  return status;
}

// A proof, or what else has a JSON.
template <typename T>
Result<std::string> JsonOf(const Result<T>& made) {
  if (!made.ok()) return made.status();
  return ToJson(*made);
}

Result<std::string> ListAll(const Tenant& tenant, const LedgerQuery& query) {
  const Result<std::vector<LedgerRecord>> records = tenant.ListLedger(query);
  if (!records.ok()) return records.status();
  std::string lines;
  for (const LedgerRecord& record : *records) {
    lines += ToJson(record) + "\n";
  }
  return lines;
}

Result<VerifyReport> Verify(const Tenant& tenant,
                            const crm_ledger_verify_options& in,
                            void* user_data) {
  LedgerVerifyOptions options;
  Status status = ReadTexts(in.checkpoints, in.checkpoint_count,
                            "options.checkpoints", &options.checkpoints);
  if (status.ok()) status = CheckSlice(in.key, "options.key");
  if (!status.ok()) return status;
  options.key = View(in.key);
  options.open = (in.flags & CRM_LEDGER_VERIFY_OPEN) != 0;
  int32_t stopped = 0;
  options.progress = ProgressOf(in.progress, user_data, &stopped);
  auto report = tenant.VerifyLedger(options);
  if (stopped == 0) return report;
  return StoppedBy(stopped, "verify");
}

Result<LedgerHead> Export(const Tenant& tenant, crm_slice path,
                          const crm_ledger_export_options& in,
                          void* user_data) {
  int32_t stopped = 0;
  auto head = ExportLedger(tenant, std::string(View(path)),
                           ProgressOf(in.progress, user_data, &stopped));
  if (stopped == 0) return head;
  return StoppedBy(stopped, "export");
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_get_ledger_head(crm_tenant* tenant,
                                      const crm_read_options* options,
                                      crm_ledger_head* out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out == nullptr) return Invalid("out: must not be NULL");
    *out = {};
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    const auto head = StateOf(tenant).tenant.GetLedgerHead();
    if (!head.ok()) return head.status();
    Show(*head, out);
    return status;
  });
}

crm_status crm_tenant_get_ledger_key(crm_tenant* tenant,
                                     const crm_read_options* options,
                                     crm_buffer** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&] {
    return GiveText(tenant, options, out,
                    [](const crm::Tenant& own) { return own.GetLedgerKey(); });
  });
}

crm_status crm_tenant_get_ledger_checkpoint(crm_tenant* tenant, uint64_t size,
                                            const crm_read_options* options,
                                            crm_buffer** out,
                                            crm_error** error) noexcept {
  return Guard(error, [&] {
    return GiveText(tenant, options, out, [&](const crm::Tenant& own) {
      return own.GetLedgerCheckpoint(size);
    });
  });
}

crm_status crm_tenant_list_ledger(crm_tenant* tenant,
                                  const crm_ledger_query* query,
                                  crm_buffer** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_ledger_query own = CRM_LEDGER_QUERY_INIT;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = Check(tenant, "tenant");
    if (status.ok()) {
      status = ReadOptions(query, "query", CRM_LEDGER_OF_RECORD, &own);
    }
    if (!status.ok()) return status;
    crm::LedgerQuery list;
    list.first = own.first;
    if (own.limit != 0) list.limit = own.limit;
    if ((own.flags & CRM_LEDGER_OF_RECORD) != 0) list.record = own.record;
    auto lines = ListAll(StateOf(tenant).tenant, list);
    if (!lines.ok()) return lines.status();
    GiveBuffer(*std::move(lines), out);
    return status;
  });
}

crm_status crm_tenant_prove_inclusion(crm_tenant* tenant,
                                      const crm_ledger_target* target,
                                      uint64_t size,
                                      const crm_read_options* options,
                                      crm_buffer** out,
                                      crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::LedgerTarget of;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = ReadTarget(target, &of);
    if (!status.ok()) return status;
    return GiveText(tenant, options, out, [&](const crm::Tenant& own) {
      return JsonOf(own.ProveInclusion(of, size));
    });
  });
}

crm_status crm_tenant_prove_consistency(crm_tenant* tenant, uint64_t old_size,
                                        uint64_t size,
                                        const crm_read_options* options,
                                        crm_buffer** out,
                                        crm_error** error) noexcept {
  return Guard(error, [&] {
    return GiveText(tenant, options, out, [&](const crm::Tenant& own) {
      return JsonOf(own.ProveConsistency(old_size, size));
    });
  });
}

crm_status crm_tenant_open_ledger_record(crm_tenant* tenant,
                                         const crm_ledger_target* target,
                                         const crm_read_options* options,
                                         crm_buffer** out,
                                         crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::LedgerTarget of;
    crm::Status status = CheckOut(out);
    if (status.ok()) status = ReadTarget(target, &of);
    if (!status.ok()) return status;
    return GiveText(tenant, options, out, [&](const crm::Tenant& own) {
      return JsonOf(own.OpenLedgerRecord(of));
    });
  });
}

crm_status crm_tenant_verify_ledger(crm_tenant* tenant,
                                    const crm_ledger_verify_options* options,
                                    crm_verify_report** out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_ledger_verify_options own = CRM_LEDGER_VERIFY_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read =
        ReadOptions(options, "options", CRM_LEDGER_VERIFY_OPEN, &own);
    crm::Status status = CheckOut(out);
    if (status.ok()) status = read;
    if (status.ok()) status = CheckReserved(own.reserved);
    if (status.ok()) status = Check(tenant, "tenant");
    if (!status.ok()) return status;
    auto report = Verify(StateOf(tenant).tenant, own, held.get());
    if (!report.ok()) return report.status();
    auto result = std::make_unique<VerifyReportState>(
        VerifyReportState{*std::move(report)});
    Fill(result.get());
    *out = Adopt<crm_verify_report>(std::move(result));
    return status;
  });
}

crm_status crm_tenant_export_ledger(crm_tenant* tenant, crm_slice path,
                                    const crm_ledger_export_options* options,
                                    crm_ledger_head* out,
                                    crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm_ledger_export_options own = CRM_LEDGER_EXPORT_OPTIONS_INIT;
    const PassingUserData held(own.user_data, own.destroy);
    const crm::Status read = ReadOptions(options, "options", 0, &own);
    if (out != nullptr) *out = {};
    crm::Status status = Check(tenant, "tenant");
    if (status.ok()) status = read;
    if (status.ok()) status = CheckReserved(own.reserved);
    if (status.ok()) status = CheckPath(path, "path");
    if (!status.ok()) return status;
    const auto head = Export(StateOf(tenant).tenant, path, own, held.get());
    if (!head.ok()) return head.status();
    if (out != nullptr) Show(*head, out);
    return status;
  });
}

crm_status crm_verify_checkpoint(crm_slice note, crm_slice key,
                                 crm_ledger_head* out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    if (out != nullptr) *out = {};
    crm::Status status = CheckSlice(note, "note");
    if (status.ok()) status = CheckSlice(key, "key");
    if (!status.ok()) return status;
    const auto head = crm::VerifyCheckpoint(View(note), View(key));
    if (!head.ok()) return head.status();
    if (out != nullptr) Show(*head, out);
    return status;
  });
}

crm_status crm_verify_ledger_proof(crm_slice proof, crm_slice note,
                                   crm_slice key, crm_slice opening,
                                   crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckSlice(proof, "proof");
    if (status.ok()) status = CheckSlice(note, "note");
    if (status.ok()) status = CheckSlice(key, "key");
    if (status.ok()) status = CheckSlice(opening, "opening");
    if (!status.ok()) return status;
    return crm::VerifyLedgerProof(View(proof), View(note), View(key),
                                  View(opening));
  });
}
