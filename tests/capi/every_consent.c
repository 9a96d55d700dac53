/* The part of every_function.c that is about consent. */

#include "every_function.h"

static const int64_t kNow = 1767225600000000; /* 2026-01-01 */

static int64_t record(crm_tenant* tenant, int32_t action, int64_t at) {
  crm_consent_act act;
  crm_identifier who = {{"email", 5}, {"ada@example.com", 15}};
  crm_append_result* result = NULL;
  int64_t position;
  memset(&act, 0, sizeof(act));
  act.action = action;
  act.channel = CRM_CHANNEL_EMAIL;
  act.purpose = crm_slice_of("marketing");
  act.identifiers = &who;
  act.identifier_count = 1;
  act.occurred_at_us = at;
  act.flags = CRM_CONSENT_ACT_HAS_TIME;
  EXPECT_OK(crm_tenant_record_consent(tenant, &act, NULL, &result, &error));
  EXPECT(crm_append_result_read(result)->appended == 1);
  position = (int64_t)crm_append_result_read(result)->events[0].position;
  crm_append_result_free(result);
  act.purpose = crm_slice_of("nonsense");
  EXPECT_CODE(crm_tenant_record_consent(tenant, &act, NULL, NULL, &error),
              CRM_INVALID_ARGUMENT);
  return position;
}

static void names(void) {
  EXPECT(is(crm_consent_action_name(CRM_CONSENT_WITHDRAW), "withdraw"));
  EXPECT(is(crm_consent_channel_name(CRM_CHANNEL_WEB), "web"));
  EXPECT(is(crm_message_class_name(CRM_MESSAGE_CLASS_LEGAL), "legal"));
  EXPECT(is(crm_verdict_name(CRM_VERDICT_DEFER), "defer"));
  EXPECT(is(crm_consent_state_name(CRM_CONSENT_STATE_LAPSED), "lapsed"));
  EXPECT(is(crm_consent_rule_name(CRM_CONSENT_BY_OLD_POLICY), "old-policy"));
  EXPECT(is(crm_consent_rule_text(CRM_CONSENT_BY_CONSENT), "she said yes"));
  EXPECT(crm_consent_rule_name(99).size == 0);
  EXPECT(crm_verdict_name(-1).size == 0);
}

static void decide(crm_tenant* tenant, int64_t position) {
  crm_consent_question question;
  crm_consent_decision decision;
  crm_buffer* text = NULL;
  memset(&question, 0, sizeof(question));
  question.customer = 1;
  question.purpose = crm_slice_of("marketing");
  question.channel = CRM_CHANNEL_EMAIL;
  question.at_us = kNow + 3000000;
  EXPECT_OK(
      crm_tenant_check_consent(tenant, &question, NULL, &decision, &error));
  EXPECT(decision.verdict == CRM_VERDICT_DENY);
  EXPECT(decision.rule == CRM_CONSENT_BY_DENIED);
  EXPECT(decision.state == CRM_CONSENT_STATE_WITHDRAWN);
  EXPECT(decision.act_count == 1);
  question.known_at = (uint64_t)position;
  EXPECT_OK(
      crm_tenant_check_consent(tenant, &question, NULL, &decision, &error));
  EXPECT(decision.verdict == CRM_VERDICT_ALLOW);
  EXPECT(decision.acts[0] == (uint64_t)position);
  EXPECT_OK(crm_consent_decision_explain(&decision, NULL, &text, &error));
  EXPECT(strstr(crm_buffer_data(text), "allow: she said yes") != NULL);
  crm_buffer_free(text);
  EXPECT_OK(crm_consent_decision_to_json(&decision, NULL, &text, &error));
  EXPECT(strstr(crm_buffer_data(text), "\"verdict\":\"allow\"") != NULL);
  crm_buffer_free(text);
  question.channel = CRM_CHANNEL_ANY;
  EXPECT_CODE(
      crm_tenant_check_consent(tenant, &question, NULL, &decision, &error),
      CRM_INVALID_ARGUMENT);
  question.reserved[0] = 1;
  EXPECT_CODE(
      crm_tenant_check_consent(tenant, &question, NULL, &decision, &error),
      CRM_INVALID_ARGUMENT);
}

static void look_back(crm_tenant* tenant, uint64_t position) {
  crm_consent_history_query query = CRM_CONSENT_HISTORY_QUERY_INIT;
  crm_consent_list_query list = CRM_CONSENT_LIST_QUERY_INIT;
  uint64_t page[4];
  uint64_t next = 7;
  size_t count = 7;
  crm_buffer* json = NULL;
  query.known_at = position;
  EXPECT_OK(crm_tenant_get_consent_history(tenant, 1, &query, &json, &error));
  EXPECT(strstr(crm_buffer_data(json), "\"action\":\"grant\"") != NULL);
  EXPECT(strstr(crm_buffer_data(json), "withdraw") == NULL);
  crm_buffer_free(json);
  EXPECT_OK(crm_tenant_get_preferences(tenant, 1, NULL, &json, &error));
  EXPECT(strstr(crm_buffer_data(json), "\"time_zone\":null") != NULL);
  crm_buffer_free(json);
  EXPECT_OK(crm_tenant_get_consent_receipt(
      tenant, 1, position, CRM_RECEIPT_KANTARA, NULL, &json, &error));
  EXPECT(strstr(crm_buffer_data(json), "KI-CR-v1.1.0") != NULL);
  crm_buffer_free(json);
  list.purpose = crm_slice_of("marketing");
  list.channel = CRM_CHANNEL_EMAIL;
  list.at_us = kNow + 3000000;
  EXPECT_OK(
      crm_tenant_list_consents(tenant, &list, page, 4, &count, &next, &error));
  EXPECT(count == 0 && next == 0);
  EXPECT_CODE(
      crm_tenant_list_consents(tenant, &list, page, 0, &count, &next, &error),
      CRM_INVALID_ARGUMENT);
}

void consent(crm_store* store) {
  crm_tenant* tenant = NULL;
  crm_buffer* settings = NULL;
  int64_t position;
  EXPECT_OK(
      crm_tenant_open(store, crm_slice_of("consent"), NULL, &tenant, &error));
  names();
  position = record(tenant, CRM_CONSENT_GRANT, kNow);
  record(tenant, CRM_CONSENT_WITHDRAW, kNow + 1000000);
  decide(tenant, position);
  look_back(tenant, (uint64_t)position);
  EXPECT_OK(crm_tenant_set_consent_settings(
      tenant, crm_slice_of("{\"pendingDays\":3}"), &error));
  EXPECT_OK(crm_tenant_get_consent_settings(tenant, NULL, &settings, &error));
  EXPECT(strstr(crm_buffer_data(settings), "\"pendingDays\":3") != NULL);
  crm_buffer_free(settings);
  EXPECT_CODE(crm_tenant_set_consent_settings(
                  tenant, crm_slice_of("{\"pendingDays\":\"3\"}"), &error),
              CRM_INVALID_ARGUMENT);
  crm_tenant_free(tenant);
}
