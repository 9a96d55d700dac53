// What exports, imports of exports and reconciliations report.

#include <string>

#include "bindings/python/src/define.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/records.h"
#include "crm/export.h"
#include "crm/reconcile.h"

namespace crm::python {
namespace {

constexpr EnumName<ReconcileKind> kReconcileKinds[] = {
    {ReconcileKind::kMissing, "MISSING"},
    {ReconcileKind::kConflict, "CONFLICT"},
    {ReconcileKind::kExtra, "EXTRA"},
    {ReconcileKind::kRejected, "REJECTED"},
};

void DefineTenantExport(py::module_& module) {
  RecordClass<TenantExport>(module, "TenantExport",
                            "What a store says of one tenant.")
      .Field("tenant", &TenantExport::tenant, "Its name.")
      .Field("events", &TenantExport::events, "How many, erased ones too.")
      .Field("erased", &TenantExport::erased, "Events whose key is gone.")
      .Field("records", &TenantExport::records, "How many.")
      .Field("customers", &TenantExport::customers, "How many.")
      .Computed(
          "checksums",
          [](const TenantExport& self) {
            py::tuple pairs(self.checksums.size());
            for (size_t i = 0; i < self.checksums.size(); ++i) {
              pairs[i] = py::make_tuple(self.checksums[i].projection,
                                        self.checksums[i].checksum);
            }
            return pairs;
          },
          "A tuple of (projection, checksum) pairs; see crm/export.h.")
      .Finish();
}

void DefineStoreReports(py::module_& module) {
  DefineTenantExport(module);
  RecordClass<StoreExportReport>(module, "StoreExportReport",
                                 "What Store.export wrote.")
      .Field("events", &StoreExportReport::events, "Erased ones too.")
      .Field("erased", &StoreExportReport::erased,
             "Events whose key is gone: only open parts were written.")
      .Field("bytes", &StoreExportReport::bytes, "Of text, before gzip.")
      .Computed(
          "tenants",
          [](const StoreExportReport& self) { return TupleOf(self.tenants); },
          "A tuple of TenantExport.")
      .Finish();
  RecordClass<StoreDifference>(
      module, "StoreDifference",
      "Something that an import answered otherwise than the exported store.")
      .Field("tenant", &StoreDifference::tenant, "Its name.")
      .Field("line", &StoreDifference::line, "Zero: a projection as a whole.")
      .Field("what", &StoreDifference::what, "A field or a projection.")
      .Finish();
  RecordClass<StoreImportReport>(module, "StoreImportReport",
                                 "What Store.import_store did.")
      .Field("events", &StoreImportReport::events, "Appended.")
      .Field("erased", &StoreImportReport::erased, "Left out.")
      .Field("redacted", &StoreImportReport::redacted,
             "Appended without what was taken out of them.")
      .Field("differences_total", &StoreImportReport::differences_total,
             "All of them.")
      .Computed(
          "tenants",
          [](const StoreImportReport& self) { return TupleOf(self.tenants); },
          "A tuple of TenantExport: what the store says now.")
      .Computed(
          "differences",
          [](const StoreImportReport& self) {
            return TupleOf(self.differences);
          },
          "A tuple of the first 100.")
      .Derived(
          "identical",
          [](const StoreImportReport& self) { return self.identical(); },
          "The store says what the exported one said.")
      .Finish();
  RecordClass<EventExportReport>(module, "EventExportReport",
                                 "What Tenant.export_events wrote.")
      .Field("written", &EventExportReport::written, "Events.")
      .Field("erased", &EventExportReport::erased, "Not written.")
      .Field("left_out", &EventExportReport::left_out,
             "Events that Segment's specification has no place for.")
      .Field("substituted", &EventExportReport::substituted,
             "Events whose userId was made of another identifier.")
      .Finish();
}

void DefineReconcileParts(py::module_& module) {
  RecordClass<ReconcileCount>(module, "ReconcileCount",
                              "Events of one source and type.")
      .Field("source", &ReconcileCount::source, "Empty: of all.")
      .Field("type", &ReconcileCount::type, "Empty: of all.")
      .Field("file", &ReconcileCount::file, "In the file, each once.")
      .Field("stored", &ReconcileCount::stored, "In the store.")
      .Field("found", &ReconcileCount::found, "In both, and the same.")
      .Field("missing", &ReconcileCount::missing, "In the file alone.")
      .Field("conflicting", &ReconcileCount::conflicting,
             "Another event of the store has the id.")
      .Field("extra", &ReconcileCount::extra, "In the store alone.")
      .Finish();
  RecordClass<ReconcileCustomer>(
      module, "ReconcileCustomer",
      "A customer for whom file and store do not agree.")
      .Field("customer", &ReconcileCustomer::customer, "Her number.")
      .Field("file", &ReconcileCustomer::file, "Events of the file.")
      .Field("found", &ReconcileCustomer::found, "Of them, in the store.")
      .Field("stored", &ReconcileCustomer::stored, "Hers in the store.")
      .Finish();
  RecordClass<ReconcileDifference>(module, "ReconcileDifference",
                                   "One difference.")
      .Computed(
          "kind",
          [](const ReconcileDifference& self) {
            return EnumToPython("ReconcileKind", kReconcileKinds, self.kind);
          },
          "A ReconcileKind.")
      .Field("line", &ReconcileDifference::line, "Of the file; zero: extra.")
      .Field("position", &ReconcileDifference::position,
             "In the store, of a conflict and an extra event.")
      .Field("source", &ReconcileDifference::source, "The event's.")
      .Field("type", &ReconcileDifference::type, "The event's.")
      .Field("customer", &ReconcileDifference::customer,
             "Zero: nobody, or somebody new.")
      .Field("message", &ReconcileDifference::message, "Of a rejected row.")
      .Finish();
}

void DefineReconcileReport(py::module_& module) {
  using Report = ReconcileReport;
  RecordClass<Report>(module, "ReconcileReport", "What Tenant.reconcile found.")
      .Field("read", &Report::read, "Rows of the file.")
      .Field("repeated", &Report::repeated,
             "Rows that say what a row before them says.")
      .Field("rejected", &Report::rejected, "Rows that are bad.")
      .Field("total", &Report::total, "The sums: a ReconcileCount.")
      .Computed(
          "counts", [](const Report& self) { return TupleOf(self.counts); },
          "A tuple of ReconcileCount, by source and type.")
      .Field("new_customers", &Report::new_customers,
             "Customers whom an import would make.")
      .Field("customers_total", &Report::customers_total,
             "All for whom file and store do not agree.")
      .Computed(
          "customers",
          [](const Report& self) { return TupleOf(self.customers); },
          "A tuple of the first of them, by number.")
      .Field("differences_total", &Report::differences_total, "All of them.")
      .Computed(
          "differences",
          [](const Report& self) { return TupleOf(self.differences); },
          "A tuple of the first of them.")
      .Derived(
          "same", [](const Report& self) { return self.same(); },
          "Nothing differs.")
      .Finish();
}

}  // namespace

void DefineExportReports(py::module_& module) {
  DefineStoreReports(module);
  DefineReconcileParts(module);
  DefineReconcileReport(module);
}

}  // namespace crm::python
