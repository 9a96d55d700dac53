/* What the parts of the program every_function share: checks that end it. */

#ifndef CRM_TESTS_CAPI_EVERY_FUNCTION_H_
#define CRM_TESTS_CAPI_EVERY_FUNCTION_H_

#include <crm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition)                                             \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

/* The call must succeed. */
#define EXPECT_OK(call)                                                 \
  do {                                                                  \
    const crm_status outcome = (call);                                  \
    if (outcome != CRM_OK) {                                            \
      fprintf(stderr, "%s:%d: %s: %s: %s\n", __FILE__, __LINE__, #call, \
              crm_status_name(outcome), crm_error_message(error));      \
      exit(1);                                                          \
    }                                                                   \
    EXPECT(error == NULL);                                              \
  } while (0)

/* Where every call puts its error. */
extern crm_error* error;

/* The call must fail with `code`, and say so in the error as well. */
#define EXPECT_CODE(call, expected)               \
  do {                                            \
    EXPECT((call) == (expected));                 \
    EXPECT(crm_error_code(error) == (expected));  \
    EXPECT(strlen(crm_error_message(error)) > 0); \
    crm_error_free(error);                        \
    error = NULL;                                 \
  } while (0)

/* The slice holds this text. */
int is(crm_slice slice, const char* text);

/* Merges, questions and explanations, in a tenant of their own. */
void who_is_who(crm_store* store);

/* Acts and decisions, in a tenant of their own. */
void consent(crm_store* store);
/* Erasing, in a tenant of its own. */
void erasures(crm_store* store);
void person_exports(crm_store* store);
void commands(crm_store* store);
/* Three events as columns, and back. */
void columns(crm_tenant* tenant);
/* Sets of records, models and links, without a store. */
void records_in_memory(void);
/* Providers of keys, and what they can do. */
void key_providers(const char* folder);
/* All keys of the store, wrapped anew. */
void rotation(crm_store* store);
/* The ledger, in a tenant of its own. */
void ledger(crm_store* store, const char* folder);

#endif /* CRM_TESTS_CAPI_EVERY_FUNCTION_H_ */
