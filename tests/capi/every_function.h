/* What the parts of the program every_function share: checks that end it.
 *
 * Built with CRM_TEST_MEMORY it is the program whose memory runs out in one of
 * its calls: see memory_every_test.cc. So every call of crm.h that can fail
 * stands in one of these macros. */

#ifndef CRM_TESTS_CAPI_EVERY_FUNCTION_H_
#define CRM_TESTS_CAPI_EVERY_FUNCTION_H_

#include <crm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef CRM_TEST_MEMORY
/* Around each call; the second ends the program if it was told of no memory. */
void before_call(void);
crm_status after_call(crm_status status, const char* call);
#define CALL(call) (before_call(), after_call((call), #call))
#else
/* The call, whatever it answers. */
#define CALL(call) (call)
#endif

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
    const crm_status outcome = CALL(call);                              \
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
    EXPECT(CALL(call) == (expected));             \
    EXPECT(crm_error_code(error) == (expected));  \
    EXPECT(strlen(crm_error_message(error)) > 0); \
    crm_error_free(error);                        \
    error = NULL;                                 \
  } while (0)

/* The slice holds this text. */
int is(crm_slice slice, const char* text);

/* A new store in this folder. */
crm_store* open_store(const char* folder);
/* A store that is opened, and closed. */
void opening(const char* folder);
/* Most of it: events and what is read of them, in one tenant. */
void golf_club(crm_store* store, const char* folder);
/* Merges, questions and explanations, in a tenant of their own. */
void who_is_who(crm_store* store);

/* Acts and decisions, in a tenant of their own. */
void consent(crm_store* store);
/* Who is meant, in a tenant of its own. */
void criteria(crm_store* store);
/* Erasing, in a tenant of its own. */
void erasures(crm_store* store);
void person_exports(crm_store* store);
void commands(crm_store* store);
/* Three events as columns, and back. */
void columns(crm_tenant* tenant);
/* Sets of records, models and links, without a store. */
void records_in_memory(void);
/* Rows enough to learn from: id,given,last,born. */
void write_persons(FILE* file);
/* Providers of keys, and what they can do. */
void key_providers(const char* folder);
/* All keys of the store, wrapped anew. */
void rotation(crm_store* store);
/* The ledger, in a tenant of its own. */
void ledger(crm_store* store, const char* folder);

#ifdef __cplusplus
}
#endif

#endif /* CRM_TESTS_CAPI_EVERY_FUNCTION_H_ */
