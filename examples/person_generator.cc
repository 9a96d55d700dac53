#include "examples/person_generator.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string_view>

namespace crm::examples {
namespace {

constexpr const char* kMen[] = {
    "james",  "john",   "robert",  "michael", "william", "david",   "richard",
    "joseph", "thomas", "charles", "daniel",  "matthew", "anthony", "mark",
    "steven", "paul",   "andrew",  "joshua",  "kenneth", "kevin",   "brian",
    "george", "edward", "henry",   "samuel",  "peter",   "frank",   "walter",
    "arthur", "albert", "philip",  "stephen", "simon",   "patrick", "oliver",
    "thabo",  "sipho",  "pieter",  "johan",   "lukas",   "jonas",   "felix",
    "lars",   "stefan", "carlos",  "miguel",  "luis",    "ahmed",   "omar",
    "rajesh", "vikram", "wei",     "kenji",   "mateusz", "dmitri",  "benjamin"};
constexpr const char* kWomen[] = {
    "mary",    "patricia",  "jennifer", "elizabeth", "susan",    "jessica",
    "sarah",   "karen",     "margaret", "catherine", "emma",     "olivia",
    "sophia",  "charlotte", "amelia",   "alice",     "florence", "grace",
    "harriet", "rebecca",   "deborah",  "christine", "victoria", "helen",
    "nomsa",   "thandi",    "lerato",   "anika",     "johanna",  "katharina",
    "ursula",  "ingrid",    "maria",    "carmen",    "lucia",    "fatima",
    "aisha",   "priya",     "lakshmi",  "mei",       "yuki",     "agnieszka",
    "olga",    "theresa",   "dorothy",  "barbara",   "joan",     "ruth",
    "judith",  "frances",   "martha",   "abigail",   "eleanor",  "penelope"};
constexpr const char* kSurnames[] = {
    "smith",   "jones",    "williams",  "brown",   "taylor",   "davies",
    "wilson",  "evans",    "thomas",    "johnson", "roberts",  "walker",
    "wright",  "robinson", "thompson",  "white",   "hughes",   "edwards",
    "green",   "hall",     "naidoo",    "dlamini", "botha",    "van der merwe",
    "mueller", "schmidt",  "schneider", "fischer", "weber",    "becker",
    "garcia",  "martinez", "o'brien",   "murphy",  "kelly",    "patel",
    "singh",   "khan",     "nguyen",    "chen",    "kowalski", "ivanov"};
constexpr const char* kFronts[] = {
    "ash",  "black", "brad", "carl", "chad",  "clif", "cran",  "dal",   "dun",
    "east", "fair",  "glen", "hard", "hart",  "hol",  "kings", "lang",  "mar",
    "nor",  "oak",   "pem",  "quin", "rad",   "sher", "stan",  "thorn", "wal",
    "west", "whit",  "wood", "berg", "stein", "hoch", "lind",  "mok",   "ndlo"};
constexpr const char* kEnds[] = {
    "field",  "wood", "ford", "ton",  "ham",  "ley",    "worth", "burn",
    "well",   "more", "by",   "wick", "land", "bridge", "man",   "stone",
    "hausen", "mann", "vu",   "ena",  "bury", "combe",  "stead", "gate"};
constexpr const char* kStreetEnds[] = {"street", "road", "lane", "avenue",
                                       "close"};
constexpr const char* kOccupations[] = {
    "politician", "writer", "painter",   "farmer",   "clergyman", "soldier",
    "merchant",   "lawyer", "physician", "engineer", "teacher",   "composer",
    "labourer",   "weaver", "sailor",    "botanist", "actor",     "publisher"};
// One in the same trade.
constexpr const char* kTrades[] = {"member of parliament",
                                   "author",
                                   "artist",
                                   "yeoman",
                                   "priest",
                                   "army officer",
                                   "trader",
                                   "barrister",
                                   "surgeon",
                                   "civil engineer",
                                   "schoolmaster",
                                   "musician",
                                   "worker",
                                   "clothier",
                                   "mariner",
                                   "naturalist",
                                   "stage actor",
                                   "editor"};
struct ShortForm {
  const char* name;
  const char* form;
};
constexpr ShortForm kShortForms[] = {
    {"william", "bill"},  {"robert", "bob"},      {"richard", "dick"},
    {"james", "jim"},     {"john", "jack"},       {"thomas", "tom"},
    {"charles", "chas"},  {"edward", "ted"},      {"henry", "harry"},
    {"elizabeth", "liz"}, {"margaret", "maggie"}, {"catherine", "kate"},
    {"mary", "molly"},    {"sarah", "sally"},     {"samuel", "sam"},
    {"michael", "mike"},  {"daniel", "dan"},      {"joseph", "joe"},
    {"patricia", "pat"},  {"rebecca", "becky"},   {"george", "geo"},
    {"frances", "fanny"}, {"victoria", "vicky"},  {"andrew", "andy"}};
struct Country {
  const char* name;
  const char* code;
  bool trunk;  // Begins with a zero at home.
  const char* areas[4];
};
constexpr Country kCountries[] = {
    {"South Africa", "27", true, {"82", "83", "21", "11"}},
    {"United Kingdom", "44", true, {"7700", "7911", "1632", "1482"}},
    {"United States", "1", false, {"212", "415", "312", "617"}},
    {"Germany", "49", true, {"151", "170", "30", "89"}}};

template <size_t N>
std::string Pick(const char* const (&list)[N], Random* random) {
  // The first ones are the most frequent.
  const uint64_t a = random->Below(N);
  const uint64_t b = random->Below(N);
  return list[std::min(a, random->Percent(50) ? b : a)];
}

std::string Digits(size_t count, Random* random) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    out.push_back(static_cast<char>('0' + random->Below(10)));
  }
  return out;
}

}  // namespace

PersonGenerator::PersonGenerator(const PersonOptions& options)
    : options_(options), random_(options.seed * 7919 + 17) {
  if (options.style == PersonStyle::kClean) {
    columns_ = {"given_name", "surname",      "birth_date", "sex",
                "street",     "house_number", "city",       "postcode",
                "country",    "email",        "phone"};
  } else {
    columns_ = {"full_name", "birth_date", "birth_place",
                "postcode",  "sex",        "occupation"};
  }
}

bool PersonGenerator::Next(PersonRecord* record) {
  while (ready_.empty()) {
    if (next_person_ >= options_.persons) return false;
    MakeHousehold();
  }
  *record = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

std::string PersonGenerator::Given(bool woman) {
  return woman ? Pick(kWomen, &random_) : Pick(kMen, &random_);
}

std::string PersonGenerator::Surname() {
  if (random_.Percent(40)) return Pick(kSurnames, &random_);
  return Pick(kFronts, &random_) + Pick(kEnds, &random_);
}

std::string PersonGenerator::Place() {
  std::string place = Pick(kFronts, &random_) + Pick(kEnds, &random_);
  if (random_.Percent(20)) place = "new " + place;
  return place;
}

PersonGenerator::Address PersonGenerator::NewAddress(size_t country) {
  Address home;
  home.city = Place();
  home.street = Pick(kFronts, &random_) + Pick(kEnds, &random_) + " " +
                Pick(kStreetEnds, &random_);
  home.house = std::to_string(1 + random_.Below(180));
  // A postcode belongs to its city, but for the end.
  uint64_t city = country + 1;
  for (const char c : home.city) city = city * 31 + static_cast<uint64_t>(c);
  home.postcode = std::to_string(100 + city % 900) + Digits(2, &random_);
  return home;
}

std::string PersonGenerator::NewPhone(size_t country) {
  return kCountries[country].areas[random_.Below(4)] + Digits(7, &random_);
}

std::string PersonGenerator::WritePhone(const Someone& who) {
  if (who.phone.empty()) return {};
  const Country& country = kCountries[who.country];
  const std::string front = who.phone.substr(0, who.phone.size() - 7);
  const std::string middle = who.phone.substr(who.phone.size() - 7, 3);
  const std::string back = who.phone.substr(who.phone.size() - 4);
  const std::string trunk = country.trunk ? "0" : "";
  switch (random_.Below(4)) {
    case 0:
      return std::string("+") + country.code + who.phone;
    case 1:
      return std::string("00") + country.code + " " + front + " " + middle +
             back;
    case 2:
      return trunk + front + "-" + middle + "-" + back;
    default:
      return "(" + trunk + front + ") " + middle + " " + back;
  }
}

std::string PersonGenerator::Email(const Someone& who) {
  std::string name;
  for (const char c : who.given + "." + who.surname) {
    if ((c >= 'a' && c <= 'z') || c == '.') name.push_back(c);
  }
  return name + Digits(2 + random_.Below(3), &random_) +
         (random_.Percent(50) ? "@example.com" : "@mail.example.org");
}

void PersonGenerator::BornIn(int year, Someone* who) {
  who->year = year;
  who->month = static_cast<int>(1 + random_.Below(12));
  who->day = static_cast<int>(1 + random_.Below(28));
}

void PersonGenerator::MakeHousehold() {
  const size_t country = random_.Below(std::size(kCountries));
  const Address home = NewAddress(country);
  const bool old = options_.style == PersonStyle::kHistorical;
  const int base = static_cast<int>(old ? 1600 + random_.Below(280)
                                        : 1940 + random_.Below(55));
  const std::string surname = Surname();
  const std::string phone = NewPhone(country);
  const uint64_t size = 1 + random_.Below(old ? 3 : 5);
  std::vector<Someone> family;
  for (uint64_t i = 0; i < size && next_person_ + i < options_.persons; ++i) {
    Someone who;
    who.woman = i == 1 || (i > 1 && random_.Percent(50));
    who.given = Given(who.woman);
    who.middle = random_.Percent(50) ? Given(who.woman) : "";
    who.surname = i == 1 && random_.Percent(15) ? Surname() : surname;
    BornIn(i < 2 ? base + static_cast<int>(random_.Below(6))
                 : base + 22 + static_cast<int>(random_.Below(14)),
           &who);
    // A son with his father's name; twins.
    if (i == 2 && !who.woman && random_.Percent(6)) who.given = family[0].given;
    if (i == 3 && random_.Percent(6)) {
      who.year = family[2].year;
      who.month = family[2].month;
      who.day = family[2].day;
    }
    if (who.woman && random_.Percent(old ? 20 : 4)) who.married = Surname();
    who.country = country;
    who.phone = random_.Percent(25) ? phone : NewPhone(country);
    who.email = i == 1 && random_.Percent(6) ? family[0].email : Email(who);
    who.birth_place = random_.Percent(60) ? home.city : Place();
    who.occupation = std::to_string(random_.Below(std::size(kOccupations)));
    family.push_back(who);
  }
  for (const Someone& who : family) {
    Write(who, home, random_.Percent(15));
    ++next_person_;
  }
}

void PersonGenerator::Write(const Someone& who, const Address& home,
                            bool moved) {
  const bool old = options_.style == PersonStyle::kHistorical;
  const uint64_t count = old ? 1 + random_.Below(12) : 1 + random_.Below(4);
  const Address second = NewAddress(who.country);
  Someone later = who;
  if (random_.Percent(20)) later.phone = NewPhone(who.country);
  if (random_.Percent(20)) later.email = Email(who);
  if (!who.married.empty()) later.surname = who.married;
  for (uint64_t i = 0; i < count; ++i) {
    PersonRecord record;
    record.person = next_person_;
    uint64_t mixed = (++next_record_ + options_.seed) * 0x9E3779B97F4A7C15u;
    mixed ^= mixed >> 31;
    char id[32];
    std::snprintf(id, sizeof(id), "r%016llx",
                  static_cast<unsigned long long>(mixed));
    record.id = id;
    const bool after = i * 2 >= count && count > 1;
    const Someone& now = after ? later : who;
    const Address& where = after && moved ? second : home;
    if (old) {
      WriteHistorical(now, where, &record);
    } else {
      WriteClean(now, where, i == 0, &record);
    }
    ready_.push_back(std::move(record));
  }
}

std::string PersonGenerator::Slip(std::string text) {
  if (text.size() < 3) return text;
  const size_t at = random_.Below(text.size() - 1);
  const bool digit = text[at] >= '0' && text[at] <= '9';
  const char other = digit ? static_cast<char>('0' + random_.Below(10))
                           : static_cast<char>('a' + random_.Below(26));
  switch (random_.Below(4)) {
    case 0:
      text[at] = other;
      break;
    case 1:
      std::swap(text[at], text[at + 1]);
      break;
    case 2:
      text.erase(at, 1);
      break;
    default:
      text.insert(at, 1, other);
  }
  return text;
}

std::string PersonGenerator::ShortGiven(const std::string& given) {
  for (const ShortForm& one : kShortForms) {
    if (given == one.name) return one.form;
  }
  return given;
}

std::string PersonGenerator::Date(const Someone& who, uint64_t slips) {
  int year = who.year;
  int month = who.month;
  int day = who.day;
  if (random_.Percent(slips)) {
    switch (random_.Below(4)) {
      case 0:
        year += random_.Percent(50) ? 1 : 10;
        break;
      case 1:
        if (day <= 12) std::swap(day, month);
        break;
      case 2:
        month = static_cast<int>(1 + random_.Below(12));
        break;
      default:
        day = static_cast<int>(1 + random_.Below(28));
    }
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
  return text;
}

void PersonGenerator::WriteClean(const Someone& who, const Address& home,
                                 bool first, PersonRecord* record) {
  const uint64_t slips = first ? 1 : 4;
  const auto maybe = [&](uint64_t percent, std::string text) {
    return random_.Percent(percent) ? std::move(text) : std::string();
  };
  std::string given = random_.Percent(8) ? ShortGiven(who.given) : who.given;
  std::string surname = MaybeSlip(who.surname, slips);
  given = MaybeSlip(given, slips);
  if (random_.Percent(1)) std::swap(given, surname);
  std::string street = home.street;
  if (random_.Percent(20)) {
    street = street.substr(0, street.find(' ')) + " st";
  }
  record->cells = {maybe(97, given),
                   maybe(98, surname),
                   maybe(85, Date(who, slips)),
                   maybe(70, who.woman ? "F" : "M"),
                   maybe(92, MaybeSlip(street, slips)),
                   maybe(92, home.house),
                   maybe(94, MaybeSlip(home.city, slips)),
                   maybe(90, MaybeSlip(home.postcode, slips)),
                   kCountries[who.country].name,
                   maybe(75, MaybeSlip(who.email, slips / 2)),
                   maybe(65, WritePhone(who))};
}

void PersonGenerator::WriteHistorical(const Someone& who, const Address& home,
                                      PersonRecord* record) {
  const auto maybe = [&](uint64_t percent, std::string text) {
    return random_.Percent(percent) ? std::move(text) : std::string();
  };
  std::string given = random_.Percent(15) ? ShortGiven(who.given) : who.given;
  if (random_.Percent(8)) given = given.substr(0, 1);
  given = MaybeSlip(given, 6);
  const std::string surname = MaybeSlip(who.surname, 12);
  std::string name = given;
  if (!who.middle.empty() && random_.Percent(50)) {
    name += " " + (random_.Percent(30) ? who.middle.substr(0, 1) : who.middle);
  }
  if (random_.Percent(4)) name = who.woman ? "mrs" : "mr";  // No given name.
  if (random_.Percent(5)) name = "sir " + name;
  name += " " + surname;
  std::string date = Date(who, 12);
  if (random_.Percent(25)) date = date.substr(0, 4) + "-01-01";
  std::string place = MaybeSlip(who.birth_place, 12);
  if (random_.Percent(10)) place = place.substr(0, 4) + "shire";
  const size_t trade = std::stoul(who.occupation);
  const std::string occupation =
      random_.Percent(15) ? kTrades[trade] : kOccupations[trade];
  record->cells = {
      maybe(98, name),
      maybe(80, date),
      maybe(75, place),
      maybe(70, random_.Percent(15) ? NewAddress(who.country).postcode
                                    : MaybeSlip(home.postcode, 6)),
      maybe(80, who.woman ? "female" : "male"),
      maybe(60, occupation)};
}

}  // namespace crm::examples
