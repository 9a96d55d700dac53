/* The part of every_function.c that is about commands. */

#include "every_function.h"

/* SHA-256 of "t0ken", or of anything. */
#define TOKEN "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define NOW INT64_C(1760000000000000)

static crm_command_options call_of(const char* id) {
  crm_command_options call = CRM_COMMAND_OPTIONS_INIT;
  call.id = crm_slice_of(id);
  call.source = crm_slice_of("web");
  call.at_us = NOW;
  call.ip_address = crm_slice_of("192.0.2.7");
  call.user_agent = crm_slice_of("test");
  return call;
}

static void registrations(crm_tenant* tenant) {
  crm_registration ada = CRM_REGISTRATION_INIT;
  crm_command_options call = call_of("signup");
  crm_command_result* result = NULL;
  const crm_command_result_view* view;
  crm_identifier account;
  crm_email_verification verification = {{TOKEN, 64}, NOW + 1000000, {0}};
  account.name_space = crm_slice_of("authUserId");
  account.value = crm_slice_of("ada-1");
  ada.email = crm_slice_of("ada@example.com");
  ada.first_name = crm_slice_of("Ada");
  ada.last_name = crm_slice_of("King");
  ada.phone = crm_slice_of("+27821234567");
  ada.identifiers = &account;
  ada.identifier_count = 1;
  ada.verification = &verification;
  EXPECT_CODE(crm_tenant_register_customer(tenant, &ada, &call, NULL, &error),
              CRM_FAILED_PRECONDITION);
  ada.flags = CRM_REGISTRATION_TERMS_ACCEPTED |
              CRM_REGISTRATION_MARKETING_CONSENT | CRM_REGISTRATION_KNOWN_EMAIL;
  EXPECT_OK(crm_tenant_register_customer(tenant, &ada, &call, &result, &error));
  view = crm_command_result_read(result);
  EXPECT(view->customer == 1 && view->flags == CRM_COMMAND_NEW_CUSTOMER);
  EXPECT(view->event_count == 3 && is(view->types[0], "CustomerCreated"));
  EXPECT(view->positions[2] > view->positions[0]);
  crm_command_result_free(result);
  EXPECT_OK(crm_tenant_register_customer(tenant, &ada, &call, &result, &error));
  EXPECT(crm_command_result_read(result)->flags == CRM_COMMAND_REPEATED);
  crm_command_result_free(result);
  call = call_of("other");
  EXPECT_CODE(crm_tenant_register_customer(tenant, &ada, &call, NULL, &error),
              CRM_ALREADY_EXISTS);
}

static void addresses(crm_tenant* tenant) {
  crm_command_options call = call_of("again");
  crm_email_verification verification = {{TOKEN, 64}, NOW + 1000000, {0}};
  crm_customer_state state;
  EXPECT_OK(crm_tenant_request_email_verification(tenant, 1, &verification,
                                                  &call, NULL, &error));
  EXPECT_OK(crm_tenant_get_customer_state(tenant, 1, NULL, &state, &error));
  EXPECT(state.flags == CRM_CUSTOMER_STATE_EMAIL_PENDING);
  call = call_of("click");
  EXPECT_CODE(crm_tenant_verify_email(tenant, 1, crm_slice_of("no"), &call,
                                      NULL, &error),
              CRM_DENIED);
  EXPECT_OK(crm_tenant_verify_email(tenant, 1, verification.token_sha256, &call,
                                    NULL, &error));
  EXPECT_OK(crm_tenant_get_customer_state(tenant, 1, NULL, &state, &error));
  EXPECT(state.flags == CRM_CUSTOMER_STATE_EMAIL_VERIFIED);
  call = call_of("move");
  EXPECT_OK(crm_tenant_update_email(tenant, 1, crm_slice_of("ada@example.org"),
                                    &verification, &call, NULL, &error));
  call = call_of("move-2");
  EXPECT_OK(crm_tenant_update_email(tenant, 1, crm_slice_of("ada@example.net"),
                                    NULL, &call, NULL, &error));
}

void commands(crm_store* store) {
  crm_tenant* tenant = NULL;
  crm_command_result* result = NULL;
  crm_command_options call = call_of("edit");
  crm_customer_state state;
  crm_field_change changes[2] = {{{"lastName", 8}, {"Lovelace", 8}, 0, 0},
                                 {{"phone", 5}, {"", 0}, 1, 0}};
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("commands"), NULL, &tenant, &error));
  registrations(tenant);
  addresses(tenant);
  EXPECT_OK(
      crm_tenant_update_profile(tenant, 1, changes, 2, &call, &result, &error));
  EXPECT(crm_command_result_read(result)->event_count == 2);
  crm_command_result_free(result);
  call = call_of("off");
  EXPECT_CODE(crm_tenant_deactivate(tenant, 1, 9, crm_slice_of(""), &call, NULL,
                                    &error),
              CRM_INVALID_ARGUMENT);
  EXPECT_OK(crm_tenant_deactivate(tenant, 1, CRM_DEACTIVATION_FRAUD,
                                  crm_slice_of("why"), &call, NULL, &error));
  EXPECT_OK(crm_tenant_get_customer_state(tenant, 1, NULL, &state, &error));
  EXPECT(state.state == CRM_RECORD_DEACTIVATED && state.customer == 1);
  EXPECT((state.flags & CRM_CUSTOMER_STATE_SINCE) != 0);
  EXPECT(state.since_us == NOW && state.position > 0);
  call = call_of("on");
  EXPECT_OK(crm_tenant_reactivate(tenant, 1, &call, NULL, &error));
  EXPECT_OK(crm_tenant_get_customer_state(tenant, 1, NULL, &state, &error));
  EXPECT(state.state == CRM_RECORD_ACTIVE);
  EXPECT_CODE(crm_tenant_get_customer_state(tenant, 9, NULL, &state, &error),
              CRM_NOT_FOUND);
  crm_tenant_free(tenant);
}
