// What a tenant has defined about her data: categories of events.
// crm/retention.h is the manual of the JSON.
//
// A PrivacySettings never changes; a new definition makes a new one. They count
// when something is asked, never in a fold.

#ifndef CRM_PRIVACY_SETTINGS_H_
#define CRM_PRIVACY_SETTINGS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "event/json_tree.h"

namespace crm {

// What is in no other category.
inline constexpr std::string_view kOtherCategory = "others";

// Thread safety: immutable.
class PrivacySettings final {
 public:
  // Errors name the place as a JSON pointer: kMalformed, kInvalidArgument,
  // kTooLarge.
  static Result<std::shared_ptr<const PrivacySettings>> Parse(
      std::string_view json);
  // Those of a tenant who has set nothing.
  static const PrivacySettings& Default();

  PrivacySettings(const PrivacySettings&) = delete;
  PrivacySettings& operator=(const PrivacySettings&) = delete;

  // Whether there is such a category, "others" among them.
  bool HasCategory(std::string_view name) const;
  // Whether a type of events is in one of these; of a name that is no category
  // (any more): yes, because nothing may go that somebody wanted kept.
  bool IsInAny(std::string_view type,
               const std::vector<std::string>& categories) const;
  // Those that a type is in, ascending; "others", when it is in none.
  std::vector<std::string_view> CategoriesOf(std::string_view type) const;

  // As it was set, without blanks: what the log keeps.
  const std::string& json() const { return json_; }
  // With the defaults; Parse takes it back.
  std::string ToWholeJson() const;

 private:
  struct Category {
    std::string name;
    std::vector<std::string> types;  // Ascending.
    std::vector<std::string> beginnings;

    bool Has(std::string_view type) const;
  };

  PrivacySettings() = default;
  Status Read(const JsonTree& given);
  Status ReadCategories(const JsonTree& given);
  Status ReadCategory(const std::string& name, const JsonTree& types);
  static Status CheckName(const std::string& name);

  std::string json_;
  std::vector<Category> categories_;  // Ascending by name.
};

inline constexpr size_t kMaxPrivacySettingsBytes = 256 * 1024;
inline constexpr size_t kMaxCategories = 100;
inline constexpr size_t kMaxCategoryTypes = 1000;
inline constexpr size_t kMaxCategoryNameBytes = 64;

}  // namespace crm

#endif  // CRM_PRIVACY_SETTINGS_H_
