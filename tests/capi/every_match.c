/* The part of every_function.c that is about records in memory. */

#include "every_function.h"

/* Adds one record of a name and a birth date. */
static void add(crm_match_set* set, const char* id, const char* name,
                const char* born) {
  crm_match_value values[2];
  crm_match_record record;
  memset(values, 0, sizeof(values));
  values[0].field = CRM_MATCH_FIELD_FULL_NAME;
  values[0].text = crm_slice_of(name);
  values[1].field = CRM_MATCH_FIELD_BIRTH_DATE;
  values[1].text = crm_slice_of(born);
  memset(&record, 0, sizeof(record));
  record.id = crm_slice_of(id);
  record.values = values;
  record.value_count = 2;
  EXPECT_OK(crm_match_set_add(set, &record, 1, &error));
}

static void numbers(const crm_match_set* set) {
  uint32_t number = 9;
  EXPECT(crm_match_set_size(set) == 3);
  EXPECT(is(crm_match_set_id(set, 1), "b"));
  EXPECT(crm_match_set_id(set, 3).size == 0);
  EXPECT_OK(crm_match_set_find(set, crm_slice_of("c"), &number, &error));
  EXPECT(number == 2);
  EXPECT_CODE(crm_match_set_find(set, crm_slice_of("d"), &number, &error),
              CRM_NOT_FOUND);
  EXPECT(is(crm_match_field_name(CRM_MATCH_FIELD_FULL_NAME), "full_name"));
  EXPECT(is(crm_review_reason_name(CRM_REVIEW_REASON_COHESION), "COHESION"));
}

/* A model as text and back. */
static crm_match_model* kept(void) {
  crm_match_model* model = NULL;
  crm_buffer* json = NULL;
  crm_slice text;
  EXPECT_OK(crm_match_model_default(&model, &error));
  EXPECT(crm_match_model_trained_on(model) == 0);
  EXPECT_OK(crm_match_model_to_json(model, &json, &error));
  crm_match_model_free(model);
  text.data = crm_buffer_data(json);
  text.size = crm_buffer_size(json);
  EXPECT_OK(crm_match_model_from_json(text, &model, &error));
  crm_buffer_free(json);
  return model;
}

static void training(const crm_match_set* set) {
  crm_train_options options = CRM_TRAIN_OPTIONS_INIT;
  crm_training* trained = NULL;
  EXPECT_CODE(crm_train_model(set, &options, &trained, &error),
              CRM_FAILED_PRECONDITION);
  EXPECT(trained == NULL && crm_training_read(trained) == NULL);
  crm_training_free(trained);
}

/* Persons of made-up names, each twice. */
enum { CROWD = 300 };
typedef struct person {
  char id[8];
  char given[8];
  char last[8];
  char born[12];
} person;

static void make_person(person* out, int number) {
  unsigned state = (unsigned)(number / 2 + 1) * 2654435761u;
  int i;
  snprintf(out->id, sizeof(out->id), "p%d", number);
  for (i = 0; i < 7; ++i) {
    state = state * 1664525u + 1013904223u;
    out->given[i] = (char)('a' + (state >> 24) % 26);
    out->last[i] = (char)('a' + (state >> 16) % 26);
  }
  out->given[7] = out->last[7] = 0;
  snprintf(out->born, sizeof(out->born), "19%02u-0%u-11",
           30 + (state >> 8) % 60, 1 + (state >> 4) % 9);
}

/* A model learned from such persons. */
static void trained_model(void) {
  static person persons[CROWD];
  static crm_match_value values[CROWD][3];
  static crm_match_record records[CROWD];
  crm_match_set* set = NULL;
  crm_training* trained = NULL;
  int i;
  memset(values, 0, sizeof(values));
  memset(records, 0, sizeof(records));
  for (i = 0; i < CROWD; ++i) {
    make_person(&persons[i], i);
    values[i][0].field = CRM_MATCH_FIELD_GIVEN_NAME;
    values[i][0].text = crm_slice_of(persons[i].given);
    values[i][1].field = CRM_MATCH_FIELD_SURNAME;
    values[i][1].text = crm_slice_of(persons[i].last);
    values[i][2].field = CRM_MATCH_FIELD_BIRTH_DATE;
    values[i][2].text = crm_slice_of(persons[i].born);
    records[i].id = crm_slice_of(persons[i].id);
    records[i].values = values[i];
    records[i].value_count = 3;
  }
  EXPECT_OK(crm_match_set_new(&set, &error));
  EXPECT_OK(crm_match_set_add(set, records, CROWD, &error));
  EXPECT_OK(crm_train_model(set, NULL, &trained, &error));
  EXPECT(crm_training_read(trained)->sessions > 0);
  EXPECT(crm_match_model_trained_on(crm_training_read(trained)->model) ==
         CROWD);
  crm_training_free(trained);
  crm_match_set_free(set);
}

void write_persons(FILE* file) {
  person one;
  int i;
  fputs("id,given,last,born\n", file);
  for (i = 0; i < CROWD; ++i) {
    make_person(&one, i);
    fprintf(file, "%s,%s,%s,%s\n", one.id, one.given, one.last, one.born);
  }
}

void records_in_memory(void) {
  crm_link_records_options options = CRM_LINK_RECORDS_OPTIONS_INIT;
  crm_match_set* set = NULL;
  crm_match_model* model = kept();
  crm_link_result* result = NULL;
  crm_match_explanation* why = NULL;
  const crm_link_result_view* view;
  const crm_match_explanation_view* told;
  EXPECT_OK(crm_match_set_new(&set, &error));
  add(set, "a", "William Blackwood", "1961-04-09");
  add(set, "b", "Nomsa Dlamini", "1990-01-17");
  add(set, "c", "Bill Blackwood", "1961-04-09");
  numbers(set);
  training(set);
  trained_model();
  options.link_weight = 2;
  EXPECT_OK(crm_link_records(set, model, &options, &result, &error));
  view = crm_link_result_read(result);
  EXPECT(view->record_count == 3 && view->cluster_count == 2);
  EXPECT(view->clusters[0] == view->clusters[2]);
  EXPECT(view->link_count == 1 && view->links[0].b == 2);
  EXPECT_OK(crm_explain_pair(set, NULL, 0, 2, view->prior, NULL, &why, &error));
  told = crm_match_explanation_read(why);
  EXPECT(told->weight > 2 && told->evidence_count >= 3);
  EXPECT(told->evidence[0].field == CRM_MATCH_FIELD_GIVEN_NAME);
  EXPECT(is(told->evidence[0].level, "nickname"));
  crm_match_explanation_free(why);
  crm_link_result_free(result);
  crm_match_model_free(model);
  crm_match_set_free(set);
}
