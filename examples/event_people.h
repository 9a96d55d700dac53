// The people of the made-up golf club. Part of the event generator.

#ifndef CRM_EXAMPLES_EVENT_PEOPLE_H_
#define CRM_EXAMPLES_EVENT_PEOPLE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace crm::examples {

// What changes about a person. All else follows from her number.
struct Person {
  uint8_t email_version = 0;
  uint8_t phone_version = 0;
  uint8_t tier = 0;
  uint8_t consents = 0;     // Bit for each (purpose, channel).
  uint16_t handicap = 180;  // Tenths.
  bool is_player = false;   // Has been told to the booking system.
  bool is_contact = false;  // Has been told to the messaging system.
};

class People final {
 public:
  explicit People(uint64_t seed) : seed_(seed) {}

  // Number 0 is Ada Naidoo, member 10001, who does a bit of everything.
  std::string_view FirstName(uint32_t number) const;
  std::string_view LastName(uint32_t number) const;
  // Families of four share one address until somebody gets her own.
  std::string Email(uint32_t number, uint8_t version) const;
  // E.164; some families share one.
  std::string Phone(uint32_t number, uint8_t version) const;
  bool IsMember(uint32_t number) const;
  bool IsShopper(uint32_t number) const;
  std::string BirthDate(uint32_t number) const;

 private:
  bool InFamily(uint32_t number) const;
  uint64_t Draw(uint64_t number, uint64_t what) const;

  uint64_t seed_;
};

}  // namespace crm::examples

#endif  // CRM_EXAMPLES_EVENT_PEOPLE_H_
