#include "bindings/python/src/append.h"

#include <pybind11/stl.h>

#include <optional>
#include <utility>

#include "bindings/python/src/append_options.h"
#include "bindings/python/src/instant.h"
#include "bindings/python/src/json_text.h"
#include "bindings/python/src/text.h"

namespace crm::python {
namespace {

constexpr char kAppendDoc[] =
    "Appends one event or several as one atomic request: an AppendResult.\n\n"
    "events: a dict in one of the JSON shapes, JSON text (str or bytes), or "
    "an\n"
    "    Event; or several of them, all Event or none.\n"
    "partial: one bad event does not fail the others; see their outcomes. "
    "What\n"
    "    JSON cannot hold (NaN, a naive datetime) raises nevertheless.\n"
    "backfill: old data; no triggers and no notices come of it.\n"
    "durability: \"sync\" or \"os\"; None: the store's.\n"
    "offset: (name, value): where the program stands in its own input, stored\n"
    "    in the same write, also when all events were duplicates.\n"
    "conditions: several Condition, which must all hold.\n"
    "ignore_tenant: do not look at the tenant that an event names.\n"
    "dry_run: a DryRun: decide everything, write nothing.\n"
    "order, place: an AppendOrder and the place that was taken in it.\n"
    "recorded_at: when each event was recorded, instead of the store's clock:\n"
    "    several aware datetimes, one for each event, ascending, and none\n"
    "    earlier than what the store has recorded before. For restoring a "
    "log,\n"
    "    as Store.import_store does.\n\n"
    "An event that is there already is no error: its outcome says DUPLICATE.\n"
    "Raises InputError (names the first bad event by its number), \n"
    "ConflictError (a condition, or the same id with other content),\n"
    "RetryableError (code NO_SPACE), FatalError. Then nothing was appended.";

bool IsBuffer(py::handle item) {
  return PyObject_CheckBuffer(item.ptr()) != 0 && !PyBytes_Check(item.ptr());
}

// The bytes of a bytearray or memoryview.
std::string CopyOfBuffer(py::handle item) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(item.ptr(), &buffer, PyBUF_SIMPLE) != 0) {
    throw py::error_already_set();
  }
  std::string copy(static_cast<const char*>(buffer.buf),
                   static_cast<size_t>(buffer.len));
  PyBuffer_Release(&buffer);
  return copy;
}

}  // namespace

// --- Batch -------------------------------------------------------------------

bool Batch::IsEvent(py::handle item) {
  return PyDict_Check(item.ptr()) || PyUnicode_Check(item.ptr()) ||
         PyObject_CheckBuffer(item.ptr()) != 0 || py::isinstance<Event>(item);
}

bool Batch::Differs(py::handle item) const {
  if (size() == 0) return false;
  return py::isinstance<Event>(item) != !structs_.empty();
}

void Batch::Add(py::handle item, uint64_t index) {
  PyObject* const object = item.ptr();
  if (PyDict_Check(object)) {
    const size_t at = text_.size();
    try {
      WriteJson(item, &text_);
    } catch (...) {
      text_.resize(at);
      throw;
    }
    pieces_.push_back({nullptr, at, text_.size() - at});
    bytes_ += text_.size() - at;
    indexes_.push_back(index);
  } else if (PyBytes_Check(object)) {
    held_.push_back(py::reinterpret_borrow<py::object>(item));
    AddText({PyBytes_AS_STRING(object),
             static_cast<size_t>(PyBytes_GET_SIZE(object))},
            false, index);
  } else if (PyUnicode_Check(object)) {
    const std::string_view text = Utf8(item);
    held_.push_back(py::reinterpret_borrow<py::object>(item));
    AddText(text, false, index);
  } else if (py::isinstance<Event>(item)) {
    structs_.push_back(item.cast<const Event&>());
    bytes_ += structs_.back().payload.size() + structs_.back().metadata.size();
    indexes_.push_back(index);
  } else if (IsBuffer(item)) {
    AddText(CopyOfBuffer(item), true, index);
  } else {
    throw py::type_error("event " + std::to_string(index) +
                         ": must be a dict, str, bytes or crm.Event, not " +
                         Py_TYPE(object)->tp_name);
  }
}

void Batch::AddText(std::string_view text, bool copy, uint64_t index) {
  if (copy) {
    pieces_.push_back({nullptr, text_.size(), text.size()});
    text_.append(text);
  } else {
    pieces_.push_back({text.data(), 0, text.size()});
  }
  bytes_ += text.size();
  indexes_.push_back(index);
}

void Batch::Clear() {
  text_.clear();
  pieces_.clear();
  structs_.clear();
  indexes_.clear();
  held_.clear();
  bytes_ = 0;
}

Result<AppendResult> Batch::Append(Tenant& tenant,
                                   const AppendOptions& options) {
  if (!structs_.empty()) return tenant.Append(structs_, options);
  views_.clear();
  for (const Piece& piece : pieces_) {
    const char* const data =
        piece.data != nullptr ? piece.data : text_.data() + piece.at;
    views_.emplace_back(data, piece.size);
  }
  return tenant.AppendJson(views_, options);
}

// --- Options -----------------------------------------------------------------

HostOffset OffsetFromPython(py::handle offset) {
  if (!PyTuple_Check(offset.ptr()) || PyTuple_GET_SIZE(offset.ptr()) != 2) {
    throw py::type_error("offset: must be a tuple (name, value)");
  }
  const auto pair = py::reinterpret_borrow<py::tuple>(offset);
  return {TextOrBytes(pair[0], "offset: the name"),
          TextOrBytes(pair[1], "offset: the value")};
}

AppendOptions MakeAppendOptions(const TenantHandle& tenant, bool partial,
                                bool backfill, py::handle durability,
                                bool ignore_tenant,
                                const std::optional<DryRunHandle>& dry_run) {
  AppendOptions options = {
      .partial = partial, .backfill = backfill, .ignore_tenant = ignore_tenant};
  if (!durability.is_none()) {
    options.durability = DurabilityFromPython(durability);
  }
  if (dry_run.has_value()) options.dry_run = dry_run->RunFor(tenant);
  return options;
}

void RaiseFor(uint64_t index, py::error_already_set& error,
              const std::string& more) {
  const std::optional<StatusCode> code = CodeOf(error);
  if (!code.has_value()) throw error;
  const std::string message = py::str(error.value());
  Raise(
      Status(*code, "event " + std::to_string(index) + ": " + message + more));
}

std::shared_ptr<DryRun> DryRunHandle::RunFor(const TenantHandle& tenant) const {
  if (shared_->run == nullptr) {
    *shared_ = {tenant.box(), tenant.tenant().name(), NewDryRun()};
  }
  if (shared_->box != tenant.box() ||
      shared_->tenant != tenant.tenant().name()) {
    RaiseInput("dry_run: this DryRun was used with another tenant");
  }
  return shared_->run;
}

// --- append ------------------------------------------------------------------

namespace {

// The place that an append was given. An append that fails passes it, or those
// behind it would wait for ever; this does when there was none.
class PlacePasser final {
 public:
  PlacePasser(const std::optional<OrderHandle>& order, uint64_t place)
      : order_(order.has_value() ? order->order : nullptr), place_(place) {}
  ~PlacePasser() {
    if (order_ == nullptr) return;
    UnlockedForSure([&] { order_->Pass(place_); });
  }
  PlacePasser(const PlacePasser&) = delete;
  PlacePasser& operator=(const PlacePasser&) = delete;
  // The append sees to it.
  void Leave() { order_ = nullptr; }

 private:
  std::shared_ptr<AppendOrder> order_;
  const uint64_t place_;
};

// Raises unless it is several Condition.
std::vector<Condition> ConditionsFromPython(py::handle object) {
  if (!py::isinstance<Condition>(object)) {
    std::vector<Condition> conditions;
    bool all = true;
    for (const py::handle one : py::iter(object)) {
      all = py::isinstance<Condition>(one);
      if (!all) break;
      conditions.push_back(one.cast<const Condition&>());
    }
    if (all) return conditions;
  }
  throw py::type_error(
      "conditions: must be several crm.Condition, for example a list");
}

std::vector<Timestamp> TimesFromPython(py::handle object) {
  std::vector<Timestamp> times;
  for (const py::handle one : py::iter(object)) {
    if (!IsDatetime(one)) {
      throw py::type_error(
          "recorded_at: must be several aware datetimes, for example a list");
    }
    if (times.size() == kMaxRequestEvents) {
      Raise(Status(StatusCode::kTooLarge,
                   "recorded_at: over " + std::to_string(kMaxRequestEvents)));
    }
    times.push_back(InstantFromPython(one));
  }
  return times;
}

void Collect(py::handle events, Batch* batch) {
  if (Batch::IsEvent(events)) {
    batch->Add(events, 0);
    return;
  }
  uint64_t index = 0;
  for (const py::handle item : py::iter(events)) {
    if (index == kMaxRequestEvents) {
      Raise(Status(StatusCode::kTooLarge,
                   "request: over " + std::to_string(kMaxRequestEvents) +
                       " events; append_many takes any number"));
    }
    if (batch->Differs(item)) {
      RaiseInput("one request holds crm.Event only, or none of them");
    }
    try {
      batch->Add(item, index);
    } catch (py::error_already_set& error) {
      RaiseFor(index, error);
    }
    ++index;
  }
}

}  // namespace

void DefineAppend(py::class_<TenantHandle>& type) {
  Def(
      type, "append",
      [](TenantHandle& self, py::object events, bool partial, bool backfill,
         py::object durability, py::object offset, py::object conditions,
         bool ignore_tenant, std::optional<DryRunHandle> dry_run,
         std::optional<OrderHandle> order, uint64_t place,
         py::object recorded_at) {
        PlacePasser passer(order, place);
        AppendOptions options = MakeAppendOptions(
            self, partial, backfill, durability, ignore_tenant, dry_run);
        if (!offset.is_none()) options.offset = OffsetFromPython(offset);
        options.conditions = ConditionsFromPython(conditions);
        options.recorded_at = TimesFromPython(recorded_at);
        if (order.has_value()) {
          options.order = order->order;
          options.place = place;
        }
        Batch batch;
        Collect(events, &batch);
        Check(self.box()->CheckUsable());
        passer.Leave();
        return AppendRecord(Take(
            Unlocked([&] { return batch.Append(self.tenant(), options); })));
      },
      kAppendDoc, py::arg("events"), py::kw_only(), py::arg("partial") = false,
      py::arg("backfill") = false, py::arg("durability") = py::none(),
      py::arg("offset") = py::none(), py::arg("conditions") = py::tuple(),
      py::arg("ignore_tenant") = false, py::arg("dry_run") = py::none(),
      py::arg("order") = py::none(), py::arg("place") = 0,
      py::arg("recorded_at") = py::tuple());
}

}  // namespace crm::python
