// ExportLedger: a tenant's ledger to a file.

#include <algorithm>
#include <utility>
#include <vector>

#include "crm/export.h"
#include "ingest/export_file.h"
#include "ingest/guarded.h"
#include "ingest/json_text.h"

namespace crm {
namespace ingest {
namespace {

constexpr size_t kPage = 1000;

std::string FirstLine(const crm::Tenant& tenant, const LedgerHead& head,
                      const std::string& key) {
  std::string line = R"({"kind":"ledger","version":1,"tenant":)";
  AppendJsonString(tenant.name(), &line);
  line += R"(,"origin":)";
  AppendJsonString(head.origin, &line);
  line += R"(,"size":)" + std::to_string(head.size) + R"(,"key":)";
  AppendJsonString(key, &line);
  return line + "}\n";
}

std::string LastLine(const std::string& note) {
  std::string line = R"({"kind":"checkpoint","note":)";
  AppendJsonString(note, &line);
  return line + "}\n";
}

Status WriteRecords(const crm::Tenant& tenant, uint64_t size,
                    const Progress& progress, ExportFile* file) {
  for (uint64_t done = 0; done < size;) {
    LedgerQuery query;
    query.first = done;
    query.limit = static_cast<size_t>(std::min<uint64_t>(kPage, size - done));
    Result<std::vector<LedgerRecord>> records = tenant.ListLedger(query);
    if (!records.ok()) return std::move(records).status();
    for (const LedgerRecord& record : *records) {
      Status status = file->Write(ToJson(record) + "\n");
      if (!status.ok()) return status;
    }
    done += records->size();
    if (progress && !progress(done, size)) {
      return ExportCancelled();
    }
  }
  return Status::Ok();
}

Result<LedgerHead> Write(const crm::Tenant& tenant, const std::string& path,
                         const Progress& progress) {
  Result<std::string> key = tenant.GetLedgerKey();
  if (!key.ok()) return std::move(key).status();
  // What it is a checkpoint of is what is written.
  Result<std::string> note = tenant.GetLedgerCheckpoint();
  if (!note.ok()) return std::move(note).status();
  Result<LedgerHead> head = VerifyCheckpoint(*note, *key);
  if (!head.ok()) return std::move(head).status();
  Result<std::unique_ptr<ExportFile>> file = ExportFile::Create(path);
  if (!file.ok()) return std::move(file).status();
  Status status = (*file)->Write(FirstLine(tenant, *head, *key));
  if (status.ok()) {
    status = WriteRecords(tenant, head->size, progress, file->get());
  }
  if (status.ok()) status = (*file)->Write(LastLine(*note));
  if (status.ok()) status = (*file)->Finish();
  if (!status.ok()) return status;
  return head;
}

}  // namespace
}  // namespace ingest

Result<LedgerHead> ExportLedger(const Tenant& tenant, const std::string& path,
                                const Progress& progress) {
  return ingest::Guarded([&] { return ingest::Write(tenant, path, progress); });
}

}  // namespace crm
