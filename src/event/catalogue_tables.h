// Private to the catalogue: its events as tables. A table is read like this:
//
//   {"PaymentFailed", {{"orderId", kId, kMust},
//                      {"amount", kMoney},
//                      {"errorMessage", kText, kPersonal}}}
//
// A field that is not kPersonal is none: nothing is left open. Personal is
// whatever names a person or the device in her hand, and all text that a
// person may have written; ids of things are not.

#ifndef CRM_EVENT_CATALOGUE_TABLES_H_
#define CRM_EVENT_CATALOGUE_TABLES_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace crm {

enum class FieldShape : uint8_t {
  kText,
  kTexts,  // A list of them.
  kId,     // A text or a whole number, as sources have it.
  kIds,
  kNumber,
  kMoney,  // 0 or more.
  kCount,  // Whole, 0 or more.
  kFlag,
  kTime,  // date-time
  kDay,   // date
  kEmail,
  kCurrency,  // Three letters.
  kAddress,   // An object, or a text.
  kItems,     // Of a cart or an order.
  kSums,      // Over many people.
  kPreferences,
  kObject,  // Of whatever members; personal.
};

struct CatalogueField {
  std::string_view name;
  FieldShape shape;
  uint8_t marks = 0;
  // Of kText: what it may be, with "|" between; empty: anything.
  std::string_view choices = {};
};
inline constexpr uint8_t kMust = 1;  // Required.
inline constexpr uint8_t kPersonal = 2;
inline constexpr uint8_t kOrNull = 4;

struct CatalogueEvent {
  std::string_view type;
  std::vector<CatalogueField> fields;
};

// One for each family.
std::vector<CatalogueEvent> CustomerEvents();
std::vector<CatalogueEvent> AccountEvents();
std::vector<CatalogueEvent> ConsentEvents();
std::vector<CatalogueEvent> ShopEvents();
std::vector<CatalogueEvent> OrderEvents();
std::vector<CatalogueEvent> ClubEvents();
std::vector<CatalogueEvent> TeeTimeEvents();
std::vector<CatalogueEvent> MessagingEvents();
std::vector<CatalogueEvent> OwnEvents();

}  // namespace crm

#endif  // CRM_EVENT_CATALOGUE_TABLES_H_
