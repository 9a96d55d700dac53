// Snapshot of a store: all tenants at one position, and the walk over all of
// their events, definitions and choices.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

void ShowChoice(const ChoiceView& from, crm_choice_view* out) {
  out->kind = static_cast<int32_t>(from.kind);
  out->origin = static_cast<int32_t>(from.origin);
  out->position = from.position;
  out->json = Slice(from.json);
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_store_get_snapshot(crm_store* store,
                                  const crm_read_options* options,
                                  crm_store_snapshot** out,
                                  crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(store, options, out);
    if (!status.ok()) return status;
    auto snapshot = StateOf(store).store.GetSnapshot();
    if (!snapshot.ok()) return snapshot.status();
    *out = Make<crm_store_snapshot>(*std::move(snapshot));
    return status;
  });
}

uint64_t crm_store_snapshot_position(
    const crm_store_snapshot* snapshot) noexcept {
  return GuardValue(uint64_t{0}, [&]() -> uint64_t {
    if (!Check(snapshot, "snapshot").ok()) return 0;
    return StateOf(snapshot).position();
  });
}

crm_status crm_store_snapshot_get_tenant_names(crm_store_snapshot* snapshot,
                                               const crm_read_options* options,
                                               crm_name_list** out,
                                               crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(snapshot, options, out);
    if (status.ok()) *out = NewNameList(StateOf(snapshot).tenants());
    return status;
  });
}

crm_status crm_store_snapshot_get_tenant(crm_store_snapshot* snapshot,
                                         crm_slice name,
                                         const crm_read_options* options,
                                         crm_snapshot** out,
                                         crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(snapshot, options, out);
    if (status.ok()) status = CheckSlice(name, "name");
    if (!status.ok()) return status;
    auto one = StateOf(snapshot).Tenant(View(name));
    if (!one.ok()) return one.status();
    *out = Make<crm_snapshot>(*std::move(one), std::string(View(name)));
    return status;
  });
}

crm_status crm_store_snapshot_count_definitions(crm_store_snapshot* snapshot,
                                                const crm_read_options* options,
                                                uint64_t* counts, size_t count,
                                                crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = CheckArray(counts, count, "counts");
    if (status.ok()) status = Check(snapshot, "snapshot");
    if (status.ok()) status = CheckReadOptions(options);
    if (!status.ok()) return status;
    const size_t tenants = StateOf(snapshot).tenants().size();
    if (count != tenants) {
      return Invalid("count: must be " + std::to_string(tenants) +
                     ", one for each tenant, not " + std::to_string(count));
    }
    const auto found = StateOf(snapshot).CountDefinitions();
    if (!found.ok()) return found.status();
    std::copy(found->begin(), found->end(), counts);
    return status;
  });
}

crm_status crm_store_snapshot_replay(crm_store_snapshot* snapshot,
                                     const crm_read_options* options,
                                     crm_store_cursor** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Status {
    crm::Status status = BeginRead(snapshot, options, out);
    if (!status.ok()) return status;
    auto cursor = StateOf(snapshot).Replay();
    if (!cursor.ok()) return cursor.status();
    *out = Make<crm_store_cursor>(*std::move(cursor));
    return status;
  });
}

crm_status crm_store_cursor_next(crm_store_cursor* cursor, crm_store_event* out,
                                 crm_error** error) noexcept {
  return Guard(error, [&]() -> crm::Result<crm_status> {
    if (out == nullptr) return Invalid("out: NULL");
    Emptied emptied(out);
    const crm::Status usable = Check(cursor, "cursor");
    if (!usable.ok()) return usable;
    StoreCursorState& state = StateOf(cursor);
    const crm::Result<bool> more = state.cursor.Next(&state.event);
    if (!more.ok()) return more.status();
    if (!*more) return crm_status{CRM_DONE};
    *out = crm_store_event();
    out->tenant = Slice(state.event.tenant);
    if (state.event.is_definition) {
      out->kind = CRM_STORE_DEFINITION;
      ShowDefinition(state.event.definition, &out->definition);
    } else if (state.event.is_choice) {
      out->kind = CRM_STORE_CHOICE;
      ShowChoice(state.event.choice, &out->choice);
    } else {
      out->kind = CRM_STORE_EVENT;
      ShowEvent(state.event.event, &out->event);
    }
    emptied.Keep();
    return crm_status{CRM_OK};
  });
}

void crm_store_cursor_free(crm_store_cursor* cursor) noexcept { Free(cursor); }

void crm_store_snapshot_free(crm_store_snapshot* snapshot) noexcept {
  Free(snapshot);
}
