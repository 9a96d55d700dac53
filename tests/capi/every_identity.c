/* The part of every_function.c that is about who is who. */

#include "every_function.h"

/* Appends one line and gives the customer to whom it went. */
static uint64_t say(crm_tenant* tenant, const char* json) {
  const crm_slice line = crm_slice_of(json);
  uint64_t customer;
  crm_append_result* result = NULL;
  EXPECT_OK(crm_tenant_append_json(tenant, &line, 1, NULL, &result, &error));
  customer = crm_append_result_read(result)->events[0].customer;
  crm_append_result_free(result);
  return customer;
}

static void explanations(crm_tenant* tenant, uint64_t a, uint64_t b) {
  crm_identity_explanation* why = NULL;
  crm_identity_history* how = NULL;
  crm_identity_changes* changes = NULL;
  const crm_identity_change* change;
  EXPECT_OK(crm_tenant_why(tenant, a, b, NULL, &why, &error));
  EXPECT(crm_identity_explanation_read(why)->a == a);
  EXPECT(crm_identity_explanation_read(why)->b == a);
  EXPECT(crm_identity_explanation_read(why)->evidence_count > 0);
  crm_identity_explanation_free(why);
  EXPECT_CODE(crm_tenant_why_not(tenant, a, b, NULL, &why, &error),
              CRM_FAILED_PRECONDITION);
  EXPECT(why == NULL);
  EXPECT_OK(crm_tenant_how(tenant, a, NULL, &how, &error));
  EXPECT(crm_identity_history_read(how)->customer == a);
  EXPECT(crm_identity_history_read(how)->steps[0].kind == CRM_STEP_BEGAN);
  crm_identity_history_free(how);
  EXPECT_OK(
      crm_tenant_get_identity_changes(tenant, 0, 0, NULL, &changes, &error));
  EXPECT(crm_identity_changes_read(changes)->change_count == 1);
  change = &crm_identity_changes_read(changes)->changes[0];
  EXPECT(change->kind == CRM_IDENTITY_CHANGE_MERGED);
  EXPECT(change->from == b && change->to == a);
  crm_identity_changes_free(changes);
}

static void merges(crm_tenant* tenant) {
  crm_merge_options by_hand = CRM_MERGE_OPTIONS_INIT;
  crm_merge_result merged;
  crm_unmerge_target target;
  crm_unmerge_result* undone = NULL;
  crm_identity_explanation* why = NULL;
  const uint64_t a =
      say(tenant,
          "{\"id\":\"w1\",\"type\":\"t\",\"source\":\"scl\",\"payload\":{},"
          "\"identity\":{\"sclMemberId\":\"w1\"}}");
  const uint64_t b =
      say(tenant,
          "{\"id\":\"w2\",\"type\":\"t\",\"source\":\"web\",\"payload\":{},"
          "\"identity\":{\"email\":\"w@example.com\"}}");
  by_hand.by = crm_slice_of("support desk");
  by_hand.why = crm_slice_of("she called");
  EXPECT_OK(crm_tenant_merge(tenant, a, b, &by_hand, &merged, &error));
  EXPECT(merged.customer == a && merged.retired == b && merged.position > 0);
  explanations(tenant, a, b);
  memset(&target, 0, sizeof(target));
  target.merge = merged.position;
  EXPECT_OK(crm_tenant_unmerge(tenant, &target, &by_hand, &undone, &error));
  EXPECT(crm_unmerge_result_read(undone)->part_count == 2);
  EXPECT(crm_unmerge_result_read(undone)->parts[1].customer == b);
  EXPECT(crm_unmerge_result_read(undone)->parts[1].flags == 0);
  EXPECT(crm_unmerge_result_read(undone)->parts[1].record_count == 1);
  crm_unmerge_result_free(undone);
  EXPECT_OK(crm_tenant_why_not(tenant, a, b, NULL, &why, &error));
  EXPECT(crm_identity_explanation_read(why)->a == a);
  EXPECT(crm_identity_explanation_read(why)->b == b);
  crm_identity_explanation_free(why);
}

static void questions(crm_tenant* tenant) {
  crm_review_list* reviews = NULL;
  crm_assertion_list* said = NULL;
  const crm_review* review;
  uint64_t position = 0;
  uint64_t a;
  uint64_t record_a;
  uint64_t record_b;
  a = say(tenant,
          "{\"id\":\"w3\",\"type\":\"t\",\"source\":\"app\",\"payload\":{},"
          "\"identity\":{\"authUserId\":\"w1\",\"email\":\"f@example.com\"}}");
  say(tenant,
      "{\"id\":\"w4\",\"type\":\"t\",\"source\":\"app\",\"payload\":{},"
      "\"identity\":{\"authUserId\":\"w2\",\"email\":\"f@example.com\"}}");
  EXPECT_OK(crm_tenant_list_reviews(tenant, NULL, &reviews, &error));
  EXPECT(crm_review_list_read(reviews)->review_count == 1);
  review = &crm_review_list_read(reviews)->reviews[0];
  EXPECT(review->reason == CRM_IDENTITY_EXCLUSIVE_CONFLICT);
  EXPECT(is(crm_identity_reason_name(review->reason), "exclusive_conflict"));
  EXPECT(is(review->name_space, "email") && review->weight > 0);
  record_a = review->record_a;
  record_b = review->record_b;
  EXPECT_OK(crm_tenant_answer_review(tenant, review->position,
                                     CRM_REVIEW_ANSWER_DIFFERENT, NULL,
                                     &position, &error));
  EXPECT(position > review->position);
  crm_review_list_free(reviews);
  EXPECT_OK(crm_tenant_list_assertions(tenant, a, NULL, &said, &error));
  EXPECT(crm_assertion_list_read(said)->assertion_count == 1);
  EXPECT(crm_assertion_list_read(said)->assertions[0].kind ==
         CRM_ASSERTION_CANNOT_LINK);
  crm_assertion_list_free(said);
  EXPECT_OK(crm_tenant_retract_assertion(tenant, record_a, record_b, NULL, NULL,
                                         &error));
  EXPECT_OK(crm_tenant_add_assertion(tenant, CRM_ASSERTION_CANNOT_LINK,
                                     record_a, record_b, NULL, NULL, &error));
}

static int32_t go_on(void* user_data, uint64_t done, uint64_t total) {
  EXPECT(done <= total);
  ++*(int*)user_data;
  return 0;
}

static void anew(crm_tenant* tenant) {
  crm_re_resolve_options options = CRM_RE_RESOLVE_OPTIONS_INIT;
  crm_re_resolve_report* report = NULL;
  const crm_re_resolve_report_view* view;
  int calls = 0;
  options.by = crm_slice_of("data team");
  options.why = crm_slice_of("to be sure");
  options.progress = go_on;
  options.user_data = &calls;
  EXPECT_OK(crm_tenant_re_resolve(tenant, &options, &report, &error));
  view = crm_re_resolve_report_read(report);
  EXPECT(view->records == 4 && view->customers_before == 4);
  EXPECT(view->position == 0 && calls > 0);
  crm_re_resolve_report_free(report);
  options.flags = CRM_RE_RESOLVE_APPLY;
  EXPECT_OK(crm_tenant_re_resolve(tenant, &options, &report, &error));
  EXPECT(crm_re_resolve_report_read(report)->records == 4);
  crm_re_resolve_report_free(report);
}

static void match(crm_tenant* tenant) {
  crm_match_options options = CRM_MATCH_OPTIONS_INIT;
  crm_match_report* report = NULL;
  const crm_match_report_view* view;
  int calls = 0;
  EXPECT(crm_default_match_fields().size > 0);
  options.progress = go_on;
  options.user_data = &calls;
  EXPECT_OK(crm_tenant_match_customers(tenant, &options, &report, &error));
  view = crm_match_report_read(report);
  EXPECT(view->merged == 0 && view->position == 0 && calls > 0);
  crm_match_report_free(report);
  EXPECT_OK(crm_tenant_apply_matches(tenant, NULL, 0, NULL, &report, &error));
  EXPECT(crm_match_report_read(report)->match_count == 0);
  crm_match_report_free(report);
}

static void household_match(crm_tenant* tenant) {
  crm_household_match_options options = CRM_HOUSEHOLD_MATCH_OPTIONS_INIT;
  crm_household_report* report = NULL;
  const crm_household_report_view* view;
  int calls = 0;
  say(tenant,
      "{\"id\":\"h1\",\"type\":\"crm.profile.updated\",\"source\":\"h\","
      "\"identity\":{\"sclMemberId\":\"h1\"},\"payload\":{\"traits\":{"
      "\"lastName\":\"King\",\"street\":\"12 Hill\",\"city\":\"Ely\"}}}");
  say(tenant,
      "{\"id\":\"h2\",\"type\":\"crm.profile.updated\",\"source\":\"h\","
      "\"identity\":{\"sclMemberId\":\"h2\"},\"payload\":{\"traits\":{"
      "\"lastName\":\"King\",\"street\":\"12 Hill\",\"city\":\"Ely\"}}}");
  options.progress = go_on;
  options.user_data = &calls;
  EXPECT_OK(crm_tenant_match_households(tenant, &options, &report, &error));
  view = crm_household_report_read(report);
  EXPECT(view->households == 1 && view->made == 1 && view->joined == 2);
  EXPECT(view->position == 0 && calls > 0);
  EXPECT(view->step_count == 1 && view->steps[0].household == 0);
  EXPECT(view->steps[0].join_count == 2 && view->steps[0].leave_count == 0);
  EXPECT(view->steps[0].joins[0].evidence ==
         (CRM_HOUSEHOLD_ADDRESS | CRM_HOUSEHOLD_SURNAME));
  crm_household_report_free(report);
  options.flags = CRM_HOUSEHOLD_APPLY;
  EXPECT_OK(crm_tenant_match_households(tenant, &options, &report, &error));
  EXPECT(crm_household_report_read(report)->steps[0].household == 2);
  crm_household_report_free(report);
}

static void households(crm_tenant* tenant) {
  crm_household_join both[2];
  crm_household_change change = CRM_HOUSEHOLD_CHANGE_INIT;
  crm_household_query query = CRM_HOUSEHOLD_QUERY_INIT;
  crm_household_list* list = NULL;
  const crm_household* told;
  const uint64_t leaves = 2;
  uint64_t household = 0;
  memset(both, 0, sizeof(both));
  both[0].customer = 1;
  both[1].customer = 2;
  change.name = crm_slice_of("H-4711");
  change.joins = both;
  change.join_count = 2;
  change.by = crm_slice_of("desk");
  EXPECT_OK(crm_tenant_change_household(tenant, &change, &household, &error));
  EXPECT(household == 1);
  EXPECT_CODE(crm_tenant_change_household(tenant, &change, NULL, &error),
              CRM_ALREADY_EXISTS);
  query.name = crm_slice_of("H-4711");
  EXPECT_OK(crm_tenant_list_households(tenant, &query, &list, &error));
  EXPECT(crm_household_list_read(list)->household_count == 1);
  told = &crm_household_list_read(list)->households[0];
  EXPECT(told->id == household && told->flags == 0 && told->at_us > 0);
  EXPECT(is(told->name, "H-4711") && is(told->by, "desk"));
  EXPECT(told->member_count == 2 && told->members[1].customer == 2);
  EXPECT(told->members[0].evidence == 0 && told->members[0].position > 0);
  crm_household_list_free(list);
  memset(&change, 0, sizeof(change));
  change.struct_size = sizeof(change);
  change.household = household;
  change.leaves = &leaves;
  change.leave_count = 1;
  EXPECT_OK(crm_tenant_change_household(tenant, &change, NULL, &error));
  change.flags = 64;
  EXPECT_CODE(crm_tenant_change_household(tenant, &change, NULL, &error),
              CRM_INVALID_ARGUMENT);
  household_match(tenant);
  query.name = crm_slice_of("");
  query.flags = CRM_HOUSEHOLD_EMPTY;
  EXPECT_OK(crm_tenant_list_households(tenant, &query, &list, &error));
  EXPECT(crm_household_list_read(list)->household_count == 2);
  told = crm_household_list_read(list)->households;
  EXPECT(told[0].member_count == 1);
  EXPECT(told[1].flags == CRM_HOUSEHOLD_DERIVED);
  crm_household_list_free(list);
}

void who_is_who(crm_store* store) {
  crm_tenant* tenant = NULL;
  crm_identifier known[2];
  crm_lookup_result who;
  crm_event event;
  crm_append_result* would = NULL;
  EXPECT_OK(crm_tenant_open(store, crm_slice_of("who"), NULL, &tenant, &error));
  merges(tenant);
  questions(tenant);
  anew(tenant);
  match(tenant);
  known[0].name_space = crm_slice_of("deviceId");
  known[0].value = crm_slice_of("unheard of");
  known[1].name_space = crm_slice_of("authUserId");
  known[1].value = crm_slice_of("w1");
  EXPECT_OK(crm_tenant_lookup(tenant, known, 2, NULL, &who, &error));
  EXPECT(who.matched == 1 && who.confidence == 100 && who.customer > 0);
  memset(&event, 0, sizeof(event));
  event.id = crm_slice_of("w9");
  event.type = crm_slice_of("t");
  event.source = crm_slice_of("web");
  event.identifiers = &known[1];
  event.identifier_count = 1;
  EXPECT_OK(crm_tenant_what_if(tenant, &event, NULL, &would, &error));
  EXPECT(crm_append_result_read(would)->event_count == 1);
  EXPECT(crm_append_result_read(would)->events[0].customer == who.customer);
  crm_append_result_free(would);
  households(tenant);
  crm_tenant_free(tenant);
}
