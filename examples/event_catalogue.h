// What can happen in the made-up golf club, and how each source tells it.
// Part of the event generator.

#ifndef CRM_EXAMPLES_EVENT_CATALOGUE_H_
#define CRM_EXAMPLES_EVENT_CATALOGUE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "examples/event_generator.h"
#include "examples/event_people.h"
#include "examples/event_text.h"

namespace crm::examples {

enum class Kind : uint8_t {
  // Membership (scl).
  kMemberCreated,
  kMemberUpdated,
  kMemberStatus,
  kTierChanged,
  kFeeReceived,
  kFeeFailed,
  // Tee times.
  kPlayerCreated,
  kBookingCreated,
  kBookingCompleted,
  kBookingCancelled,
  kBookingNoShow,
  kHandicap,
  kCompetitionEntered,
  kCompetitionPublished,  // Belongs to nobody.
  // Messages.
  kContactCreated,
  kMessageSent,
  kMessageOpened,
  kMessageClicked,
  kMessageBounced,
  kPreferences,
  // The shop.
  kShopCustomer,
  kEmailUpdated,
  kPhoneUpdated,
  kProductViewed,
  kCartCreated,
  kItemAdded,
  kCartAbandoned,
  kOrderPlaced,
  kPaymentInitiated,
  kPaymentSucceeded,
  kPaymentFailed,
  kOrderConfirmed,
  kOrderShipped,
  kOrderDelivered,
  kRefundInitiated,
  kRefundCompleted,
  kPricePublished,  // Belongs to nobody.
  // Consents.
  kConsentGranted,
  kConsentRevoked,
  kConsentUpdated,
};

// One thing that happens, before it is told.
struct Happening {
  uint64_t due = 0;    // Its place in the stream.
  uint64_t order = 0;  // Among equal dues.
  uint64_t at = 0;     // When it happened; earlier than `due` when late.
  uint64_t story = 0;  // What belongs together has one: an order, a booking.
  uint32_t person = 0;
  Kind kind = Kind::kMemberCreated;
  uint8_t detail = 0;
};

// An event without its envelope.
struct Draft {
  std::string_view type;
  std::string_view source;
  StreamShape shape = StreamShape::kCrm;
  TimeStyle time_style = TimeStyle::kMillis;
  bool attributed = true;
  std::string identity;  // Members of an object.
  std::string payload;   // Members of an object.
};

class Catalogue final {
 public:
  explicit Catalogue(uint64_t seed) : people_(seed) {}

  const People& people() const { return people_; }
  // Replaces `*draft`.
  void Tell(const Happening& happening, const Person& person,
            Draft* draft) const;

 private:
  void TellClub(const Happening& happening, const Person& person,
                Draft* draft) const;
  void TellTeeTime(const Happening& happening, const Person& person,
                   Draft* draft) const;
  void TellMessage(const Happening& happening, const Person& person,
                   Draft* draft) const;
  void TellShop(const Happening& happening, const Person& person,
                Draft* draft) const;
  void TellOrder(const Happening& happening, Draft* draft) const;
  void TellConsent(const Happening& happening, Draft* draft) const;

  People people_;
};

// Several happenings ask for the same number of a person: one place for each.
std::string CustomerLabel(uint32_t person);
uint64_t MemberNumber(uint32_t person);

inline constexpr int kTiers = 4;
inline constexpr int kConsents = 9;  // Three purposes by three channels.

}  // namespace crm::examples

#endif  // CRM_EXAMPLES_EVENT_CATALOGUE_H_
