#include "bindings/python/src/ledger.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <optional>
#include <string>
#include <vector>

#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/define.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/text.h"
#include "crm/export.h"
#include "crm/ledger.h"

namespace crm::python {
namespace {

LedgerTarget TargetOf(Position position, const Text& source, const Text& id) {
  LedgerTarget target;
  target.position = position;
  target.source = source;
  target.id = id;
  return target;
}

// A proof or an opening as it was given, or as it was stored.
std::string JsonOf(py::handle object, const char* what) {
  return object.is_none() ? std::string() : JsonFromPython(object, what);
}

void DefineHeads(py::class_<TenantHandle>& type) {
  Def(
      type, "ledger_head",
      [](const TenantHandle& self) {
        return ParseJson(ToJson(self.Run(
            [](const Tenant& tenant) { return tenant.GetLedgerHead(); })));
      },
      "The tree of the ledger as it is now: a dict of origin, size and root\n"
      "(hexadecimal). The manual is crm/ledger.h.");
  Def(
      type, "ledger_key",
      [](const TenantHandle& self) {
        return self.Run(
            [](const Tenant& tenant) { return tenant.GetLedgerKey(); });
      },
      "The key that checks the signatures of checkpoints, as a line of text:\n"
      "a verifier key of C2SP signed-note. Never changes, not secret.");
  Def(
      type, "ledger_checkpoint",
      [](const TenantHandle& self, uint64_t size) {
        return self.Run([&](const Tenant& tenant) {
          return tenant.GetLedgerCheckpoint(size);
        });
      },
      "A signed note of the tree of the first `size` leaves (0: all of them);\n"
      "the same one whenever it is asked for. Give it to somebody else: what\n"
      "lies before it can then not be changed without being found out.",
      py::kw_only(), py::arg("size") = 0);
  Def(
      type, "ledger",
      [](const TenantHandle& self, uint64_t first, size_t limit,
         std::optional<RecordId> record) {
        const std::vector<LedgerRecord> records =
            self.Run([&](const Tenant& tenant) {
              return tenant.ListLedger({first, limit, record});
            });
        py::list list;
        for (const LedgerRecord& each : records) {
          list.append(ParseJson(ToJson(each)));
        }
        return list;
      },
      "Records of the ledger, each a dict: from leaf `first` on, at most\n"
      "`limit` (up to 10,000). With `record` only those of one person's\n"
      "record, from place `first` of its chain on.",
      py::kw_only(), py::arg("first") = 0, py::arg("limit") = 1000,
      py::arg("record") = py::none());
}

void DefineProofs(py::class_<TenantHandle>& type) {
  Def(
      type, "prove_inclusion",
      [](const TenantHandle& self, Position position, const Text& source,
         const Text& id, uint64_t size) {
        const LedgerTarget target = TargetOf(position, source, id);
        return ParseJson(ToJson(self.Run([&](const Tenant& tenant) {
          return tenant.ProveInclusion(target, size);
        })));
      },
      "A proof that a record is in the tree of the first `size` leaves (0:\n"
      "all): a dict for verify_ledger_proof, here or anywhere. The record is\n"
      "named by its position, or as an event by source and id.\n\n"
      "Raises NotFoundError: it is not there, or of no ledger.",
      py::kw_only(), py::arg("position") = 0, py::arg("source") = "",
      py::arg("id") = "", py::arg("size") = 0);
  Def(
      type, "prove_consistency",
      [](const TenantHandle& self, uint64_t old_size, uint64_t size) {
        return ParseJson(ToJson(self.Run([&](const Tenant& tenant) {
          return tenant.ProveConsistency(old_size, size);
        })));
      },
      "A proof that the tree of `size` leaves (0: all) begins with that of\n"
      "`old_size`: a dict for verify_ledger_proof.",
      py::arg("old_size"), py::kw_only(), py::arg("size") = 0);
  Def(
      type, "open_ledger_record",
      [](const TenantHandle& self, Position position, const Text& source,
         const Text& id) {
        const LedgerTarget target = TargetOf(position, source, id);
        return ParseJson(ToJson(self.Run([&](const Tenant& tenant) {
          return tenant.OpenLedgerRecord(target);
        })));
      },
      "What a record says, and the salt of its commitment: a dict of salt and\n"
      "plain (hexadecimal), to be shown with its proof. Personal.\n\n"
      "Raises DeniedError (code ERASED): its key is destroyed.",
      py::kw_only(), py::arg("position") = 0, py::arg("source") = "",
      py::arg("id") = "");
}

void DefineWhole(py::class_<TenantHandle>& type) {
  Def(
      type, "verify_ledger",
      [](const TenantHandle& self, const std::vector<Text>& checkpoints,
         const Text& key, bool open, py::object progress) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        LedgerVerifyOptions options;
        options.checkpoints.assign(checkpoints.begin(), checkpoints.end());
        options.key = key;
        options.open = open;
        options.progress = [&](uint64_t done, uint64_t total) {
          return caller(done, total);
        };
        Result<VerifyReport> report =
            Unlocked([&] { return self.tenant().VerifyLedger(options); });
        caller.Rethrow();
        return Take(std::move(report));
      },
      "Reads the whole log and recomputes its chain, and of this ledger every\n"
      "link, leaf and root: a VerifyReport, whose first finding says where\n"
      "the damage begins.\n\n"
      "checkpoints: signed notes of any time; each must be of a tree that is\n"
      "the beginning of today's. key: who signed them (empty: this ledger).\n"
      "open: also compare what the records say, where the key is there.\n"
      "progress: a callable (done, total); returning False cancels.",
      py::kw_only(), py::arg("checkpoints") = py::tuple(), py::arg("key") = "",
      py::arg("open") = false, py::arg("progress") = py::none());
  Def(
      type, "export_ledger",
      [](const TenantHandle& self, const std::filesystem::path& path,
         py::object progress) {
        Check(self.box()->CheckUsable());
        ProgressCaller caller(std::move(progress));
        Result<LedgerHead> head = Unlocked([&] {
          return ExportLedger(self.tenant(), path.string(),
                              [&](uint64_t done, uint64_t total) {
                                return caller(done, total);
                              });
        });
        caller.Rethrow();
        return ParseJson(ToJson(Take(std::move(head))));
      },
      "Writes the ledger to a file of NDJSON, for whoever is to check it\n"
      "without the store: all records, and a checkpoint. What they say is not\n"
      "in it. The head that was written, as ledger_head has it.",
      py::arg("path"), py::kw_only(), py::arg("progress") = py::none());
}

}  // namespace

void DefineLedger(py::class_<TenantHandle>& type) {
  DefineHeads(type);
  DefineProofs(type);
  DefineWhole(type);
}

void DefineLedgerChecks(py::module_& module) {
  DefFunction(
      module, "verify_checkpoint",
      [](const Text& note, const Text& key) {
        return ParseJson(ToJson(Take(VerifyCheckpoint(note, key))));
      },
      "Checks a signed note with a key as Tenant.ledger_key gives it: the\n"
      "tree that it is of, a dict of origin, size and root.\n\n"
      "Raises InputError (it is no note of a ledger, or no key), FatalError\n"
      "(code CORRUPTION: no signature of this key, or a wrong one).",
      py::arg("note"), py::arg("key"));
  DefFunction(
      module, "verify_ledger_proof",
      [](py::handle proof, const Text& note, const Text& key,
         py::handle opening) {
        Check(VerifyLedgerProof(JsonFromPython(proof, "proof"), note, key,
                                JsonOf(opening, "opening")));
      },
      "Checks a proof of either kind, a dict or its JSON, without a store.\n"
      "With a note (and its key) its tree must be that one; with an opening\n"
      "its record must say that.\n\n"
      "Raises InputError (it is no proof), FatalError (code CORRUPTION: it\n"
      "shows nothing).",
      py::arg("proof"), py::kw_only(), py::arg("note") = "",
      py::arg("key") = "", py::arg("opening") = py::none());
}

}  // namespace crm::python
