#include "bindings/python/src/key_providers.h"

#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <string>
#include <utility>

#include "bindings/python/src/define.h"
#include "bindings/python/src/errors.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

struct OwnProvider {
  std::shared_ptr<KeyProvider> provider;
};
struct FileProvider : OwnProvider {};
struct EphemeralProvider : OwnProvider {};

template <typename Provider>
void DefineMethods(py::class_<Provider>& type) {
  Def(
      type, "wrap",
      [](const Provider& self, const Text& tenant, py::bytes key) {
        const std::string plain = key;
        return py::bytes(
            Take(Unlocked([&] { return self.provider->Wrap(tenant, plain); })));
      },
      "Seals `key` (32 bytes) for `tenant`.", py::arg("tenant"),
      py::arg("key"));
  Def(
      type, "unwrap",
      [](const Provider& self, const Text& tenant, py::bytes wrapped) {
        const std::string sealed = wrapped;
        return py::bytes(Take(
            Unlocked([&] { return self.provider->Unwrap(tenant, sealed); })));
      },
      "The inverse of wrap. CorruptionError when it was not made by wrap for\n"
      "this tenant.",
      py::arg("tenant"), py::arg("wrapped"));
  Def(
      type, "begin_rotation",
      [](const Provider& self) {
        Check(Unlocked([&] { return self.provider->BeginRotation(); }));
      },
      "From now on wrap uses a new key, and unwrap opens what either has\n"
      "wrapped. Store.rotate_keys does it.");
  Def(
      type, "end_rotation",
      [](const Provider& self) {
        Check(Unlocked([&] { return self.provider->EndRotation(); }));
      },
      "Destroys the key before. Store.rotate_keys does it.");
  FinishClass(type, "a key stays where it is");
}

}  // namespace

std::shared_ptr<KeyProvider> OwnKeyProvider(py::handle object) {
  if (py::isinstance<FileProvider>(object)) {
    return object.cast<const FileProvider&>().provider;
  }
  if (py::isinstance<EphemeralProvider>(object)) {
    return object.cast<const EphemeralProvider&>().provider;
  }
  return nullptr;
}

void DefineKeyProviders(py::module_& module) {
  py::class_<FileProvider> file(
      module, "FileKeyProvider",
      "The default key provider: a file of 32 random bytes, mode 0600, which\n"
      "must lie outside the store's directory and must be backed up apart\n"
      "from it.",
      py::is_final());
  DefInit(
      file,
      [](const std::filesystem::path& path, bool create) {
        FileProvider made;
        made.provider = Take(Unlocked(
            [&] { return crm::FileKeyProvider::Open(path.string(), create); }));
        return made;
      },
      "Reads the key file; with `create`, makes it when it is not there.\n\n"
      "Raises FatalError (code KEY_MISSING: no such file), InputError\n"
      "(readable by others, not a plain file, wrong size).",
      py::arg("path"), py::kw_only(), py::arg("create") = false);
  DefineMethods(file);

  py::class_<EphemeralProvider> ephemeral(
      module, "EphemeralKeyProvider",
      "A provider whose key exists only in this object: for in-memory stores\n"
      "and tests. A store on disk that was made with it cannot be opened\n"
      "again.",
      py::is_final());
  DefInit(
      ephemeral,
      [] {
        EphemeralProvider made;
        made.provider = NewEphemeralKeyProvider();
        return made;
      },
      "A new key.");
  DefineMethods(ephemeral);
}

}  // namespace crm::python
