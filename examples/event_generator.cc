#include "examples/event_generator.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "examples/event_catalogue.h"
#include "examples/event_people.h"
#include "examples/event_text.h"

namespace crm::examples {
namespace {

constexpr uint64_t kStreamDays = 180;
constexpr uint64_t kMeanStoryLength = 3;
constexpr uint64_t kLatePercent = 2;
constexpr uint64_t kDuplicatePercent = 2;  // Of the lines when none waits.
constexpr uint64_t kMaxCustomers = 20'000'000;

bool IsLater(const Happening& a, const Happening& b) {
  return a.due != b.due ? a.due > b.due : a.order > b.order;
}

// ---- What is measured: one kind of line, as quick as can be.

constexpr std::string_view kBenchTypes[] = {
    "teetime.booking.created",   "teetime.booking.changed",
    "teetime.booking.cancelled", "teetime.booking.completed",
    "teetime.booking.noshow",    "teetime.handicap.updated"};

void WriteBenchEvent(const StreamOptions& options, uint64_t number,
                     Random* random, std::string* json) {
  const auto who = static_cast<uint32_t>(random->Below(options.customers)) + 1;
  const uint64_t draw = random->Next();
  const uint64_t at = kStreamStart + number * 1037 + draw % 1000;
  json->assign("{\"id\":\"");
  AppendUuid(random, json);
  json->append("\",\"type\":\"");
  json->append(kBenchTypes[(draw >> 10) % std::size(kBenchTypes)]);
  json->append("\",\"version\":\"1.0\",\"timestamp\":\"");
  AppendTime(at, TimeStyle::kMicros, json);
  json->append("\",\"tenantId\":\"");
  json->append(options.tenant);
  json->append("\",\"source\":\"teetime\",\"identity\":{\"authUserId\":\"usr_");
  AppendNumber(who, 12, json);
  json->append("\",\"email\":\"player.");
  AppendNumber(who, 8, json);
  json->append("@example.com\",\"phoneNumber\":\"+27");
  AppendNumber(820'000'000 + uint64_t{who}, 9, json);
  json->append("\"},\"payload\":{\"bookingId\":\"B-");
  AppendNumber((draw >> 14) % 1'000'000'000, 9, json);
  json->append("\",\"course\":\"Old Course\",\"holes\":18,\"players\":");
  AppendNumber(1 + (draw >> 44) % 4, 1, json);
  json->append(",\"greenFee\":");
  AppendMoney((draw >> 46) % 2'000 * 250, json);
  json->append(",\"currency\":\"ZAR\",\"paid\":");
  json->append((draw >> 60) % 2 == 0 ? "true" : "false");
  json->append(",\"teeTime\":\"");
  AppendTime(at + 3 * kDay, TimeStyle::kSeconds, json);
  json->append("\"},\"metadata\":{\"ipAddress\":\"10.0.");
  AppendNumber((draw >> 52) % 256, 1, json);
  json->append(".17\"}}");
}

}  // namespace

class EventGenerator::Stream final {
 public:
  explicit Stream(const StreamOptions& options)
      : options_(options), random_(options.seed), catalogue_(options.seed) {
    options_.customers =
        std::clamp<uint64_t>(options_.customers, 1, kMaxCustomers);
    if (options_.shape == StreamShape::kBench) return;
    persons_.resize(options_.customers);
    step_ = kStreamDays * kDay / std::max<uint64_t>(options_.events, 1) + 1;
  }

  bool Next(std::string* json) {
    if (counts_.events == options_.events) return false;
    ++counts_.events;
    if (options_.shape == StreamShape::kBench) {
      WriteBenchEvent(options_, counts_.events, &random_, json);
    } else if (counts_.events == held_until_) {
      *json = held_;
      held_until_ = 0;
      ++counts_.duplicates;
    } else {
      Write(TakeNext(), json);
      MaybeHold(*json);
    }
    return true;
  }

  const StreamCounts& counts() const { return counts_; }

 private:
  // What is due, or the beginning of something new.
  Happening TakeNext();
  void BeginStory();
  void BeginPerson(uint32_t number);
  void BeginGolf(uint32_t who);
  void BeginMessage(uint32_t who);
  void BeginOrder(uint32_t who);
  void FollowOrder(uint32_t who, uint64_t after);
  void BeginChange(uint32_t who);
  void BeginConsent(uint32_t who);
  uint32_t DrawPerson();

  // Plans `kind` for `who`, `delay` from now, as a part of this story.
  void Plan(Kind kind, uint32_t who, uint64_t delay, uint8_t detail = 0);
  void Write(const Happening& happening, std::string* json);
  void WriteEnvelope(const Happening& happening, const Draft& draft,
                     StreamShape shape, std::string* json);
  // Now and then a line is kept, to come again a little later.
  void MaybeHold(const std::string& json);

  StreamOptions options_;
  Random random_;
  Catalogue catalogue_;
  StreamCounts counts_;
  std::vector<Person> persons_;
  uint32_t known_ = 0;              // Persons who have begun.
  std::vector<Happening> planned_;  // A heap; the next in front.
  uint64_t planned_count_ = 0;
  uint64_t now_ = kStreamStart;
  uint64_t step_ = 1;   // Mean time between two lines.
  uint64_t story_ = 0;  // The one that is being planned.
  std::string held_;
  uint64_t held_until_ = 0;
  Draft draft_;
};

Happening EventGenerator::Stream::TakeNext() {
  while (planned_.empty() || planned_.front().due > now_) {
    now_ += random_.Below(2000) * (step_ * kMeanStoryLength) / 1000;
    BeginStory();
  }
  std::pop_heap(planned_.begin(), planned_.end(), IsLater);
  const Happening next = planned_.back();
  planned_.pop_back();
  return next;
}

void EventGenerator::Stream::Plan(Kind kind, uint32_t who, uint64_t delay,
                                  uint8_t detail) {
  Happening happening;
  happening.due = now_ + delay;
  happening.order = planned_count_++;
  happening.at = happening.due;
  // The first thing that is heard of somebody is not late.
  if (kind != Kind::kMemberCreated && kind != Kind::kShopCustomer &&
      random_.Percent(kLatePercent)) {
    const uint64_t delay_days = 1 + random_.Below(9);
    happening.at -= delay_days * kDay + random_.Below(3600) * kSecond;
  }
  happening.story = story_;
  happening.person = who;
  happening.kind = kind;
  happening.detail = detail;
  planned_.push_back(happening);
  std::push_heap(planned_.begin(), planned_.end(), IsLater);
}

uint32_t EventGenerator::Stream::DrawPerson() {
  // Ada is watched in the demo; otherwise the early ones are busier.
  if (random_.Below(400) == 0) return 0;
  const uint64_t a = random_.Below(known_);
  const uint64_t b = random_.Below(known_);
  return static_cast<uint32_t>(std::min(a, b));
}

void EventGenerator::Stream::BeginStory() {
  story_ = random_.Next() >> 1;
  // All have come when two thirds of the stream are over.
  const uint64_t wanted =
      1 + counts_.events * options_.customers * 3 / (options_.events * 2 + 1);
  if (known_ < std::min<uint64_t>(wanted, options_.customers)) {
    BeginPerson(known_++);
    return;
  }
  const uint32_t who = DrawPerson();
  const bool member = catalogue_.people().IsMember(who);
  const bool shopper = catalogue_.people().IsShopper(who);
  const uint64_t draw = random_.Below(1000);
  if (draw < 6) {
    Plan(Kind::kCompetitionPublished, who, 0);
  } else if (draw < 12) {
    Plan(Kind::kPricePublished, who, 0);
  } else if (draw < 350) {
    BeginGolf(who);
  } else if (draw < 630) {
    BeginMessage(who);
  } else if (draw < 700 && member) {
    Plan(random_.Percent(93) ? Kind::kFeeReceived : Kind::kFeeFailed, who, 0);
  } else if (draw < 770) {
    BeginConsent(who);
  } else if (draw < 830) {
    BeginChange(who);
  } else if (shopper) {
    BeginOrder(who);
  } else {
    BeginGolf(who);
  }
}

void EventGenerator::Stream::BeginPerson(uint32_t number) {
  const People& people = catalogue_.people();
  persons_[number].handicap = static_cast<uint16_t>(random_.Below(360));
  if (people.IsMember(number)) {
    persons_[number].tier = static_cast<uint8_t>(random_.Below(kTiers));
    Plan(Kind::kMemberCreated, number, 0);
  } else {
    Plan(Kind::kShopCustomer, number, 0);
  }
  if (random_.Percent(40)) {
    persons_[number].consents |= 1;
    Plan(Kind::kConsentGranted, number, 2 * kSecond, 0);
  }
}

void EventGenerator::Stream::BeginGolf(uint32_t who) {
  if (!persons_[who].is_player) {
    persons_[who].is_player = true;
    Plan(Kind::kPlayerCreated, who, 0);
  }
  if (random_.Percent(12)) {
    Plan(Kind::kCompetitionEntered, who, 0);
    return;
  }
  const uint64_t hours = 4 + random_.Below(140);
  Plan(Kind::kBookingCreated, who, 0, static_cast<uint8_t>(hours));
  const uint64_t outcome = random_.Below(100);
  if (outcome < 8) {
    Plan(Kind::kBookingCancelled, who, hours / 2 * kHour);
  } else if (outcome < 13) {
    Plan(Kind::kBookingNoShow, who, (hours + 1) * kHour);
  } else {
    Plan(Kind::kBookingCompleted, who, (hours + 4) * kHour);
    if (random_.Percent(40)) {
      uint16_t& handicap = persons_[who].handicap;
      handicap =
          static_cast<uint16_t>((handicap + 358 + random_.Below(5)) % 360);
      Plan(Kind::kHandicap, who, (hours + 5) * kHour);
    }
  }
}

void EventGenerator::Stream::BeginMessage(uint32_t who) {
  if (!persons_[who].is_contact) {
    persons_[who].is_contact = true;
    Plan(Kind::kContactCreated, who, 0);
  }
  Plan(Kind::kMessageSent, who, 0);
  if (random_.Percent(3)) {
    Plan(Kind::kMessageBounced, who, 5 * kSecond);
  } else if (random_.Percent(50)) {
    const uint64_t opened = (1 + random_.Below(2000)) * kMinute;
    Plan(Kind::kMessageOpened, who, opened);
    if (random_.Percent(30)) Plan(Kind::kMessageClicked, who, opened + kMinute);
  }
}

void EventGenerator::Stream::BeginOrder(uint32_t who) {
  if (random_.Percent(40)) {
    Plan(Kind::kProductViewed, who, 0);
    return;
  }
  Plan(Kind::kCartCreated, who, 0);
  const uint64_t items = 1 + random_.Below(3);
  for (uint64_t i = 0; i < items; ++i) {
    Plan(Kind::kItemAdded, who, (i + 1) * kMinute, static_cast<uint8_t>(i));
  }
  if (random_.Percent(30)) {
    Plan(Kind::kCartAbandoned, who, kDay);
  } else {
    FollowOrder(who, (items + 5) * kMinute);
  }
}

void EventGenerator::Stream::FollowOrder(uint32_t who, uint64_t after) {
  Plan(Kind::kOrderPlaced, who, after);
  Plan(Kind::kPaymentInitiated, who, after + kSecond);
  if (random_.Percent(8)) {
    Plan(Kind::kPaymentFailed, who, after + 9 * kSecond);
    if (random_.Percent(50)) return;
    after += 300 * kSecond;
  }
  Plan(Kind::kPaymentSucceeded, who, after + 12 * kSecond);
  Plan(Kind::kOrderConfirmed, who, after + 13 * kSecond);
  const uint64_t shipped = after + (8 + random_.Below(48)) * kHour;
  Plan(Kind::kOrderShipped, who, shipped);
  const uint64_t delivered = shipped + (20 + random_.Below(72)) * kHour;
  Plan(Kind::kOrderDelivered, who, delivered);
  if (random_.Percent(5)) {
    Plan(Kind::kRefundInitiated, who, delivered + 2 * kDay);
    Plan(Kind::kRefundCompleted, who, delivered + 4 * kDay);
  }
}

void EventGenerator::Stream::BeginChange(uint32_t who) {
  Person& person = persons_[who];
  const bool member = catalogue_.people().IsMember(who);
  const uint64_t draw = random_.Below(100);
  if (draw < 35) {
    person.email_version = static_cast<uint8_t>(person.email_version % 250 + 1);
    Plan(member ? Kind::kMemberUpdated : Kind::kEmailUpdated, who, 0);
  } else if (draw < 60 || !member) {
    person.phone_version = static_cast<uint8_t>(person.phone_version % 3 + 1);
    Plan(member ? Kind::kMemberUpdated : Kind::kPhoneUpdated, who, 0);
  } else if (draw < 75) {
    Plan(Kind::kMemberUpdated, who, 0, 1);
  } else if (draw < 88) {
    const uint8_t before = person.tier;
    person.tier = static_cast<uint8_t>((person.tier + 1) % kTiers);
    Plan(Kind::kTierChanged, who, 0, before);
  } else {
    Plan(Kind::kMemberStatus, who, 0,
         static_cast<uint8_t>(1 + random_.Below(2)));
    Plan(Kind::kMemberStatus, who, 6 * kDay, 0);
  }
}

void EventGenerator::Stream::BeginConsent(uint32_t who) {
  const auto which = static_cast<uint8_t>(random_.Below(kConsents));
  uint8_t& consents = persons_[who].consents;
  const auto bit = static_cast<uint8_t>(1u << (which % 3));
  const uint64_t draw = random_.Below(100);
  if (draw < 20) {
    consents ^= bit;
    Plan(Kind::kPreferences, who, 0);
  } else if (draw < 30) {
    Plan(Kind::kConsentUpdated, who, 0, which);
  } else if ((consents & bit) != 0) {
    consents ^= bit;
    Plan(Kind::kConsentRevoked, who, 0, which);
  } else {
    consents |= bit;
    Plan(Kind::kConsentGranted, who, 0, which);
  }
}

void EventGenerator::Stream::Write(const Happening& happening,
                                   std::string* json) {
  catalogue_.Tell(happening, persons_[happening.person], &draft_);
  if (!draft_.attributed) ++counts_.unattributed;
  if (happening.due - happening.at >= kDay) ++counts_.late;
  const StreamShape shape =
      options_.shape == StreamShape::kMixed ? draft_.shape : options_.shape;
  WriteEnvelope(happening, draft_, shape, json);
}

void EventGenerator::Stream::WriteEnvelope(const Happening& happening,
                                           const Draft& draft,
                                           StreamShape shape,
                                           std::string* json) {
  std::string id;
  AppendUuid(&random_, &id);
  const std::string time = TimeText(happening.at, draft.time_style);
  json->assign("{");
  Members members(json);
  if (shape == StreamShape::kCrm) {
    members.Text("id", id)
        .Text("type", draft.type)
        .Text("version", "1.0")
        .Text("timestamp", time)
        .Text("correlationId", Label("story-", happening.story % 1'000'000, 6))
        .Text("tenantId", options_.tenant)
        .Text("source", draft.source)
        .Raw("identity", "{" + draft.identity + "}")
        .Raw("payload", "{" + draft.payload + "}");
  } else if (shape == StreamShape::kDomain) {
    members.Text("eventType", draft.type)
        .Text("eventId", id)
        .Text("timestamp", time);
    if (draft.attributed) {
      members.Text("aggregateId", CustomerLabel(happening.person));
    }
    members.Text("tenantId", options_.tenant)
        .Text("source", draft.source)
        .Raw("payload", "{" + draft.payload + "}");
  } else {
    members.Text("eventType", draft.type).Text("eventId", id);
    if (draft.attributed) {
      members.Text("customerId", CustomerLabel(happening.person));
    }
    members.Text("timestamp", time).Text("source", draft.source);
    json->push_back(',');
    json->append(draft.payload);
  }
  json->push_back('}');
}

void EventGenerator::Stream::MaybeHold(const std::string& json) {
  if (held_until_ != 0 || !random_.Percent(kDuplicatePercent)) return;
  held_ = json;
  held_until_ = counts_.events + 1 + random_.Below(60);
}

EventGenerator::EventGenerator(const StreamOptions& options)
    : stream_(std::make_unique<Stream>(options)) {}
EventGenerator::~EventGenerator() = default;

bool EventGenerator::Next(std::string* json) { return stream_->Next(json); }

const StreamCounts& EventGenerator::counts() const { return stream_->counts(); }

}  // namespace crm::examples
