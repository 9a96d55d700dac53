// What a tenant has defined about her data: categories of events, and how long
// they are kept.
// crm/retention.h is the manual of the JSON.
//
// A PrivacySettings never changes; a new definition makes a new one. They count
// when something is asked, never in a fold.

#ifndef CRM_PRIVACY_SETTINGS_H_
#define CRM_PRIVACY_SETTINGS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/status.h"
#include "format/json_tree.h"

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

  // For how many days what an event of this type says is kept; none: for good.
  // Acts of consent are exempt whatever this says.
  std::optional<int64_t> DaysOf(std::string_view type) const;
  // Something is not kept for good.
  bool has_retention() const {
    return days_.has_value() || !type_days_.empty() || !category_days_.empty();
  }

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
  Status ReadRetention(const JsonTree& given);
  Status CheckCategory(const std::string& name, const std::string& place) const;
  std::optional<int64_t> DaysOfName(std::string_view type) const;
  void AppendRetention(std::string* out) const;

  std::string json_;
  std::vector<Category> categories_;  // Ascending by name.
  // By name of the type, or by its beginning with a "*"; and by category.
  std::map<std::string, int64_t, std::less<>> type_days_;
  std::map<std::string, int64_t, std::less<>> category_days_;
  std::optional<int64_t> days_;
};

inline constexpr size_t kMaxPrivacySettingsBytes = 256 * 1024;
inline constexpr size_t kMaxCategories = 100;
inline constexpr size_t kMaxCategoryTypes = 1000;
inline constexpr size_t kMaxCategoryNameBytes = 64;
inline constexpr int64_t kMaxRetentionDays = 36'500;
inline constexpr size_t kMaxRetentionTypes = 1000;

}  // namespace crm

#endif  // CRM_PRIVACY_SETTINGS_H_
