// Privacy: methods of crm.Tenant, and crm.verify_certificate.

#include "bindings/python/src/privacy.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <optional>
#include <string>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/handles.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/records.h"
#include "bindings/python/src/text.h"
#include "crm/backup.h"
#include "crm/privacy.h"

namespace crm::python {
namespace {

constexpr EnumName<ErasureMode> kModes[] = {
    {ErasureMode::kShred, "SHRED"},
    {ErasureMode::kAnonymise, "ANONYMISE"},
    {ErasureMode::kHard, "HARD"},
};

constexpr char kEraseDoc[] =
    "Erases a customer, so that it can be proved: an ErasureReport, whose\n"
    "certificate is to be kept.\n\n"
    "    plan = club.erase(7, dry_run=True)\n"
    "    done = club.erase(7, by=\"privacy desk\", why=\"gdpr-request\")\n"
    "    archive(done.certificate)\n\n"
    "The keys of her records are destroyed: what was sealed with them is\n"
    "noise for good. Nothing leads to her any more, her number raises\n"
    "ConsentError (ERASED), and events that happened before and name her are\n"
    "refused. Who comes back with a newer event is a new customer.\n\n"
    "mode: \"shred\"; \"hard\": what was sealed is also removed from the log\n"
    "    and its files, which takes as long as rewriting them; \"anonymise\":\n"
    "    before her keys go, what she did is added to sums by type and month,\n"
    "    which become events of nobody (type \"crm.events.anonymised\") when\n"
    "    ten erasures have added to them. Only numbers, flags and enumerated\n"
    "    texts that a schema names and does not make personal are summed up:\n"
    "    look at ErasureReport.counted_fields of a dry run. That nobody can "
    "be\n"
    "    told in a sum is not promised: see crm/privacy.h.\n"
    "dry_run: says what would go.\n"
    "confirm: needed for somebody with two values of one exclusive namespace,\n"
    "    who may be two people: see ErasureReport.doubtful.\n"
    "wait_for_release: where a legal hold is in the way, the request is kept,\n"
    "    and done when the last of her holds is released.\n"
    "by, why: who asked for it, for which reason; kept in the log and in\n"
    "    the certificate, so write nothing about the person. Up to 256 bytes\n"
    "    each.\n\n"
    "Raises NotFoundError; ConsentError: she was erased already; InputError:\n"
    "it needs confirm, she is held (see place_hold), or an option.";

constexpr char kRedactDoc[] =
    "Takes what one event says out of the store: a RedactReport.\n\n"
    "    plan = club.redact(event.position, dry_run=True)\n"
    "    club.redact(event.position, by=\"desk\", why=\"health data\")\n\n"
    "The event keeps its open part, its ids and its identity: how somebody is\n"
    "found is the customer's. Payload, metadata and extra go from the log,\n"
    "the timeline and every file, and what they had made of the profile is\n"
    "undone. Event.redacted says so from then on. Takes as long as rewriting\n"
    "the log from the event on, and the timelines.\n\n"
    "dry_run: says what would go.\n"
    "by, why: who asked for it, for which reason; kept in the log. Up to 256\n"
    "    bytes each.\n\n"
    "Raises NotFoundError: no event there; ConsentError: its person was\n"
    "erased; ConflictError: it is redacted already; InputError: an act of\n"
    "consent is evidence, and goes with its person alone; RetryableError: a\n"
    "cursor keeps an old file; maintenance does the rest when it is gone.";

void DefineReport(py::module_& module) {
  RecordClass<ErasureReport>(module, "ErasureReport",
                             "What was erased, or would be.")
      .Field("request", &ErasureReport::request,
             "The name of the erasure: 32 hexadecimal digits. Empty: a dry "
             "run.")
      .Field("position", &ErasureReport::position,
             "Of the choice in the log. Zero: a dry run.")
      .Field("customer", &ErasureReport::customer,
             "Who; of a retired number, the one to whom it led.")
      .Computed(
          "mode",
          [](const ErasureReport& self) { return ModeToPython(self.mode); },
          "An ErasureMode.")
      .Field("at", &ErasureReport::at,
             "What happened until then and names her is refused.")
      .Field("by", &ErasureReport::by, "Who asked for it.")
      .Field("why", &ErasureReport::why, "For which reason.")
      .Field("complete", &ErasureReport::complete,
             "All steps are done; else maintenance or the next open does the\n"
             "rest, or it is a dry run.")
      .Computed(
          "retired",
          [](const ErasureReport& self) { return TupleOf(self.retired); },
          "Numbers that lead to her, ascending; none in erasures().")
      .Computed(
          "records",
          [](const ErasureReport& self) { return TupleOf(self.records); },
          "Hers, ascending: those whose keys are destroyed.")
      .Field("events", &ErasureReport::events, "Of hers.")
      .Field("identifiers", &ErasureReport::identifiers, "That were hers.")
      .Field("bytes", &ErasureReport::bytes,
             "Of her events, as they were sealed.")
      .Computed(
          "holds",
          [](const ErasureReport& self) { return TupleOf(self.holds); },
          "Legal holds that are in the way; of a dry run, and of a request\n"
          "that waits for their release: of such a one nothing is erased.")
      .Field("removed_bytes", &ErasureReport::removed_bytes,
             "Sealed bytes that were taken out of the log; of \"hard\" alone.")
      .Field("files_searched", &ErasureReport::files_searched,
             "Files in which they were searched for and not found.")
      .Field("fenced", &ErasureReport::fenced,
             "Keyed hashes that stay, so that late events are told.")
      .Field("counted", &ErasureReport::counted,
             "Her events that were counted; of \"anonymise\" alone, and none\n"
             "in erasures(), as the three that follow.")
      .Computed(
          "counted_fields",
          [](const ErasureReport& self) {
            return TupleOf(self.counted_fields);
          },
          "Of which fields, ascending: \"OrderPlaced /total\".")
      .Computed(
          "anonymised",
          [](const ErasureReport& self) { return TupleOf(self.anonymised); },
          "Payloads of the events of nobody that are written with it, as\n"
          "JSON; of a dry run those that would be.")
      .Field("waiting_sums", &ErasureReport::waiting_sums,
             "Sums of the tenant that wait behind it for more people.")
      .Computed(
          "doubtful",
          [](const ErasureReport& self) { return TupleOf(self.doubtful); },
          "Exclusive namespaces of which she has several values; none in\n"
          "erasures().")
      .Field("certificate", &ErasureReport::certificate,
             "Signed JSON; empty until it is complete.")
      .Finish();
}

void DefineOthers(py::module_& module) {
  RecordClass<RedactReport>(module, "RedactReport",
                            "One event that was redacted, or would be.")
      .Field("event", &RedactReport::event, "Its position.")
      .Field("position", &RedactReport::position,
             "Of the choice in the log. Zero: a dry run.")
      .Field("record", &RedactReport::record, "Whose it is; 0: nobody's.")
      .Field("customer", &RedactReport::customer, "Whose it is; 0: nobody's.")
      .Field("bytes", &RedactReport::bytes,
             "Of what was sealed of it; its identity is sealed anew.")
      .Field("files_searched", &RedactReport::files_searched,
             "Files in which it was searched for and not found.")
      .Finish();
  RecordClass<CertificateInfo>(
      module, "CertificateInfo",
      "What a certificate says, once its signature was found right.")
      .Field("request", &CertificateInfo::request, "As of the report.")
      .Field("tenant", &CertificateInfo::tenant, "Its name.")
      .Field("customer", &CertificateInfo::customer, "Who was erased.")
      .Field("position", &CertificateInfo::position, "Where in the log.")
      .Computed(
          "records",
          [](const CertificateInfo& self) { return TupleOf(self.records); },
          "A tuple of numbers, ascending.")
      .Field("public_key", &CertificateInfo::public_key,
             "Who signed it: 64 hexadecimal digits.")
      .Finish();
}

void DefineBackups(py::module_& module) {
  RecordClass<BackupReport>(module, "BackupReport",
                            "What a backup holds, or a restored store.")
      .Field("head", &BackupReport::head,
             "Everything up to here is in it, at least.")
      .Field("files", &BackupReport::files, "How many.")
      .Field("bytes", &BackupReport::bytes, "Together.")
      .Finish();
  RecordClass<KeyRotation>(module, "KeyRotation", "What a rotation did.")
      .Field("tenants", &KeyRotation::tenants, "Whose keys were wrapped anew.")
      .Field("keys", &KeyRotation::keys,
             "Of records, months and views; destroyed ones count.")
      .Field("old_destroyed", &KeyRotation::old_destroyed,
             "The provider holds the wrapping key before no more.")
      .Finish();
  DefFunction(
      module, "verify_backup",
      [](const std::filesystem::path& directory) {
        return Take(Unlocked([&] { return VerifyBackup(directory.string()); }));
      },
      "Reads every file of a backup, of either kind, and checks it: a\n"
      "BackupReport. Raises NotFoundError: no backup; CorruptionError: names\n"
      "the first file that is not what was written.",
      py::arg("directory"));
  DefFunction(
      module, "restore_store",
      [](const std::filesystem::path& data,
         std::optional<std::filesystem::path> keys,
         const std::filesystem::path& directory,
         std::optional<std::filesystem::path> key_file,
         const py::object& key_provider, bool allow_unreadable) {
        StoreOptions options;
        options.allow_unreadable = allow_unreadable;
        options.key_file = key_file.has_value() ? key_file->string() : "";
        options.key_provider =
            KeyProviderFromPython(key_provider, NewBorrower());
        return Take(Unlocked([&] {
          return RestoreStore(data.string(),
                              keys.has_value() ? keys->string() : "",
                              directory.string(), options);
        }));
      },
      "Makes a store in `directory` (must not exist) of a backup of data and\n"
      "one of keys; checks both first: a BackupReport.\n\n"
      "keys: a backup of keys, or a store that nobody has open, this one or\n"
      "    what is left of it: its keys are the newest, and hold the journal\n"
      "    of erasures. What that says and the backup does not is erased\n"
      "    again before the store can be read. None, with allow_unreadable:\n"
      "    the restored store has none, and shows nothing but open parts.\n"
      "key_file, key_provider: as of Store.open.\n\n"
      "Raises NotFoundError, CorruptionError: a backup; InputError: the keys\n"
      "are of another store; ConflictError: the directory is there;\n"
      "FatalError (code KEY_MISSING).",
      py::arg("data"), py::arg("keys"), py::arg("directory"), py::kw_only(),
      py::arg("key_file") = py::none(), py::arg("key_provider") = py::none(),
      py::arg("allow_unreadable") = false);
}

}  // namespace

ErasureMode ErasureModeFromPython(py::handle mode) {
  return EnumFromPython("ErasureMode", kModes, mode);
}

py::object ModeToPython(ErasureMode mode) {
  return EnumToPython("ErasureMode", kModes, mode);
}

void DefinePrivacyRecords(py::module_& module) {
  DefineReport(module);
  DefineOthers(module);
  DefineBackups(module);
  DefFunction(
      module, "verify_certificate",
      [](const Text& certificate, const Text& public_key) {
        return Take(Unlocked(
            [&] { return VerifyCertificate(certificate, public_key); }));
      },
      "Checks the signature of a certificate of an erasure and reads it,\n"
      "without a store: a CertificateInfo.\n\n"
      "public_key: what Tenant.signing_key gave; empty: whoever signed it.\n\n"
      "Raises ConsentError: the signature does not fit, or is another key's;\n"
      "InputError: it is no certificate.",
      py::arg("certificate"), py::kw_only(), py::arg("public_key") = "");
}

void DefinePrivacy(py::class_<TenantHandle>& type) {
  Def(
      type, "erase",
      [](TenantHandle& self, CustomerId customer, py::handle mode, bool dry_run,
         bool confirm, bool wait_for_release, const Text& by, const Text& why) {
        ErasureOptions options;
        options.mode = ErasureModeFromPython(mode);
        options.dry_run = dry_run;
        options.confirm = confirm;
        options.wait_for_release = wait_for_release;
        options.by = by;
        options.why = why;
        return Take(Change(
            self, [&](Tenant& of) { return of.Erase(customer, options); }));
      },
      kEraseDoc, py::arg("customer"), py::kw_only(), py::arg("mode") = "shred",
      py::arg("dry_run") = false, py::arg("confirm") = false,
      py::arg("wait_for_release") = false, py::arg("by") = "",
      py::arg("why") = "");
  Def(
      type, "redact",
      [](TenantHandle& self, Position event, bool dry_run, const Text& by,
         const Text& why) {
        RedactOptions options;
        options.dry_run = dry_run;
        options.by = by;
        options.why = why;
        return Take(Change(
            self, [&](Tenant& of) { return of.Redact(event, options); }));
      },
      kRedactDoc, py::arg("event"), py::kw_only(), py::arg("dry_run") = false,
      py::arg("by") = "", py::arg("why") = "");
  Def(
      type, "erasures",
      [](const TenantHandle& self) {
        return TupleOf(self.Run(
            [](const Tenant& tenant) { return tenant.ListErasures(); }));
      },
      "Every erasure so far, by position: a tuple of ErasureReport.");
  Def(
      type, "apply_certificate",
      [](TenantHandle& self, const Text& certificate) {
        return Take(Change(self, [&](Tenant& of) {
          return of.ApplyCertificate(certificate);
        }));
      },
      "Does again what a certificate says, where the store has been set back\n"
      "to before it: an ErasureReport. Done already: nothing changes.\n\n"
      "Raises InputError, ConsentError (its signature), ConflictError: a\n"
      "record is now a customer's who has others, too.",
      py::arg("certificate"));
  Def(
      type, "signing_key",
      [](const TenantHandle& self) {
        return self.Run(
            [](const Tenant& tenant) { return tenant.GetSigningKey(); });
      },
      "The public key that certificates of this tenant are signed for: 64\n"
      "hexadecimal digits.");
}

}  // namespace crm::python
