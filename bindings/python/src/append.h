// Appending from Python: what an event may be, and the options of a request.

#ifndef CRM_BINDINGS_PYTHON_SRC_APPEND_H_
#define CRM_BINDINGS_PYTHON_SRC_APPEND_H_

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/python/src/reading.h"
#include "crm/store.h"

namespace crm::python {

// A dry run points into the store that it was first used with. Copies are the
// same run.
class DryRunHandle final {
 public:
  DryRunHandle() : shared_(std::make_shared<Shared>()) {}
  // Raises when it has been used with another tenant.
  std::shared_ptr<DryRun> RunFor(const TenantHandle& tenant) const;

 private:
  struct Shared {
    // The store goes after the run.
    std::shared_ptr<StoreBox> box = {};
    std::string tenant = {};
    std::shared_ptr<DryRun> run = {};
  };
  std::shared_ptr<Shared> shared_;
};
struct OrderHandle {
  std::shared_ptr<AppendOrder> order;
};

Durability DurabilityFromPython(py::handle object);

// Events on their way to one request: all of them structs, or all of them
// JSON. Holds what it points into.
class Batch final {
 public:
  // A dict, an Event, or JSON text (str, bytes, buffer). Raises.
  void Add(py::handle item, uint64_t index);
  // One event as JSON text; without `copy`, it must outlive the batch.
  void AddText(std::string_view text, bool copy, uint64_t index);

  // Whether `item` would have to go into another request.
  bool Differs(py::handle item) const;
  static bool IsEvent(py::handle item);

  size_t size() const { return pieces_.size() + structs_.size(); }
  size_t bytes() const { return bytes_; }
  // What the caller called this event.
  uint64_t index(size_t i) const { return indexes_[i]; }
  void Clear();

  // REQUIRES: not the lock of the interpreter.
  Result<AppendResult> Append(Tenant& tenant, const AppendOptions& options);

 private:
  struct Piece {
    const char* data;  // Null: in text_.
    size_t at;
    size_t size;
  };

  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> views_;
  std::vector<Event> structs_;
  std::vector<uint64_t> indexes_;
  std::vector<py::object> held_;
  size_t bytes_ = 0;
};

void DefineAppend(py::class_<TenantHandle>& type);
void DefineAppendMany(py::class_<TenantHandle>& type);
void DefineImportFile(py::class_<TenantHandle>& type);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_APPEND_H_
