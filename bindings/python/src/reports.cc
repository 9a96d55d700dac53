// Statistics, and what verify and import report.

#include <string>

#include "bindings/python/src/define.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/records.h"

namespace crm::python {
namespace {

void DefineTenantRecords(py::module_& module) {
  RecordClass<TenantEntry>(module, "TenantEntry",
                           "One tenant, as Store.list_tenants tells.")
      .Field("name", &TenantEntry::name, "Its name.")
      .Field("events", &TenantEntry::events,
             "How many; of one that was dropped, noise in the log.")
      .Field("customers", &TenantEntry::customers,
             "How many; those merged away or erased are not counted.")
      .Field("records", &TenantEntry::records, "How many.")
      .Field("dropped_position", &TenantEntry::dropped_position,
             "Of the record that says that it was dropped; 0: it was not.")
      .Computed(
          "dropped_at",
          [](const TenantEntry& self) -> py::object {
            if (self.dropped_position == 0) return py::none();
            return InstantToPython(self.dropped_at);
          },
          "When that was; None: it was not.")
      .Field("dropped_by", &TenantEntry::dropped_by, "Who asked for it.")
      .Field("dropped_why", &TenantEntry::dropped_why, "For which reason.")
      .Finish();
  RecordClass<TenantDrop>(module, "TenantDrop",
                          "What was dropped, or would be.")
      .Field("tenant", &TenantDrop::tenant, "Its name.")
      .Field("position", &TenantDrop::position,
             "Of the record in the log; 0: a dry run.")
      .Computed(
          "at",
          [](const TenantDrop& self) -> py::object {
            if (self.position == 0) return py::none();
            return InstantToPython(self.at);
          },
          "When; None: a dry run.")
      .Field("events", &TenantDrop::events, "How many.")
      .Field("customers", &TenantDrop::customers, "How many.")
      .Field("records", &TenantDrop::records, "How many.")
      .Field("keys", &TenantDrop::keys,
             "Of records (those made ahead, too), months and buckets.")
      .Field("holds", &TenantDrop::holds,
             "Legal holds that are open: until there is none, it is not\n"
             "dropped.")
      .Finish();
}

void DefineStats(py::module_& module) {
  RecordClass<TenantStats>(module, "TenantStats", "Counters of one tenant.")
      .Field("tenant", &TenantStats::tenant, "Its name.")
      .Field("events", &TenantStats::events, "What hosts appended.")
      .Field("customers", &TenantStats::customers,
             "How many; those merged away or erased are not counted.")
      .Field("last_customer", &TenantStats::last_customer,
             "The greatest number of one so far.")
      .Field("open_reviews", &TenantStats::open_reviews,
             "Questions that nobody has answered.")
      .Field("records", &TenantStats::records, "How many.")
      .Field("unattributed", &TenantStats::unattributed,
             "Events that belong to nobody.")
      .Field("contested", &TenantStats::contested,
             "Events that named an identifier of another.")
      .Field("schema_warnings", &TenantStats::schema_warnings,
             "Events that did not fit the schema of their type.")
      .Field("erased_customers", &TenantStats::erased_customers, "How many.")
      .Field("refused_events", &TenantStats::refused_events,
             "Events that came after the erasure of their person; of a\n"
             "snapshot always 0.")
      .Finish();
  RecordClass<StoreStats>(
      module, "StoreStats",
      "Counters of a store: of one instant, except the bytes and times.")
      .Field("head", &StoreStats::head, "events + derived.")
      .Field("events", &StoreStats::events, "What hosts appended.")
      .Field("derived", &StoreStats::derived,
             "What libcrm wrote: names, dictionaries, epochs.")
      .Field("customers", &StoreStats::customers, "Over all tenants.")
      .Field("records", &StoreStats::records, "Over all tenants.")
      .Field("unattributed", &StoreStats::unattributed,
             "Events that belong to nobody.")
      .Field("contested", &StoreStats::contested,
             "Events that named an identifier of another.")
      .Field("checkpoint", &StoreStats::checkpoint,
             "Views on disk are valid up to here.")
      .Field("log_bytes", &StoreStats::log_bytes, "On disk.")
      .Field("keys_bytes", &StoreStats::keys_bytes, "On disk.")
      .Field("views_bytes", &StoreStats::views_bytes, "On disk.")
      .Field("memory_bytes", &StoreStats::memory_bytes,
             "Rows held in memory, about.")
      .Field("prepare_ns", &StoreStats::prepare_ns,
             "Since open: decoding and preparing, over all threads.")
      .Field("sequence_ns", &StoreStats::sequence_ns,
             "Since open: deciding and folding.")
      .Field("write_ns", &StoreStats::write_ns, "Since open: writing the log.")
      .Field("checkpoint_ns", &StoreStats::checkpoint_ns,
             "Since open: writing views.")
      .Field("longest_pause_ns", &StoreStats::longest_pause_ns,
             "For so long the sequencer was busy with one group of requests.")
      .Computed(
          "tenants",
          [](const StoreStats& self) { return TupleOf(self.tenants); },
          "A tuple of TenantStats.")
      .Finish();
}

void DefineVerify(py::module_& module) {
  RecordClass<Finding>(module, "Finding",
                       "One finding of Store.verify or Tenant.verify_ledger;\n"
                       "no personal data.")
      .Field("room", &Finding::room,
             "log, event, identity, profile, ledger or store.")
      .Field("tenant", &Finding::tenant, "Its name.")
      .Field("customer", &Finding::customer, "Zero: none in particular.")
      .Field("position", &Finding::position, "Zero: none in particular.")
      .Field("detail", &Finding::detail, "Names family and key.")
      .Finish();
  RecordClass<VerifyReport>(module, "VerifyReport",
                            "What Store.verify looked at and what it found.")
      .Field("log_records", &VerifyReport::log_records, "How many it read.")
      .Field("ledger_records", &VerifyReport::ledger_records,
             "Of these, records of ledgers.")
      .Field("opened", &VerifyReport::opened,
             "Of these, compared with what they say (verify_ledger, open).")
      .Field("erased", &VerifyReport::erased,
             "Of these, those whose key is destroyed.")
      .Field("view_rows", &VerifyReport::view_rows, "How many it compared.")
      .Field("unreadable", &VerifyReport::unreadable,
             "Of a store that is open without keys: records with a sealed\n"
             "part. What they say could not be checked.")
      .Field("findings_total", &VerifyReport::findings_total, "All of them.")
      .Computed(
          "findings",
          [](const VerifyReport& self) { return TupleOf(self.findings); },
          "A tuple of the first 100.")
      .Derived(
          "sound", [](const VerifyReport& self) { return self.sound(); },
          "Nothing was found.")
      .Finish();
}

void DefineImport(py::module_& module) {
  RecordClass<RejectedRow>(module, "RejectedRow",
                           "A row that was not imported.")
      .Field("line", &RejectedRow::line,
             "1-based line of the file where the row begins.")
      .Computed(
          "code",
          [](const RejectedRow& self) { return CodeToPython(self.code); },
          "A StatusCode.")
      .Computed(
          "reason",
          [](const RejectedRow& self) {
            const std::string name(RejectReasonName(self.reason));
            return MemberOf("RejectReason",
                            name.empty() ? "NONE" : name.c_str());
          },
          "A RejectReason.")
      .Field("column", &RejectedRow::column,
             "Its name or, without one, its number; of JSON the member.")
      .Field("message", &RejectedRow::message,
             "Why; holds no value of the row.")
      .Finish();
  RecordClass<ImportProgress>(module, "ImportProgress",
                              "How far Tenant.import_file is.")
      .Field("bytes", &ImportProgress::bytes, "Of the file as it is on disk.")
      .Field("total_bytes", &ImportProgress::total_bytes, "Zero: unknown.")
      .Field("read", &ImportProgress::read, "Rows so far.")
      .Field("appended", &ImportProgress::appended, "Events so far.")
      .Finish();
  RecordClass<ImportReport>(module, "ImportReport",
                            "What Tenant.import_file did.")
      .Field("read", &ImportReport::read,
             "Rows of the file, header and blank lines not counted.")
      .Field("appended", &ImportReport::appended, "How many are new.")
      .Field("duplicates", &ImportReport::duplicates,
             "How many were there already.")
      .Field("rejected", &ImportReport::rejected, "How many were bad.")
      .Field("customers_created", &ImportReport::customers_created,
             "How many began a customer.")
      .Field("unattributed", &ImportReport::unattributed,
             "How many belong to nobody.")
      .Field("contested", &ImportReport::contested,
             "How many named an identifier of another.")
      .Field("resumed_rows", &ImportReport::resumed_rows,
             "Rows that an interrupted import of the same file had done.")
      .Computed(
          "rejected_rows",
          [](const ImportReport& self) { return TupleOf(self.rejected_rows); },
          "A tuple of RejectedRow: the first `max_rejected` of this call.")
      .Finish();
}

}  // namespace

void DefineReports(py::module_& module) {
  DefineTenantRecords(module);
  DefineStats(module);
  DefineVerify(module);
  DefineImport(module);
}

}  // namespace crm::python
