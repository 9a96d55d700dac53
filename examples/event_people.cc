#include "examples/event_people.h"

#include "examples/event_text.h"

namespace crm::examples {
namespace {

// UTF-8; what is not ASCII is written in octal.
constexpr std::string_view kFirstNames[] = {
    "Ada",    "Sipho",   "Pieter",      "Aisha",        "Thandi",  "Johan",
    "Lerato", "Kabelo",  "Naledi",      "Ren\303\251e", "Bongani", "Anna",
    "Willem", "Zanele",  "Imran",       "Grace",        "Tariq",   "Mia",
    "Sarah",  "Themba",  "Jos\303\251", "Nomsa",        "David",   "Fatima",
    "Ruan",   "Lindiwe", "Emma",        "Yusuf",        "Karin",   "Tumelo",
    "Olivia", "Andile",  "Hannah",      "Mpho",         "George",  "Priya"};
constexpr std::string_view kLastNames[] = {
    "Naidoo", "Botha",         "Dlamini",  "van Wyk",    "Nkosi",
    "Smith",  "Khumalo",       "Pillay",   "Jacobs",     "Mokoena",
    "Fourie", "Patel",         "Zulu",     "Meyer",      "Adams",
    "Ndlovu", "M\303\274ller", "Govender", "Brown",      "Mahlangu",
    "Visser", "Abrahams",      "Sithole",  "de Villiers"};
constexpr std::string_view kMobilePrefixes[] = {"82", "83", "84", "72",
                                                "73", "76", "61", "79"};
constexpr uint64_t kNumbersPerPrefix = 10'000'000;
constexpr uint64_t kPhones = kNumbersPerPrefix * std::size(kMobilePrefixes);
constexpr uint32_t kFamilySize = 4;

enum Aspect : uint64_t {
  kFirst = 1,
  kLast,
  kFamily,
  kSharedPhone,
  kMember,
  kShopper,
  kBirth
};

// Lower-case letters for an address; all else is left out.
void AppendMailName(std::string_view name, std::string* out) {
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') out->push_back(c);
    if (c >= 'A' && c <= 'Z') out->push_back(static_cast<char>(c + 32));
  }
}

}  // namespace

uint64_t People::Draw(uint64_t number, uint64_t what) const {
  Random random(seed_ ^ (number * 0xD1342543DE82EF95u + what));
  return random.Next() >> 32;
}

bool People::InFamily(uint32_t number) const {
  const uint32_t family = number / kFamilySize;
  return family == 0 || Draw(family, kFamily) % 4 == 0;
}

std::string_view People::FirstName(uint32_t number) const {
  if (number == 0) return kFirstNames[0];
  return kFirstNames[Draw(number, kFirst) % std::size(kFirstNames)];
}

std::string_view People::LastName(uint32_t number) const {
  if (InFamily(number)) number -= number % kFamilySize;
  if (number == 0) return kLastNames[0];
  return kLastNames[Draw(number, kLast) % std::size(kLastNames)];
}

std::string People::Email(uint32_t number, uint8_t version) const {
  const bool shared = version == 0 && InFamily(number);
  const uint32_t owner = shared ? number - number % kFamilySize : number;
  std::string email;
  AppendMailName(shared ? "family" : FirstName(owner), &email);
  email.push_back('.');
  AppendMailName(LastName(owner), &email);
  AppendNumber(owner, 1, &email);
  if (version > 0) {
    email.append("+v");
    AppendNumber(version, 1, &email);
  }
  email.append(version % 2 == 0 ? "@example.com" : "@mail.example.com");
  return email;
}

std::string People::Phone(uint32_t number, uint8_t version) const {
  uint32_t owner = number;
  if (version == 0 && InFamily(number) &&
      Draw(number / kFamilySize, kSharedPhone) % 3 == 0) {
    owner -= number % kFamilySize;
  }
  // 48,271 has no factor in common with the modulus, so that no two people
  // get one number by chance.
  const uint64_t line = (uint64_t{owner} * 4 + version % 4) * 48'271 % kPhones;
  std::string phone = "+27";
  phone.append(kMobilePrefixes[line / kNumbersPerPrefix]);
  AppendNumber(line % kNumbersPerPrefix, 7, &phone);
  return phone;
}

bool People::IsMember(uint32_t number) const {
  return number == 0 || Draw(number, kMember) % 10 < 7;
}

bool People::IsShopper(uint32_t number) const {
  return number == 0 || !IsMember(number) || Draw(number, kShopper) % 2 == 0;
}

std::string People::BirthDate(uint32_t number) const {
  const uint64_t draw = Draw(number, kBirth);
  std::string date;
  AppendNumber(1940 + draw % 65, 4, &date);
  date.push_back('-');
  AppendNumber(1 + draw / 65 % 12, 2, &date);
  date.push_back('-');
  AppendNumber(1 + draw / 780 % 28, 2, &date);
  return date;
}

}  // namespace crm::examples
