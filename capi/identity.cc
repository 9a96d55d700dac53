// Identity: whose identifier it is, and a customer's records.

#include "capi/call.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "capi/input.h"

namespace crm::capi {
namespace {

template <typename Handle>
Status Find(const Handle* from, crm_slice name_space, crm_slice value,
            const crm_read_options* options, uint64_t* customer) {
  if (customer == nullptr) return Invalid("customer: NULL");
  *customer = 0;
  Status status = Check(from, NameOf(from));
  if (status.ok()) status = CheckSlice(name_space, "name_space");
  if (status.ok()) status = CheckSlice(value, "value");
  if (status.ok()) status = CheckReadOptions(options);
  if (!status.ok()) return status;
  const Result<CustomerId> found = Source(from).FindCustomer(
      {std::string(View(name_space)), std::string(View(value))});
  if (found.ok()) *customer = *found;
  return found.status();
}

void Fill(CustomerState* state) {
  const Customer& from = state->customer;
  for (const CustomerRecord& record : from.records) {
    crm_customer_record out = {};
    out.record = record.record;
    out.source = Slice(record.source);
    out.events = record.events;
    out.linked_at = record.linked_at;
    out.matched_by = Slice(record.matched_by);
    out.confidence = record.confidence;
    out.linked_to = record.linked_to;
    state->records.push_back(out);
  }
  crm_customer_view& view = state->view;
  view.customer = from.id;
  view.version = from.version;
  view.events = from.events;
  view.records = state->records.data();
  view.record_count = state->records.size();
  view.retired = from.retired.data();
  view.retired_count = from.retired.size();
}

template <typename Handle>
Status GetCustomer(const Handle* from, uint64_t customer,
                   const crm_read_options* options, crm_customer** out) {
  Status status = BeginRead(from, options, out);
  if (!status.ok()) return status;
  Result<Customer> found = Source(from).GetCustomer(customer);
  if (!found.ok()) return found.status();
  auto state =
      std::make_unique<CustomerState>(CustomerState{*std::move(found)});
  Fill(state.get());
  *out = Adopt<crm_customer>(std::move(state));
  return status;
}

}  // namespace
}  // namespace crm::capi

using namespace crm::capi;  // NOLINT: all that follows is extern "C".

crm_status crm_tenant_find_customer(crm_tenant* tenant, crm_slice name_space,
                                    crm_slice value,
                                    const crm_read_options* options,
                                    uint64_t* customer,
                                    crm_error** error) noexcept {
  return Guard(error, [&] {
    return Find(tenant, name_space, value, options, customer);
  });
}

crm_status crm_snapshot_find_customer(crm_snapshot* snapshot,
                                      crm_slice name_space, crm_slice value,
                                      const crm_read_options* options,
                                      uint64_t* customer,
                                      crm_error** error) noexcept {
  return Guard(error, [&] {
    return Find(snapshot, name_space, value, options, customer);
  });
}

crm_status crm_tenant_get_customer(crm_tenant* tenant, uint64_t customer,
                                   const crm_read_options* options,
                                   crm_customer** out,
                                   crm_error** error) noexcept {
  return Guard(error,
               [&] { return GetCustomer(tenant, customer, options, out); });
}

crm_status crm_snapshot_get_customer(crm_snapshot* snapshot, uint64_t customer,
                                     const crm_read_options* options,
                                     crm_customer** out,
                                     crm_error** error) noexcept {
  return Guard(error,
               [&] { return GetCustomer(snapshot, customer, options, out); });
}

const crm_customer_view* crm_customer_read(
    const crm_customer* customer) noexcept {
  return ReadView(customer);
}

void crm_customer_free(crm_customer* customer) noexcept { Free(customer); }
