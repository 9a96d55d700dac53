// The records that calls answer with, and what events are made of.

#ifndef CRM_BINDINGS_PYTHON_SRC_RECORDS_H_
#define CRM_BINDINGS_PYTHON_SRC_RECORDS_H_

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crm/event.h"
#include "crm/ingest.h"
#include "crm/store.h"

namespace crm::python {

namespace py = pybind11;

// As EventOutcome, without anything that dies with the store.
struct OutcomeRecord {
  explicit OutcomeRecord(const EventOutcome& from);
  EventOutcome outcome;
  std::string matched_by;
};

struct AppendRecord {
  explicit AppendRecord(const AppendResult& from);
  std::vector<OutcomeRecord> events;
  uint64_t appended, duplicates, rejected, erased;
  uint64_t customers_created, unattributed;
  Position position;
};

// What Tenant.append_many did.
struct RejectedEvent {
  uint64_t index = 0;  // In what it was given, from 0.
  StatusCode code = StatusCode::kOk;
  std::string message = {};
};

struct AppendSummary {
  uint64_t events = 0;
  uint64_t batches = 0;
  uint64_t appended = 0;
  uint64_t duplicates = 0;
  uint64_t rejected = 0;
  uint64_t erased = 0;
  uint64_t customers_created = 0;
  uint64_t unattributed = 0;
  Position position = 0;
  std::vector<RejectedEvent> rejected_events = {};
};

// An event that was read: its texts, one behind the other.
class StoredEvent final {
 public:
  explicit StoredEvent(const EventView& view);
  StoredEvent(const StoredEvent& other);
  StoredEvent(StoredEvent&& other) noexcept;
  StoredEvent& operator=(const StoredEvent&) = delete;
  StoredEvent& operator=(StoredEvent&& other) noexcept;
  const EventView& view() const { return view_; }
  size_t bytes() const { return text_.size(); }

 private:
  void Rebase(const char* from);
  EventView view_;
  std::string text_;
};

// As DefinitionView, without anything that dies with the cursor.
struct DefinitionRecord {
  explicit DefinitionRecord(const DefinitionView& from);
  DefinitionView::Kind kind;
  Position position;
  std::string type, version, to, json;
  Compatibility compatibility;
  Validation mode;
};

// As ChoiceView, without anything that dies with the cursor.
struct ChoiceRecord {
  explicit ChoiceRecord(const ChoiceView& from);
  ChoiceView::Kind kind;
  ChoiceView::Origin origin;
  Position position;
  std::string json;
};

// One step of a walk over all tenants: one of the three is there.
struct StoreEventRecord {
  explicit StoreEventRecord(const StoreEvent& from);
  size_t bytes() const;
  std::string tenant;
  std::optional<StoredEvent> event = {};
  std::optional<DefinitionRecord> definition = {};
  std::optional<ChoiceRecord> choice = {};
};

// A tuple of copies.
template <typename T>
py::tuple TupleOf(const std::vector<T>& values) {
  py::tuple tuple(values.size());
  for (size_t i = 0; i < values.size(); ++i) tuple[i] = py::cast(values[i]);
  return tuple;
}

py::object CodeToPython(StatusCode code);

// From an Identifier or a (namespace, value) pair. Raises TypeError.
Identifier IdentifierFromPython(py::handle object);

void DefineEventRecords(py::module_& module);
void DefineCustomerRecords(py::module_& module);
void DefineReports(py::module_& module);

}  // namespace crm::python

#endif  // CRM_BINDINGS_PYTHON_SRC_RECORDS_H_
