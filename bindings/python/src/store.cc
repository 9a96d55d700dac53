// crm.Store.

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bindings/python/src/append.h"
#include "bindings/python/src/callbacks.h"
#include "bindings/python/src/exports.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/reading.h"
#include "bindings/python/src/store_handle.h"
#include "bindings/python/src/text.h"
#include "crm/backup.h"

namespace crm::python {
namespace {

constexpr char kStoreDoc[] =
    "A directory of customer data, and everything that libcrm does with it.\n\n"
    "    with crm.Store.open(\"data\", create_if_missing=True) as store:\n"
    "        club = store.tenant(\"golf-club\")\n"
    "        club.append({\"id\": \"m-1\", \"type\": \"scl.member.created\",\n"
    "                     \"source\": \"scl\",\n"
    "                     \"identity\": {\"email\": \"ada@example.com\"},\n"
    "                     \"payload\": {\"firstName\": \"Ada\"}})\n"
    "        ada = club.find_customer(\"email\", \"ada@example.com\")\n"
    "        print(club.profile(ada)[\"firstName\"])\n\n"
    "One process owns a store; any number of its threads may use it, and all\n"
    "calls let other Python threads run. It does not survive a fork: start\n"
    "worker processes by 'spawn', and open the store in one of them.\n\n"
    "Closed by close(), by `with`, when the last handle is gone, and at exit.";

constexpr char kOptionsDoc[] =
    "error_if_exists: refuse a directory that already holds a store.\n"
    "durability: \"sync\" (acknowledged means fsynced) or \"os\".\n"
    "background_threads: 1, or 0 when the program calls maintain().\n"
    "checkpoint_bytes, checkpoint_records: when views are written to disk.\n"
    "resident_bytes, block_cache_bytes: memory for rows and for blocks.\n"
    "key_provider: who wraps the tenants' keys: see crm.KeyProvider. None: a\n"
    "    file, `key_file`, by default \"<store>.key\" beside the directory.\n"
    "    Back it up apart from the store.\n"
    "clock: a callable that gives an aware datetime. None: the system's.\n"
    "log: a callable (LogLevel, str) for the store's own messages; called\n"
    "    from any thread.\n"
    "    These three must not call the store: that raises InputError there.\n"
    "default_region: of phone numbers without a country code, e.g. \"ZA\".\n"
    "accept_rollback: open although the newest log file was lost.\n"
    "allow_unreadable: open also without keys, read-only, for a look at open\n"
    "    parts: StoredEvent.unreadable. With keys that open it does nothing.\n"
    "seal, insecure_for_tests, compress_blocks: for tests of leaks only.\n";

constexpr EnumName<Durability> kDurabilities[] = {
    {Durability::kSync, "SYNC"},
    {Durability::kOs, "OS"},
};

// The keyword arguments that both ways of opening share.
struct Lent {
  py::object durability, key_provider, clock, log;
};

void Lend(const Lent& lent, uint64_t borrower, StoreOptions* options) {
  options->durability = DurabilityFromPython(lent.durability);
  options->key_provider = KeyProviderFromPython(lent.key_provider, borrower);
  options->clock = ClockFromPython(lent.clock, borrower);
  options->log = LogFromPython(lent.log, borrower);
}

std::shared_ptr<StoreBox> Opened(Result<Store> store, uint64_t borrower) {
  return StoreBox::Make(Take(std::move(store)), borrower);
}

void DefineOpen(py::class_<StoreHandle>& type) {
  static const std::string doc =
      std::string("Opens the store in `directory`.\n\n") +
      "create_if_missing: make it when the directory is not there or empty.\n" +
      kOptionsDoc +
      "\nRaises NotFoundError (no store), ConflictError (error_if_exists),\n"
      "RetryableError (code BUSY: another process has it open),\n"
      "CorruptionError, FormatTooNewError, FatalError (code KEY_MISSING,\n"
      "IO_ERROR), InputError.";
  const StoreOptions usual;
  DefStatic(
      type, "open",
      [](const std::filesystem::path& directory, bool create_if_missing,
         bool error_if_exists, py::object durability, int background_threads,
         size_t checkpoint_bytes, uint64_t checkpoint_records,
         size_t resident_bytes, size_t block_cache_bytes,
         py::object key_provider, std::optional<std::filesystem::path> key_file,
         py::object clock, py::object log, const Text& default_region,
         bool accept_rollback, bool allow_unreadable, bool seal,
         bool insecure_for_tests, bool compress_blocks) {
        Check(CheckMayOpen());
        StoreOptions options = {
            .create_if_missing = create_if_missing,
            .error_if_exists = error_if_exists,
            .background_threads = background_threads,
            .checkpoint_bytes = checkpoint_bytes,
            .checkpoint_records = checkpoint_records,
            .resident_bytes = resident_bytes,
            .block_cache_bytes = block_cache_bytes,
            .key_file = key_file.has_value() ? key_file->string() : "",
            .default_region = default_region,
            .accept_rollback = accept_rollback,
            .allow_unreadable = allow_unreadable,
            .seal = seal,
            .insecure_for_tests = insecure_for_tests,
            .compress_blocks = compress_blocks};
        const uint64_t borrower = NewBorrower();
        Lend({durability, key_provider, clock, log}, borrower, &options);
        return StoreHandle(Opened(
            Unlocked([&] { return Store::Open(directory.string(), options); }),
            borrower));
      },
      doc.c_str(), py::arg("directory"), py::kw_only(),
      py::arg("create_if_missing") = false, py::arg("error_if_exists") = false,
      py::arg("durability") = "sync",
      py::arg("background_threads") = usual.background_threads,
      py::arg("checkpoint_bytes") = usual.checkpoint_bytes,
      py::arg("checkpoint_records") = usual.checkpoint_records,
      py::arg("resident_bytes") = usual.resident_bytes,
      py::arg("block_cache_bytes") = usual.block_cache_bytes,
      py::arg("key_provider") = py::none(), py::arg("key_file") = py::none(),
      py::arg("clock") = py::none(), py::arg("log") = py::none(),
      py::arg("default_region") = "", py::arg("accept_rollback") = false,
      py::arg("allow_unreadable") = false, py::arg("seal") = true,
      py::arg("insecure_for_tests") = false, py::arg("compress_blocks") = true);
}

void DefineOpenInMemory(py::class_<StoreHandle>& type) {
  const StoreOptions usual;
  DefStatic(
      type, "open_in_memory",
      [](int background_threads, size_t checkpoint_bytes,
         uint64_t checkpoint_records, size_t resident_bytes,
         size_t block_cache_bytes, py::object key_provider, py::object clock,
         py::object log, const Text& default_region) {
        Check(CheckMayOpen());
        StoreOptions options = {.background_threads = background_threads,
                                .checkpoint_bytes = checkpoint_bytes,
                                .checkpoint_records = checkpoint_records,
                                .resident_bytes = resident_bytes,
                                .block_cache_bytes = block_cache_bytes,
                                .default_region = default_region};
        const uint64_t borrower = NewBorrower();
        Lend({py::str("sync"), key_provider, clock, log}, borrower, &options);
        return StoreHandle(Opened(
            Unlocked([&] { return Store::OpenInMemory(options); }), borrower));
      },
      "A store that lives and dies with this object; nothing touches the\n"
      "disk. For tests. The options are those of open().",
      py::kw_only(), py::arg("background_threads") = usual.background_threads,
      py::arg("checkpoint_bytes") = usual.checkpoint_bytes,
      py::arg("checkpoint_records") = usual.checkpoint_records,
      py::arg("resident_bytes") = usual.resident_bytes,
      py::arg("block_cache_bytes") = usual.block_cache_bytes,
      py::arg("key_provider") = py::none(), py::arg("clock") = py::none(),
      py::arg("log") = py::none(), py::arg("default_region") = "");
}

constexpr char kDropTenantDoc[] =
    "Drops a tenant for good: a TenantDrop.\n\n"
    "    store.export(\"club.ndjson.gz\", tenant=\"club\")\n"
    "    store.drop_tenant(\"club\", confirm=True, why=\"contract ended\")\n\n"
    "Its keys are destroyed, so that nobody can read what is sealed: in the\n"
    "log, in a backup, in a copy. Its rows go from the views. The name is not\n"
    "given again. A restore of an older backup does not bring it back.\n\n"
    "dry_run: only say what would go.\n"
    "confirm: needed otherwise: there is no way back.\n"
    "by, why: who asked for it, for which reason; kept in the log in the\n"
    "    clear, so write nothing personal. Up to 256 bytes each.\n\n"
    "Raises NotFoundError; ConsentError: it was dropped already; InputError:\n"
    "confirm is missing, somebody is held, or a text.";

void DefineTenants(py::class_<StoreHandle>& type) {
  Def(
      type, "tenant",
      [](const StoreHandle& self, const Text& name) {
        return TenantHandle(
            self.box(),
            Take(self.Run([&](Store& store) { return store.Tenant(name); })));
      },
      "The tenant of this name, made when it is new.\n\n"
      "1 to 128 bytes, no control characters, not personal.",
      py::arg("name"));
  Def(
      type, "tenant_names",
      [](const StoreHandle& self) {
        return self.Run([](Store& store) { return store.TenantNames(); });
      },
      "All tenants, in the order in which they were made, but for those that\n"
      "were dropped.");
  Def(
      type, "list_tenants",
      [](const StoreHandle& self) {
        return Take(self.Run([](Store& store) { return store.ListTenants(); }));
      },
      "All tenants with their counts, those that were dropped, too: a list of\n"
      "TenantEntry.");
  Def(
      type, "drop_tenant",
      [](const StoreHandle& self, const Text& name, bool dry_run, bool confirm,
         const Text& by, const Text& why) {
        DropTenantOptions options;
        options.dry_run = dry_run;
        options.confirm = confirm;
        options.by = by;
        options.why = why;
        return Take(self.Run(
            [&](Store& store) { return store.DropTenant(name, options); }));
      },
      kDropTenantDoc, py::arg("name"), py::kw_only(),
      py::arg("dry_run") = false, py::arg("confirm") = false,
      py::arg("by") = "", py::arg("why") = "");
  Def(
      type, "snapshot",
      [](const StoreHandle& self) {
        return std::make_unique<StoreSnapshotHandle>(
            self.box(),
            Take(self.Run([](Store& store) { return store.GetSnapshot(); })));
      },
      "Everything acknowledged so far, of all tenants: a StoreSnapshot. For\n"
      "one of them see Tenant.snapshot.");
  Def(
      type, "stats",
      [](const StoreHandle& self) {
        return Take(self.Run([](Store& store) { return store.GetStats(); }));
      },
      "How much of everything: a StoreStats. Cheap.");
}

void DefineBackups(py::class_<StoreHandle>& type) {
  Def(
      type, "backup",
      [](const StoreHandle& self, const std::filesystem::path& directory) {
        return Take(self.Run([&](Store& store) {
          return BackupStore(store, directory.string());
        }));
      },
      "Writes a backup of the data to `directory` (must not exist): all\n"
      "tenants, and no key: a BackupReport. restore_store makes a store of\n"
      "it.\n\n"
      "Raises ConflictError (it exists), InputError (in memory),\n"
      "RetryableError (code NO_SPACE), FatalError.",
      py::arg("directory"));
  Def(
      type, "backup_keys",
      [](const StoreHandle& self, const std::filesystem::path& directory) {
        return Take(self.Run([&](Store& store) {
          return BackupKeys(store, directory.string());
        }));
      },
      "The same of the keys, wrapped as they are by the key provider. Replace\n"
      "older ones by it, rather than keep them: they hold keys of people who\n"
      "were erased since.",
      py::arg("directory"));
  Def(
      type, "rotate_keys",
      [](const StoreHandle& self, bool keep_old, py::object progress) {
        ProgressCaller caller(progress);
        KeyRotationOptions options;
        options.keep_old = keep_old;
        options.progress = [&](uint64_t done, uint64_t total) {
          const CallbackScope scope(self.box()->borrower(),
                                    CallbackScope::Refuses::kClose);
          return caller(done, total);
        };
        Result<KeyRotation> rotation =
            self.Run([&](Store& store) { return store.RotateKeys(options); });
        caller.Rethrow();
        return Take(std::move(rotation));
      },
      "Wraps every key of the store anew: the key provider has a new wrapping\n"
      "key (a key file is written anew), each tenant, too, and the old ones\n"
      "are destroyed: a KeyRotation. Old backups of keys open with the key "
      "file\n"
      "of their time only; make a new one afterwards. The store may be in "
      "use.\n"
      "Cut off, it opens, and doing it again completes it.\n\n"
      "keep_old: the provider keeps the key before: for a key file that "
      "several\n"
      "    stores or copies use. Rotate them all, the last one without it;\n"
      "    otherwise all but this one are lost.\n"
      "progress: a callable (done, total); returning False cancels\n"
      "    (RetryableError, code CANCELLED).\n\n"
      "Raises InputError (code UNSUPPORTED: the provider cannot).",
      py::kw_only(), py::arg("keep_old") = false,
      py::arg("progress") = py::none());
}

void DefineUpkeep(py::class_<StoreHandle>& type) {
  Def(
      type, "sync",
      [](const StoreHandle& self) {
        Check(self.Run([](Store& store) { return store.Sync(); }));
      },
      "Everything acknowledged so far is on the disk when this returns.");
  Def(
      type, "flush",
      [](const StoreHandle& self) {
        Check(self.Run([](Store& store) { return store.Flush(); }));
      },
      "Writes all views to disk now.");
  Def(
      type, "maintain",
      [](const StoreHandle& self, py::object budget) {
        const auto time = DurationFromPython(budget);
        return Take(
            self.Run([&](Store& store) { return store.Maintain(time); }));
      },
      "Does maintenance for about `budget` (seconds, or a timedelta). Whether\n"
      "more is to do. For programs with background_threads=0.",
      py::arg("budget"));
  Def(
      type, "checkpoint",
      [](const StoreHandle& self, const std::filesystem::path& directory) {
        Check(self.Run([&](Store& store) {
          return store.Checkpoint(directory.string());
        }));
      },
      "Makes a copy in `directory` (must not exist) that another process can\n"
      "open beside this store, with the same key provider: name this store's\n"
      "key_file when it opens the copy.\n\n"
      "Raises ConflictError (it exists), InputError (in memory),\n"
      "RetryableError (code NO_SPACE), FatalError.",
      py::arg("directory"));
  Def(
      type, "verify",
      [](const StoreHandle& self, py::object progress) {
        ProgressCaller caller(progress);
        Result<VerifyReport> report = self.Run([&](Store& store) {
          return store.Verify([&](uint64_t done, uint64_t total) {
            const CallbackScope scope(self.box()->borrower(),
                                      CallbackScope::Refuses::kClose);
            return caller(done, total);
          });
        });
        caller.Rethrow();
        return Take(std::move(report));
      },
      "Replays the log, rebuilds every view aside and compares: a\n"
      "VerifyReport. What it finds is in the report, and no exception.\n\n"
      "progress: a callable (done, total); returning False cancels\n"
      "(RetryableError, code CANCELLED).",
      py::kw_only(), py::arg("progress") = py::none());
}

void DefineClose(py::class_<StoreHandle>& type) {
  Def(
      type, "close", [](const StoreHandle& self) { self.Close(); },
      "Closes cursors and snapshots, writes everything, so that the next open\n"
      "is quick, and lets go of the files. Idempotent; all calls of the store\n"
      "and what came from it raise InputError afterwards.");
  type.def_property_readonly(
      "closed", [](const StoreHandle& self) { return self.box()->closed(); },
      "close() was called.");
  type.def_property_readonly(
      "default_region",
      [](const StoreHandle& self) {
        return self.box()->store().default_region();
      },
      "Region of phone numbers without a country code; empty: none.");
  type.def_property_readonly(
      "unreadable",
      [](const StoreHandle& self) { return self.box()->store().unreadable(); },
      "It was opened without keys: see allow_unreadable of open().");
  type.def_property_readonly(
      "key_file",
      [](const StoreHandle& self) {
        const std::string& path = self.box()->store().key_file();
        return py::reinterpret_steal<py::str>(PyUnicode_DecodeFSDefaultAndSize(
            path.data(), static_cast<Py_ssize_t>(path.size())));
      },
      "Where the default key provider keeps its key; empty with another one.");
  Def(
      type, "__enter__",
      [](py::object self) {
        Check(self.cast<const StoreHandle&>().box()->CheckUsable());
        return self;
      },
      "");
  Def(
      type, "__exit__",
      [](const StoreHandle& self, py::object, py::object, py::object) {
        self.Close();
      },
      "Closes.", py::arg("exc_type"), py::arg("exc_value"),
      py::arg("traceback"));
}

}  // namespace

Durability DurabilityFromPython(py::handle object) {
  return EnumFromPython("Durability", kDurabilities, object);
}

void DefineStore(py::module_& module) {
  py::class_<StoreHandle> type(module, "Store", kStoreDoc, py::is_final());
  DefineOpen(type);
  DefineOpenInMemory(type);
  DefineTenants(type);
  DefineBackups(type);
  DefineUpkeep(type);
  DefineStoreExports(type);
  DefineClose(type);
  FinishClass(type, "open it where it is needed");
}

}  // namespace crm::python
