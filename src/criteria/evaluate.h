// Criteria held against the facts of a customer: the answer, and why.

#ifndef CRM_CRITERIA_EVALUATE_H_
#define CRM_CRITERIA_EVALUATE_H_

#include "criteria/facts.h"
#include "criteria/node.h"
#include "criteria/span.h"
#include "crm/criteria.h"

namespace crm {

// With a proof every node is looked at; without one no more than are needed.
// Errors are those of the facts, and kInvalidArgument: the database of time
// zones has nothing for an instant.
Status EvaluateCriteria(const CriteriaNode& root, const CriteriaClock& clock,
                        CriteriaFacts& facts, Truth* truth,
                        CriteriaProof* proof);

}  // namespace crm

#endif  // CRM_CRITERIA_EVALUATE_H_
