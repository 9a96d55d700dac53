// What a person's export is made of, part by part: reads a customer and writes
// lines. See crm/person_export.h.

#ifndef CRM_INGEST_PERSON_PARTS_H_
#define CRM_INGEST_PERSON_PARTS_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crm/person_export.h"
#include "ingest/json_redact.h"
#include "ingest/person_lines.h"

namespace crm::ingest {

// One export; one thread.
class PersonParts final {
 public:
  // All outlive it.
  PersonParts(const crm::Tenant& tenant, const crm::Snapshot& snapshot,
              const PersonExportOptions& options, const ExportWriter& writer,
              PersonExportReport* report);

  // Everything; errors are those of ExportPerson.
  Status Write(CustomerId customer);

 private:
  bool access() const { return options_.mode == PersonExportMode::kAccess; }
  // Begins a line of a part in line_; writes the one there.
  std::string* Begin(std::string_view part);
  Status End();

  Status Load(CustomerId customer);
  Status WriteExport();
  Status WriteCustomer();
  Status WriteSources();
  Status WriteEvents();
  Status WriteEvent(const EventView& event);
  Status WriteTraits();
  Status WritePreferences();
  Status WriteConsents();
  Status WriteReceipts();
  Status WriteDecisions();
  Status WriteRegister();
  Status WriteIdentity();
  Status WriteSteps();
  Status WriteSplits();
  Status WriteSplit(const IdentityChange& change);
  Status WriteAssertions();
  Status WriteHouseholds();
  Status WriteQuestions();
  // She was not erased while it was written.
  Status CheckStillThere() const;
  bool IsLeftOut(const EventView& event) const;

  const crm::Tenant& tenant_;
  const crm::Snapshot& snapshot_;
  const PersonExportOptions& options_;
  const ExportWriter& writer_;
  PersonExportReport* const report_;
  PersonSums sums_;
  JsonRedactor redactor_;
  std::set<std::string, std::less<>> left_out_types_;
  Customer customer_;
  Profile profile_;
  std::vector<ConsentEntry> acts_;
  std::string settings_;  // Of consent.
  // Events that set a trait, and those among them that are left out.
  std::set<Position> trait_events_;
  std::set<Position> left_out_;
  std::string part_;
  std::string line_;
};

}  // namespace crm::ingest

#endif  // CRM_INGEST_PERSON_PARTS_H_
