#include "examples/event_catalogue.h"

#include <algorithm>

namespace crm::examples {
namespace {

struct KindInfo {
  std::string_view type;
  std::string_view source;
  StreamShape shape;
};

constexpr StreamShape kCrm = StreamShape::kCrm;
constexpr StreamShape kFlat = StreamShape::kFlat;
constexpr StreamShape kDomain = StreamShape::kDomain;

// In the order of Kind.
constexpr KindInfo kKinds[] = {
    {"scl.member.created", "scl", kCrm},
    {"scl.member.updated", "scl", kCrm},
    {"scl.member.status.changed", "scl", kCrm},
    {"scl.tier.changed", "scl", kCrm},
    {"scl.payment.received", "scl", kCrm},
    {"scl.payment.failed", "scl", kCrm},
    {"teetime.player.created", "teetime", kCrm},
    {"teetime.booking.created", "teetime", kCrm},
    {"teetime.booking.completed", "teetime", kCrm},
    {"teetime.booking.cancelled", "teetime", kCrm},
    {"teetime.booking.noshow", "teetime", kCrm},
    {"teetime.handicap.updated", "teetime", kCrm},
    {"teetime.competition.entered", "teetime", kCrm},
    {"teetime.competition.published", "teetime", kCrm},
    {"contact.created", "messaging", kCrm},
    {"message.sent", "messaging", kCrm},
    {"message.opened", "messaging", kCrm},
    {"message.clicked", "messaging", kCrm},
    {"message.bounced", "messaging", kCrm},
    {"contactPreference.updated", "messaging", kCrm},
    {"CustomerCreated", "web", kFlat},
    {"CustomerEmailUpdated", "web", kFlat},
    {"CustomerPhoneUpdated", "web", kFlat},
    {"ProductViewed", "web", kFlat},
    {"CartCreated", "web", kFlat},
    {"ItemAddedToCart", "web", kFlat},
    {"CartAbandoned", "web", kFlat},
    {"OrderPlaced", "web", kFlat},
    {"PaymentInitiated", "web", kFlat},
    {"PaymentSucceeded", "web", kFlat},
    {"PaymentFailed", "web", kFlat},
    {"OrderConfirmed", "web", kFlat},
    {"OrderShipped", "web", kFlat},
    {"OrderDelivered", "web", kFlat},
    {"RefundInitiated", "web", kFlat},
    {"RefundCompleted", "web", kFlat},
    {"shop.price.published", "shop", kCrm},
    {"ConsentGranted", "consent-desk", kDomain},
    {"ConsentRevoked", "consent-desk", kDomain},
    {"ConsentUpdatedEvent", "consent-desk", kDomain},
};

constexpr std::string_view kTierNames[kTiers] = {"weekday", "full", "gold",
                                                 "life"};
constexpr std::string_view kStatuses[] = {"ACTIVE", "SUSPENDED", "LAPSED"};
constexpr std::string_view kCourses[] = {"Old Course", "River Nine", "Links"};
constexpr std::string_view kPurposes[] = {"marketing", "analytics",
                                          "essential"};
constexpr std::string_view kChannels[] = {"email", "sms", "push"};
constexpr std::string_view kPayWays[] = {"credit-card", "paypal",
                                         "bank-transfer"};
constexpr std::string_view kAgents[] = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)", "GolfClub/4.2 (Android 14)"};

struct Product {
  std::string_view name;
  std::string_view category;
  uint64_t price;  // Thousandths.
};

// The loyalty credit is priced per point.
constexpr Product kProducts[] = {{"Tour balls, dozen", "balls", 649'900},
                                 {"Range token", "practice", 45'500},
                                 {"Cabretta glove", "apparel", 279'950},
                                 {"Rain jacket", "apparel", 1'899'000},
                                 {"Putter", "clubs", 3'499'990},
                                 {"Loyalty point", "credit", 1},
                                 {"Tees, per piece", "consumables", 125},
                                 {"Driver", "clubs", 8'999'000}};

struct Order {
  struct Item {
    const Product* product;
    uint64_t product_number;
    uint64_t quantity;
  };
  Item items[3];
  uint64_t count = 0;
  uint64_t subtotal = 0;
  uint64_t tax = 0;
  uint64_t shipping = 0;
  uint64_t total() const { return subtotal + tax + shipping; }
};

// The same for every event of one story.
Order OrderOf(uint64_t story) {
  Random random(story);
  Order order;
  order.count = 1 + random.Below(3);
  for (uint64_t i = 0; i < order.count; ++i) {
    const uint64_t number = random.Below(std::size(kProducts));
    const Product* product = &kProducts[number];
    const uint64_t most = product->price < 1000 ? 500 : 3;
    order.items[i] = {product, number, 1 + random.Below(most)};
    order.subtotal += product->price * order.items[i].quantity;
  }
  order.tax = order.subtotal * 15 / 100;
  order.shipping = order.subtotal > 500'000 ? 0 : 89'000;
  return order;
}

void AddItem(const Order::Item& item, Members* members) {
  members->Text("productId", Label("SKU-", 100 + item.product_number, 4))
      .Text("productName", item.product->name)
      .Number("quantity", item.quantity)
      .Money("price", item.product->price);
}

std::string ItemList(const Order& order) {
  std::string list = "[";
  for (uint64_t i = 0; i < order.count; ++i) {
    list.append(i == 0 ? "{" : ",{");
    Members members(&list);
    AddItem(order.items[i], &members);
    list.push_back('}');
  }
  list.push_back(']');
  return list;
}

std::string Address(uint32_t person) {
  std::string address = "{";
  Members(&address)
      .Text("street", Label("", 1 + person % 180, 1) + " Fairway Road")
      .Text("city", person % 3 == 0 ? "Cape Town" : "Johannesburg")
      .Text("postalCode", Label("", 1000 + person * 7 % 8999, 4))
      .Text("country", "ZA");
  address.push_back('}');
  return address;
}

std::string Uuid(uint64_t seed) {
  Random random(seed);
  std::string uuid;
  AppendUuid(&random, &uuid);
  return uuid;
}

// What the services know each other's people by. One contact in eight was
// entered by hand, and has only an address.
std::string ExternalIds(uint32_t person) {
  const std::string label = CustomerLabel(person);
  return "{\"customerId\":\"" + label + "\",\"aggregateId\":\"" + label + "\"}";
}

// As some sources write them: capitals in an address, blanks in a number.
std::string Scrawl(std::string email, uint64_t story) {
  if (story % 16 == 0 && email[0] >= 'a' && email[0] <= 'z') {
    email[0] = static_cast<char>(email[0] - 32);
  }
  return email;
}

std::string Spaced(std::string phone, uint64_t story) {
  if (story % 32 == 1) phone.insert(8, " ").insert(5, " ").insert(3, " ");
  return phone;
}

}  // namespace

std::string CustomerLabel(uint32_t person) {
  return Label("C-", person + 1, 6);
}

uint64_t MemberNumber(uint32_t person) { return uint64_t{10'001} + person; }

void Catalogue::Tell(const Happening& happening, const Person& person,
                     Draft* draft) const {
  const KindInfo& info = kKinds[static_cast<size_t>(happening.kind)];
  draft->type = info.type;
  draft->source = info.source;
  draft->shape = info.shape;
  draft->time_style = TimeStyle::kMillis;
  draft->attributed = true;
  draft->identity.clear();
  draft->payload.clear();
  if (happening.kind <= Kind::kFeeFailed) {
    TellClub(happening, person, draft);
  } else if (happening.kind <= Kind::kCompetitionPublished) {
    TellTeeTime(happening, person, draft);
  } else if (happening.kind <= Kind::kPreferences) {
    TellMessage(happening, person, draft);
  } else if (happening.kind <= Kind::kCartAbandoned ||
             happening.kind == Kind::kPricePublished) {
    TellShop(happening, person, draft);
  } else if (happening.kind <= Kind::kRefundCompleted) {
    TellOrder(happening, draft);
  } else {
    TellConsent(happening, draft);
  }
}

void Catalogue::TellClub(const Happening& h, const Person& person,
                         Draft* draft) const {
  const uint32_t who = h.person;
  const std::string email = people_.Email(who, person.email_version);
  const std::string phone = people_.Phone(who, person.phone_version);
  Members identity(&draft->identity);
  if (who % 5 != 4) identity.Text("authUserId", Label("auth0|", who, 9));
  identity.Text("email", Scrawl(email, h.story));
  if (h.kind <= Kind::kMemberUpdated) {
    identity.Text("phoneNumber", Spaced(phone, h.story));
  }
  identity.Number("sclMemberId", MemberNumber(who));
  Members payload(&draft->payload);
  switch (h.kind) {
    case Kind::kMemberCreated:
      identity.Raw("externalIds", ExternalIds(who));
      payload.Text("firstName", people_.FirstName(who))
          .Text("lastName", people_.LastName(who))
          .Text("email", email)
          .Text("phoneNumber", phone)
          .Text("dateOfBirth", people_.BirthDate(who))
          .Text("tier", kTierNames[person.tier])
          .Text("status", kStatuses[0]);
      break;
    case Kind::kMemberUpdated:
      payload.Text("email", email).Text("phoneNumber", phone);
      if (h.detail == 1) payload.Raw("address", Address(who));
      break;
    case Kind::kMemberStatus:
      payload.Text("status", kStatuses[h.detail % std::size(kStatuses)])
          .Text("reason", h.detail == 0 ? "fees settled" : "fees overdue");
      break;
    case Kind::kTierChanged:
      payload.Text("tier", kTierNames[person.tier])
          .Text("previousTier", kTierNames[h.detail % kTiers]);
      break;
    default:
      payload.Text("invoiceId", Label("INV-", h.story % 10'000'000, 7))
          .Money("amount", 1'250'500 + 400'000 * uint64_t{person.tier})
          .Text("currency", "ZAR")
          .Text("period", TimeText(h.at, TimeStyle::kSeconds).substr(0, 7));
      if (h.kind == Kind::kFeeFailed) {
        payload.Text("errorCode", "insufficient_funds")
            .Number("attempt", 1 + h.detail % 3u);
      }
  }
}

void Catalogue::TellTeeTime(const Happening& h, const Person& person,
                            Draft* draft) const {
  const uint32_t who = h.person;
  if (h.story % 4 == 0) draft->time_style = TimeStyle::kLocalZone;
  Members payload(&draft->payload);
  const std::string_view course = kCourses[h.story % std::size(kCourses)];
  if (h.kind == Kind::kCompetitionPublished) {
    draft->attributed = false;
    payload.Text("competitionId", Label("COMP-", h.story % 1000, 3))
        .Text("course", course)
        .Money("entryFee", 150'000);
    return;
  }
  Members identity(&draft->identity);
  identity.Text("teetimePlayerId", Label("P-", who + 1, 6))
      .Text("email", people_.Email(who, person.email_version));
  switch (h.kind) {
    case Kind::kPlayerCreated:
      if (people_.IsMember(who)) {
        identity.Number("sclMemberId", MemberNumber(who));
      }
      identity.Text("phoneNumber", people_.Phone(who, person.phone_version))
          .Raw("externalIds", ExternalIds(who));
      payload.Text("firstName", people_.FirstName(who))
          .Text("lastName", people_.LastName(who))
          .Money("handicapIndex", uint64_t{person.handicap} * 100);
      break;
    case Kind::kHandicap:
      payload.Money("handicapIndex", uint64_t{person.handicap} * 100)
          .Money("slopeAdjusted", uint64_t{person.handicap} * 113 - 1);
      break;
    case Kind::kCompetitionEntered:
      payload.Text("competitionId", Label("COMP-", h.story % 1000, 3))
          .Money("entryFee", 150'000);
      break;
    default:
      payload.Text("bookingId", Label("B-", h.story % 100'000'000, 8))
          .Text("course", course)
          .Number("players", 1 + h.story / 8 % 4)
          .Number("holes", h.story / 32 % 3 == 0 ? 9 : 18);
      if (h.kind == Kind::kBookingCreated) {
        payload.Text("teeTime", TimeText(h.at + uint64_t{h.detail} * kHour -
                                             h.at % (10 * kMinute),
                                         TimeStyle::kSeconds));
      }
      if (h.kind == Kind::kBookingCompleted) {
        payload.Number("score", 68 + h.story / 128 % 45)
            .Money("greenFee", 325'000);
      }
      if (h.kind == Kind::kBookingNoShow) payload.Money("penalty", 162'500);
  }
}

void Catalogue::TellMessage(const Happening& h, const Person& person,
                            Draft* draft) const {
  const uint32_t who = h.person;
  const bool sms = h.story % 4 == 1;
  const std::string email = people_.Email(who, person.email_version);
  const std::string phone = people_.Phone(who, person.phone_version);
  Members identity(&draft->identity);
  identity.Text("messagingContactId", Label("M-", who + 1, 6));
  if (sms) {
    identity.Text("phoneNumber", phone);
  } else {
    identity.Text("email", email);
  }
  Members payload(&draft->payload);
  switch (h.kind) {
    case Kind::kContactCreated:
      if (who % 8 != 7) identity.Raw("externalIds", ExternalIds(who));
      payload.Text("locale", who % 4 == 0 ? "af-ZA" : "en-ZA")
          .Text("timezone", "Africa/Johannesburg");
      break;
    case Kind::kPreferences:
      payload.Flag("emailOptIn", (person.consents & 1) != 0)
          .Flag("smsOptIn", (person.consents & 2) != 0)
          .Flag("pushOptIn", (person.consents & 4) != 0);
      break;
    default:
      payload.Text("messageId", Uuid(h.story))
          .Text("channel", sms ? "sms" : "email")
          .Text("campaignId", Label("CAMP-", h.story / 64 % 40, 3))
          .Text("templateId", h.story % 3 == 0 ? "newsletter" : "tee-reminder");
      if (h.kind == Kind::kMessageClicked) {
        payload.Text("url", "https://club.example/offers/" +
                                Label("", h.story / 7 % 50, 1));
      }
      if (h.kind == Kind::kMessageBounced) {
        payload.Text("errorType", h.story % 3 == 0 ? "hard" : "soft")
            .Text("errorMessage", "mailbox full");
      }
  }
}

void Catalogue::TellShop(const Happening& h, const Person& person,
                         Draft* draft) const {
  const uint32_t who = h.person;
  Members payload(&draft->payload);
  if (h.kind == Kind::kPricePublished) {
    draft->attributed = false;
    const Product& product = kProducts[h.story % std::size(kProducts)];
    payload.Text("productName", product.name)
        .Money("price", product.price)
        .Text("currency", "ZAR");
    return;
  }
  Members(&draft->identity).Text("customerId", CustomerLabel(who));
  const uint8_t mail = person.email_version;
  const uint8_t phone = person.phone_version;
  const Order order = OrderOf(h.story);
  switch (h.kind) {
    case Kind::kShopCustomer:
      payload.Text("email", people_.Email(who, mail))
          .Text("firstName", people_.FirstName(who))
          .Text("lastName", people_.LastName(who))
          .Text("phone", people_.Phone(who, phone))
          .Text("ipAddress", Label("10.0.7.", who % 250, 1))
          .Text("userAgent", kAgents[who % std::size(kAgents)]);
      break;
    case Kind::kEmailUpdated:
      payload.Text("oldEmail", people_.Email(who, mail - 1))
          .Text("newEmail", people_.Email(who, mail))
          .Flag("requiresVerification", true);
      break;
    case Kind::kPhoneUpdated:
      payload.Text("oldPhone", people_.Phone(who, phone - 1))
          .Text("newPhone", people_.Phone(who, phone));
      break;
    case Kind::kProductViewed:
      payload
          .Text("productId",
                Label("SKU-", 100 + order.items[0].product_number, 4))
          .Text("productName", order.items[0].product->name)
          .Text("productCategory", order.items[0].product->category)
          .Money("price", order.items[0].product->price)
          .Text("viewSource", h.story % 2 == 0 ? "search" : "category");
      break;
    case Kind::kItemAdded:
      payload.Text("cartId", Label("CART-", h.story % 100'000'000, 8));
      AddItem(order.items[h.detail % order.count], &payload);
      payload.Text("currency", "ZAR");
      break;
    default:
      payload.Text("cartId", Label("CART-", h.story % 100'000'000, 8))
          .Text("sessionId", Uuid(h.story + 1));
      if (h.kind == Kind::kCartAbandoned) {
        payload.Raw("items", ItemList(order))
            .Money("totalValue", order.subtotal)
            .Text("currency", "ZAR")
            .Number("timeInCart", 60 + h.story % 7200);
      }
  }
}

void Catalogue::TellOrder(const Happening& h, Draft* draft) const {
  Members(&draft->identity).Text("customerId", CustomerLabel(h.person));
  const Order order = OrderOf(h.story);
  const std::string payment = Label("PAY-", h.story % 100'000'000, 8);
  Members payload(&draft->payload);
  payload.Text("orderId", Label("O-", h.story % 100'000'000, 8));
  switch (h.kind) {
    case Kind::kOrderPlaced:
      payload.Text("cartId", Label("CART-", h.story % 100'000'000, 8))
          .Raw("items", ItemList(order))
          .Money("subtotal", order.subtotal)
          .Money("tax", order.tax)
          .Money("shipping", order.shipping)
          .Money("total", order.total())
          .Text("currency", "ZAR")
          .Raw("shippingAddress", Address(h.person));
      break;
    case Kind::kPaymentInitiated:
      payload.Text("paymentMethod", kPayWays[h.story % std::size(kPayWays)])
          .Money("amount", order.total())
          .Text("currency", "ZAR")
          .Text("paymentProvider", "payfast");
      break;
    case Kind::kPaymentSucceeded:
      payload.Text("paymentId", payment)
          .Money("amount", order.total())
          .Text("currency", "ZAR")
          .Text("transactionId", Uuid(h.story + 2));
      break;
    case Kind::kPaymentFailed:
      payload.Text("paymentId", payment)
          .Money("amount", order.total())
          .Text("errorCode", "card_declined")
          .Text("errorMessage", "The bank said no.")
          .Flag("retryable", true);
      break;
    case Kind::kOrderConfirmed:
      payload.Text("confirmationNumber", Label("OK", h.story % 1'000'000, 6))
          .Text("estimatedDelivery",
                TimeText(h.at + 4 * kDay, TimeStyle::kSeconds).substr(0, 10));
      break;
    case Kind::kOrderShipped:
      // Beyond what a double holds exactly.
      payload.Raw("trackingNumber", Label("90071992547409", h.story % 1000, 3))
          .Text("carrier", h.story % 2 == 0 ? "PostNet" : "Courier Guy");
      break;
    case Kind::kOrderDelivered:
      payload.Text("deliveredAt", TimeText(h.at, TimeStyle::kSeconds));
      if (h.story % 3 == 0) payload.Text("signedBy", "front desk");
      break;
    default:
      payload.Text("refundId", Label("R-", h.story % 100'000'000, 8))
          .Money("amount", order.total());
      if (h.kind == Kind::kRefundInitiated) {
        payload.Text("reason", "quality-issue").Text("refundType", "full");
      } else {
        payload.Text("transactionId", Uuid(h.story + 3));
      }
  }
}

void Catalogue::TellConsent(const Happening& h, Draft* draft) const {
  draft->time_style = TimeStyle::kSeconds;
  if (!people_.IsMember(h.person)) {  // Only the shop knows her.
    draft->shape = StreamShape::kFlat;
    draft->source = "web";
  }
  Members(&draft->identity).Text("customerId", CustomerLabel(h.person));
  const std::string_view purpose = kPurposes[h.detail / 3 % 3];
  const std::string_view channel = kChannels[h.detail % 3];
  Members payload(&draft->payload);
  if (h.kind == Kind::kConsentUpdated) {
    payload.Text("consentType", channel == "email" ? "EMAIL" : "SMS")
        .Text("status", "GRANTED");
    return;
  }
  payload.Text("purpose", purpose).Text("channel", channel);
  if (h.kind == Kind::kConsentGranted) {
    payload.Text("ipAddress", Label("10.0.9.", h.person % 250, 1))
        .Text("userAgent", kAgents[h.story % std::size(kAgents)])
        .Text("consentMethod", "registration-checkbox");
  } else {
    payload.Text("reason", "too many messages");
  }
}

}  // namespace crm::examples
