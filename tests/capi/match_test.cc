// Records in memory: what goes in is checked, what comes out is what C++ gives.

#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fixture.h"

namespace crm {
namespace {

using OwnedSet = Owned<crm_match_set, crm_match_set_free>;
using OwnedModel = Owned<crm_match_model, crm_match_model_free>;
using OwnedTraining = Owned<crm_training, crm_training_free>;
using OwnedLinks = Owned<crm_link_result, crm_link_result_free>;
using OwnedWhy = Owned<crm_match_explanation, crm_match_explanation_free>;

crm_match_value Value(int32_t field, std::string_view text, uint32_t slot = 0) {
  crm_match_value value = {};
  value.field = field;
  value.text = Slice(text);
  value.slot = slot;
  return value;
}

crm_status Put(crm_match_set* set, const std::string& id,
               const std::vector<crm_match_value>& values, crm_error** error) {
  crm_match_record record = {};
  record.id = Slice(id);
  record.values = values.data();
  record.value_count = values.size();
  return crm_match_set_add(set, &record, 1, error);
}

// Persons of made-up names, each twice; record 2n and 2n + 1 are one.
struct Crowd {
  explicit Crowd(int persons) {
    REQUIRE_STATUS_OK(crm_match_set_new(set.out(), error));
    std::mt19937 random(5);
    const auto name = [&] {
      std::string text;
      for (int k = 0; k < 8; ++k) {
        text.push_back(static_cast<char>('a' + random() % 26));
      }
      return text;
    };
    for (int i = 0; i < persons; ++i) {
      const std::string given = name();
      const std::string last = name();
      const std::string born = std::to_string(1930 + random() % 70) + "-0" +
                               std::to_string(1 + random() % 9) + "-11";
      for (const char* copy : {"a", "b"}) {
        REQUIRE_STATUS_OK(Put(set.get(), std::to_string(i) + copy,
                              {Value(CRM_MATCH_FIELD_GIVEN_NAME, given),
                               Value(CRM_MATCH_FIELD_SURNAME, last),
                               Value(CRM_MATCH_FIELD_BIRTH_DATE, born)},
                              error));
      }
    }
  }

  OwnedSet set;
};

struct Calls {
  int calls = 0;
  int destroyed = 0;
  int32_t answer = 0;
};
int32_t Watch(void* user_data, uint64_t done, uint64_t total) {
  Calls& calls = *static_cast<Calls*>(user_data);
  CHECK((total == 0 || done <= total));
  ++calls.calls;
  return calls.answer;
}
void Unwatch(void* user_data) { ++static_cast<Calls*>(user_data)->destroyed; }

TEST_CASE("match set: what is refused is named, and those before it are in") {
  OwnedSet set;
  REQUIRE_STATUS_OK(crm_match_set_new(set.out(), error));
  const std::string secret = "not-a-date";
  const crm_match_value bad[] = {Value(CRM_MATCH_FIELD_SURNAME, "Dlamini"),
                                 Value(CRM_MATCH_FIELD_BIRTH_DATE, secret)};
  crm_match_record records[3] = {};
  records[0].id = Slice("one");
  records[1].id = Slice("two");
  records[1].values = bad;
  records[1].value_count = 2;
  records[2].id = Slice("three");
  const auto add = [&](crm_error** error) {
    return crm_match_set_add(set.get(), records, 3, error);
  };
  {
    Error error;
    CHECK(add(error) == CRM_INVALID_ARGUMENT);
    CHECK(error.message().find("records[1]: birth_date") == 0);
    CHECK(error.message().find(secret) == std::string::npos);
  }
  CHECK(crm_match_set_size(set.get()) == 1);
  CHECK_STATUS(add(error), CRM_ALREADY_EXISTS);

  const std::vector<crm_match_value> wrong = {
      Value(0, "x"),
      Value(19, "x"),
      Value(CRM_MATCH_FIELD_OTHER, "x", 4),
      Value(CRM_MATCH_FIELD_CITY, "x", 1),
      Value(CRM_MATCH_FIELD_CITY, "\xff"),
      Value(CRM_MATCH_FIELD_OTHER, "x", 300)};
  for (const crm_match_value& value : wrong) {
    CHECK_STATUS(Put(set.get(), "new", {value}, error), CRM_INVALID_ARGUMENT);
  }
  crm_match_value reserved = Value(CRM_MATCH_FIELD_CITY, "x");
  reserved.reserved[0] = 1;
  CHECK_STATUS(Put(set.get(), "new", {reserved}, error), CRM_INVALID_ARGUMENT);
  CHECK_STATUS(Put(set.get(), "", {}, error), CRM_INVALID_ARGUMENT);
  CHECK_STATUS(Put(set.get(), std::string(257, 'x'), {}, error),
               CRM_INVALID_ARGUMENT);
  const std::string long_text(4097, 'x');
  CHECK_STATUS(
      Put(set.get(), "new", {Value(CRM_MATCH_FIELD_CITY, long_text)}, error),
      CRM_TOO_LARGE);
  records[0].values = nullptr;
  records[0].value_count = 1;
  records[0].id = Slice("new");
  CHECK_STATUS(crm_match_set_add(set.get(), records, 1, error),
               CRM_INVALID_ARGUMENT);
  CHECK_STATUS(crm_match_set_add(set.get(), nullptr, 1, error),
               CRM_INVALID_ARGUMENT);
  REQUIRE_STATUS_OK(crm_match_set_add(set.get(), nullptr, 0, error));
  CHECK(crm_match_set_size(set.get()) == 1);
}

TEST_CASE("match set: handles that are none") {
  CHECK_STATUS(crm_match_set_add(nullptr, nullptr, 0, error),
               CRM_INVALID_ARGUMENT);
  CHECK(crm_match_set_size(nullptr) == 0);
  CHECK(crm_match_set_id(nullptr, 0).size == 0);
  CHECK(crm_match_model_trained_on(nullptr) == 0);
  OwnedSet set;
  REQUIRE_STATUS_OK(crm_match_set_new(set.out(), error));
  crm_match_set* const stale = set.get();
  set.Free();
  CHECK_STATUS(crm_match_set_add(stale, nullptr, 0, error),
               CRM_FAILED_PRECONDITION);
  CHECK(crm_match_set_size(stale) == 0);
  OwnedLinks links;
  CHECK_STATUS(crm_link_records(stale, nullptr, nullptr, links.out(), error),
               CRM_FAILED_PRECONDITION);
  OwnedModel model;
  CHECK_STATUS(crm_match_model_from_json(Slice("{"), model.out(), error),
               CRM_MALFORMED);
  CHECK_STATUS(crm_match_model_from_json(Slice("{}"), nullptr, error),
               CRM_INVALID_ARGUMENT);
  CHECK(crm_match_field_name(0).size == 0);
  CHECK(crm_match_field_name(-1).size == 0);
  CHECK(crm_match_field_name(1000).size == 0);
  CHECK(crm_review_reason_name(6).size == 0);
  CHECK(crm_training_read(nullptr) == nullptr);
  CHECK(crm_link_result_read(nullptr) == nullptr);
  CHECK(crm_match_explanation_read(nullptr) == nullptr);
}

TEST_CASE("link records: trained, linked, kept, explained") {
  Crowd crowd(150);
  Calls calls;
  crm_train_options how = CRM_TRAIN_OPTIONS_INIT;
  how.progress = Watch;
  how.user_data = &calls;
  how.destroy = Unwatch;
  OwnedTraining training;
  calls.answer = CRM_CANCELLED;
  CHECK_STATUS(crm_train_model(crowd.set.get(), &how, training.out(), error),
               CRM_CANCELLED);
  calls.answer = 0;
  REQUIRE_STATUS_OK(
      crm_train_model(crowd.set.get(), &how, training.out(), error));
  CHECK(calls.destroyed == 2);
  const crm_training_view* const trained = crm_training_read(training.get());
  CHECK(trained->sessions > 0);
  CHECK(trained->pairs > 0);
  CHECK(crm_match_model_trained_on(trained->model) == 300);

  OwnedBuffer json;
  REQUIRE_STATUS_OK(crm_match_model_to_json(trained->model, json.out(), error));
  OwnedModel model;
  REQUIRE_STATUS_OK(crm_match_model_from_json(
      {crm_buffer_data(json.get()), crm_buffer_size(json.get())}, model.out(),
      error));
  training.Free();

  OwnedLinks links;
  REQUIRE_STATUS_OK(crm_link_records(crowd.set.get(), model.get(), nullptr,
                                     links.out(), error));
  const crm_link_result_view* const view = crm_link_result_read(links.get());
  REQUIRE(view->record_count == 300);
  CHECK(view->cluster_count == 150);
  CHECK(view->link_count == 150);
  CHECK(view->prior < 0);
  for (size_t i = 0; i < view->record_count; i += 2) {
    CHECK(view->clusters[i] == i / 2);
    CHECK(view->clusters[i + 1] == i / 2);
  }
  OwnedWhy why;
  const crm_match_pair& first = view->links[0];
  REQUIRE_STATUS_OK(crm_explain_pair(crowd.set.get(), model.get(), first.a,
                                     first.b, view->prior, nullptr, why.out(),
                                     error));
  const crm_match_explanation_view* const told =
      crm_match_explanation_read(why.get());
  CHECK(told->weight == doctest::Approx(first.weight));
  CHECK(told->prior == view->prior);
  double sum = told->prior;
  for (size_t i = 0; i < told->evidence_count; ++i) {
    sum += told->evidence[i].weight;
    CHECK(Text(told->evidence[i].level) == "exact");
  }
  CHECK(sum == doctest::Approx(told->weight));
}

TEST_CASE("link records: what a person said, and what is no option") {
  Crowd crowd(3);
  crm_match_pair apart = {};
  apart.b = 1;
  crm_match_pair together = {};
  together.a = 2;
  together.b = 4;
  crm_link_records_options options = CRM_LINK_RECORDS_OPTIONS_INIT;
  options.link_weight = 1;
  options.must_link = &together;
  options.must_link_count = 1;
  options.cannot_link = &apart;
  options.cannot_link_count = 1;
  OwnedLinks links;
  const auto link = [&](crm_error** error) {
    return crm_link_records(crowd.set.get(), nullptr, &options, links.out(),
                            error);
  };
  REQUIRE_STATUS_OK(link(error));
  const crm_link_result_view* view = crm_link_result_read(links.get());
  CHECK(view->clusters[0] != view->clusters[1]);
  CHECK(view->clusters[2] == view->clusters[4]);
  CHECK(view->review_count == view->review_total);
  REQUIRE(view->review_count > 0);
  CHECK(view->review[0].reason == CRM_REVIEW_REASON_CANNOT_LINK);
  CHECK(view->review[0].pair.b == 1);

  apart = together;
  CHECK_STATUS(link(error), CRM_CONFLICT);
  CHECK(links.get() == nullptr);
  apart.b = 6;
  CHECK_STATUS(link(error), CRM_INVALID_ARGUMENT);
  apart.b = 0;
  apart.reserved[1] = 1;
  CHECK_STATUS(link(error), CRM_INVALID_ARGUMENT);
  options.cannot_link = nullptr;
  CHECK_STATUS(link(error), CRM_INVALID_ARGUMENT);
  options.cannot_link_count = 100'000'001;
  CHECK_STATUS(link(error), CRM_TOO_LARGE);
  options.cannot_link_count = 0;
  options.threads = 65;
  CHECK_STATUS(link(error), CRM_INVALID_ARGUMENT);
  options.threads = 0;
  options.link_weight = NAN;
  CHECK_STATUS(link(error), CRM_INVALID_ARGUMENT);
  options.link_weight = 0;
  options.flags = 1;
  CHECK_STATUS(link(error), CRM_INVALID_ARGUMENT);
  options.flags = 0;
  Calls calls;
  calls.answer = -7;
  options.progress = Watch;
  options.user_data = &calls;
  options.destroy = Unwatch;
  CHECK(link(nullptr) == -7);
  CHECK(calls.destroyed == 1);
}

TEST_CASE("link records: nothing to explain, nothing to train on") {
  Crowd crowd(3);
  OwnedWhy why;
  const auto explain = [&](uint32_t b, double prior, crm_error** error) {
    return crm_explain_pair(crowd.set.get(), nullptr, 0, b, prior, nullptr,
                            why.out(), error);
  };
  CHECK_STATUS(explain(6, 0, error), CRM_INVALID_ARGUMENT);
  CHECK_STATUS(explain(1, NAN, error), CRM_INVALID_ARGUMENT);
  OwnedTraining training;
  CHECK_STATUS(crm_train_model(crowd.set.get(), nullptr, training.out(), error),
               CRM_FAILED_PRECONDITION);
  crm_train_options how = CRM_TRAIN_OPTIONS_INIT;
  how.iterations = 1001;
  CHECK_STATUS(crm_train_model(crowd.set.get(), &how, training.out(), error),
               CRM_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace crm
