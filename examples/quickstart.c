#include <crm.h>
#include <stdio.h>

static crm_error* error = NULL;

static int fail(void) {
  fprintf(stderr, "%s: %s\n", crm_status_name(crm_error_code(error)),
          crm_error_message(error));
  crm_error_free(error);
  return 1;
}

static void print(crm_slice a, const char* between, crm_slice b) {
  printf("%.*s%s%.*s\n", (int)a.size, a.data, between, (int)b.size, b.data);
}

int main(void) {
  crm_store* store;
  crm_tenant* club;
  crm_profile* profile;
  crm_timeline* timeline;
  uint64_t ada;
  size_t i;
  const crm_slice events[] = {
      crm_slice_of(
          "{\"id\": \"m-1\", \"type\": \"scl.member.created\","
          " \"source\": \"scl\", \"identity\":"
          " {\"sclMemberId\": 10001, \"email\": \"ada@example.com\"},"
          " \"payload\": {\"firstName\": \"Ada\", \"tier\": \"gold\"}}"),
      crm_slice_of(
          "{\"id\": \"b-1\", \"type\": \"teetime.booking.created\","
          " \"source\": \"teetime\", \"identity\":"
          " {\"teetimePlayerId\": \"7\", \"email\": \"Ada@Example.com\"},"
          " \"payload\": {\"course\": \"Links\", \"greenFee\": 325.00}}")};
  crm_timeline_query query = CRM_TIMELINE_QUERY_INIT;
  query.flags = CRM_QUERY_OLDEST_FIRST;

  /* Or crm_store_open(crm_slice_of("directory"), ...). */
  if (crm_store_open_in_memory(NULL, &store, &error) < 0) return fail();
  if (crm_tenant_open(store, crm_slice_of("golf-club"), NULL, &club, &error) <
      0) {
    return fail();
  }
  if (crm_tenant_append_json(club, events, 2, NULL, NULL, &error) < 0)
    return fail();

  if (crm_tenant_find_customer(club, crm_slice_of("teetimePlayerId"),
                               crm_slice_of("7"), NULL, &ada, &error) < 0)
    return fail();
  if (crm_tenant_get_profile(club, ada, NULL, &profile, &error) < 0)
    return fail();
  const crm_profile_view* known = crm_profile_read(profile);
  for (i = 0; i < known->trait_count; ++i)
    print(known->traits[i].name, " = ", known->traits[i].value);
  if (crm_tenant_get_timeline(club, ada, &query, &timeline, &error) < 0)
    return fail();
  const crm_timeline_view* page = crm_timeline_read(timeline);
  for (i = 0; i < page->entry_count; ++i)
    print(page->entries[i].type, " ", page->entries[i].payload);

  crm_timeline_free(timeline);
  crm_profile_free(profile);
  crm_tenant_free(club);
  return crm_store_close(store, &error) < 0 ? fail() : 0;
}
