// The lines of a person's export: parts, their sums, and the manifest. What
// they hold is described in crm/person_export.h.

#ifndef CRM_INGEST_PERSON_LINES_H_
#define CRM_INGEST_PERSON_LINES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "crm/person_export.h"
#include "crm/sha256.h"

namespace crm::ingest {

inline constexpr uint64_t kPersonExportVersion = 1;
inline constexpr std::string_view kManifest = "manifest";

// "access", "portability"; empty: no such mode.
std::string_view PersonModeText(PersonExportMode mode);

// Sums over lines as they come, part by part.
class PersonSums final {
 public:
  explicit PersonSums(PersonExportReport* report) : report_(report) {}

  // A line with its end. A part that was left does not come again.
  void Add(std::string_view part, std::string_view line);
  // Closes the last part: the sums of the report are complete.
  void Finish();
  // The part that lines are of now; empty: none yet.
  std::string_view part() const;

 private:
  void ClosePart();

  PersonExportReport* const report_;
  Sha256Hasher of_part_;
  Sha256Hasher of_all_;
};

// The last line, of the sums and counts of a report, with its end.
std::string ManifestLine(const PersonExportReport& report);
// The entry of one part in it.
std::string ManifestEntry(const PersonExportPart& part);

}  // namespace crm::ingest

#endif  // CRM_INGEST_PERSON_LINES_H_
