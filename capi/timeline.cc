// Timeline: a page of what a customer did.

#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

constexpr uint32_t kTimelineFlags = CRM_QUERY_FROM | CRM_QUERY_UNTIL |
                                    CRM_QUERY_OLDEST_FIRST |
                                    CRM_QUERY_AS_APPENDED;

Status ReadQuery(const crm_timeline_query* query, TimelineQuery* out) {
  crm_timeline_query in = CRM_TIMELINE_QUERY_INIT;
  Status status = ReadOptions(query, "query", kTimelineFlags, &in);
  if (status.ok()) status = CheckSlice(in.cursor, "query.cursor");
  if (status.ok()) {
    status = ReadTime(in.from_us, in.flags, CRM_QUERY_FROM, "query.from_us",
                      &out->from);
  }
  if (status.ok()) {
    status = ReadTime(in.until_us, in.flags, CRM_QUERY_UNTIL, "query.until_us",
                      &out->until);
  }
  if (status.ok())
    status = ReadTexts(in.types, in.type_count, "query.types", &out->types);
  if (!status.ok()) return status;
  out->oldest_first = (in.flags & CRM_QUERY_OLDEST_FIRST) != 0;
  out->as_appended = (in.flags & CRM_QUERY_AS_APPENDED) != 0;
  if (in.limit != 0) out->limit = in.limit;
  out->cursor = View(in.cursor);
  return status;
}

void Fill(TimelineState* state) {
  const TimelinePage& page = state->page;
  for (const TimelineEntry& entry : page.entries) {
    crm_timeline_entry out = {};
    out.position = entry.position;
    out.occurred_at_us = Microseconds(entry.occurred_at);
    out.record = entry.record;
    out.flags = (entry.opened ? uint32_t{CRM_EVENT_VIEW_OPENED} : 0) |
                (entry.redacted ? uint32_t{CRM_EVENT_VIEW_REDACTED} : 0) |
                (entry.expired ? uint32_t{CRM_EVENT_VIEW_EXPIRED} : 0);
    out.type = Slice(entry.type);
    out.source = Slice(entry.source);
    out.id = Slice(entry.id);
    out.payload = Slice(entry.payload);
    out.version = Slice(entry.version);
    state->entries.push_back(out);
  }
  state->view.entries = state->entries.data();
  state->view.entry_count = state->entries.size();
  state->view.next = Slice(page.next);
  state->view.total = page.total;
}

template <typename Handle>
Status Get(const Handle* from, uint64_t customer,
           const crm_timeline_query* query, crm_timeline** out) {
  Status status = CheckOut(out);
  if (status.ok()) status = Check(from, NameOf(from));
  TimelineQuery own;
  if (status.ok()) status = ReadQuery(query, &own);
  if (!status.ok()) return status;
  Result<TimelinePage> page = Source(from).GetTimeline(customer, own);
  if (!page.ok()) return page.status();
  auto state = std::make_unique<TimelineState>(TimelineState{*std::move(page)});
  Fill(state.get());
  *out = Adopt<crm_timeline>(std::move(state));
  return status;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_get_timeline(crm_tenant* tenant, uint64_t customer,
                                   const crm_timeline_query* query,
                                   crm_timeline** out,
                                   crm_error** error) noexcept {
  return Guard(error, [&] { return Get(tenant, customer, query, out); });
}

crm_status crm_snapshot_get_timeline(crm_snapshot* snapshot, uint64_t customer,
                                     const crm_timeline_query* query,
                                     crm_timeline** out,
                                     crm_error** error) noexcept {
  return Guard(error, [&] { return Get(snapshot, customer, query, out); });
}

const crm_timeline_view* crm_timeline_read(
    const crm_timeline* timeline) noexcept {
  return ReadView(timeline);
}

void crm_timeline_free(crm_timeline* timeline) noexcept { Free(timeline); }
