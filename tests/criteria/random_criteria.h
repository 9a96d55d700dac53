// Made-up criteria and made-up customers, so that each node is true of many and
// false of many.

#ifndef CRM_TESTS_CRITERIA_RANDOM_CRITERIA_H_
#define CRM_TESTS_CRITERIA_RANDOM_CRITERIA_H_

#include <nlohmann/json.hpp>
#include <random>

#include "criteria/made_up.h"

namespace crm {

using RandomSource = std::mt19937_64;

// At most so many levels of groups.
nlohmann::json RandomCriteria(RandomSource& random, int levels);
// Events around the instant.
MadeUp RandomCustomer(RandomSource& random, int64_t now);

}  // namespace crm

#endif  // CRM_TESTS_CRITERIA_RANDOM_CRITERIA_H_
