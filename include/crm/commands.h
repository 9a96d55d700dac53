// Commands: what a host does with an account in one call. Each looks at what is
// there, decides, and appends its events as one atomic request, or changes
// nothing and says why.
//
//   crm::Registration ada;
//   ada.email = "ada@example.com";
//   ada.first_name = "Ada";
//   ada.terms_accepted = true;
//   ada.marketing_consent = true;
//   crm::CommandCall call;
//   call.id = "signup-17";       // The host's own name of this call.
//   call.source = "web";
//   call.at = now;
//   auto done = tenant->RegisterCustomer(ada, call);
//   if (done.status().code() == crm::StatusCode::kAlreadyExists) Login();
//
// What comes of them, as events that anybody may replay:
//   RegisterCustomer          CustomerCreated; ConsentGranted (marketing,
//                             email, method registration-checkbox) where she
//                             said so; EmailVerificationRequested
//   RequestEmailVerification  EmailVerificationRequested
//   VerifyEmail               EmailVerified
//   UpdateEmail               CustomerEmailUpdated, and the request to verify
//   UpdateProfile             CustomerNameUpdated, CustomerPhoneUpdated,
//                             CustomerAddressUpdated, CustomerBirthDateUpdated:
//                             one for each kind that differs, with old and new
//   Deactivate, Reactivate    CustomerDeactivated, CustomerReactivated
// Address and agent of the caller go with them (payload or metadata), so that
// the timeline of these types is her audit trail.
//
// Again. A call is unique by its source and id: the same again changes nothing,
// whatever has become of her since, and answers what came of it the first time
// (`repeated`); another one under that id is kIdConflict, unless what was said
// the first time has expired (Tenant::Retain): then nothing but the id counts.
// An update that changes nothing emits nothing, and is no error.
//
// At once. What a command saw is a condition of its request; where somebody was
// faster it looks again, eight times at most (kConflict after that: try again).
// Of two registrations of one address exactly one comes through.
//
// Who. A registered customer has an account: an identifier of an exclusive
// namespace, hers in the host's system. Without one in `identifiers` the id of
// the call becomes it (namespace customerId), so that her address can change.
// The address is unique within the tenant: nobody else has it, in any of its
// spellings. Her phone number is an identifier too, with what follows from
// that (crm/identity.h): a number that is somebody's brings the registration to
// that customer.
//
// Verifying an address. The host makes the token and mails it; libcrm is given
// its SHA-256 and until when it is good, and keeps these two beside the log,
// where nothing replays them (names of offsets that begin with "crm/verify/"
// are taken for that). The log says that there was a request, never the hash.
// A token counts for the newest request, for the address of that, and once.
// Exports and imports of stores leave open requests behind: ask again.
//
// The state of a record. Deactivating suspends: she is not written to for
// marketing (ConsentRule::kDeactivated), whatever she consented to, while what
// a contract or the law wants goes on; nothing of what she said is taken back,
// and reactivating brings it all back. The trait `recordState` says it, and
// `emailVerified` whether her address is hers; both are folds of the events, by
// the time at which they happened, like all traits. A command that takes the
// place of something that claims to be of later than `at` happens a microsecond
// after that.
//
// Times are the host's. Calls may be made from any thread.

#ifndef CRM_INCLUDE_COMMANDS_H_
#define CRM_INCLUDE_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crm/types.h"

namespace crm {

// Who calls, and when: of every command.
struct CommandCall {
  // The host's name of this call: 1 to 200 bytes, unique per source. Personal,
  // as ids of events are.
  std::string id = {};
  // The system that says so: the source of the events. 1 to 128 bytes.
  std::string source = {};
  // When. kInvalidArgument when it is not set (1970).
  Timestamp at = {};
  // Of the person or agent who did it; empty: not known. Personal; each up to
  // 2,048 bytes.
  std::string ip_address = {};
  std::string user_agent = {};
};

// An address that is to be verified.
struct EmailVerification {
  // SHA-256 of the token that the host mails, as 64 hexadecimal digits. Tokens
  // are long and random: from a short one its hash gives it away.
  std::string token_sha256 = {};
  // Until then, and after CommandCall::at.
  Timestamp expires_at = {};
};

struct Registration {
  std::string email = {};  // Required.
  std::string first_name = {};
  std::string last_name = {};
  std::string phone = {};
  // Her accounts in the host's systems; nobody may have one of them yet. Of
  // exclusive namespaces (kInvalidArgument).
  std::vector<Identifier> identifiers = {};
  // Must be true: kFailedPrecondition.
  bool terms_accepted = false;
  // She ticked the box for marketing by e-mail. False says nothing.
  bool marketing_consent = false;
  // Somebody who has never registered (a subscriber, a guest who bought) may
  // have the address already: it is she who registers now. Only where the host
  // knows that the address is hers; false: kAlreadyExists.
  bool known_email = false;
  std::optional<EmailVerification> verification = {};
};

struct EmailUpdate {
  std::string email = {};  // Required, and other than hers is now.
  std::optional<EmailVerification> verification = {};
};

// One field of a profile: set, or unset. What is not named stays.
struct FieldChange {
  // firstName, lastName, phone, dateOfBirth or address.
  std::string field = {};
  // Text: up to 256 bytes, not empty; dateOfBirth as "1815-12-10"; address a
  // JSON object, up to 8 KiB. Not with `unset`.
  std::string value = {};
  bool unset = false;
};

// The numbers never change.
enum class DeactivationReason : uint8_t {
  kCustomerRequest = 1,  // "customer-request"
  kFraud = 2,            // "fraud"
  kTermsViolation = 3,   // "terms-violation"
  kOther = 4,            // "other"
};

// What became of a command.
struct CommandResult {
  CustomerId customer = 0;
  // It was done before: nothing was appended now.
  bool repeated = false;
  // A registration that made a customer; false: she was known already.
  bool new_customer = false;
  // What was appended, now or then, in order. Empty: nothing had to be.
  std::vector<std::string> types = {};
  std::vector<Position> positions = {};
};

// Where a customer's record stands. The numbers never change.
enum class RecordState : uint8_t {
  kActive = 1,       // "active"
  kMerged = 2,       // "merged": her id leads to another.
  kDeactivated = 3,  // "deactivated"
  kErased = 4,       // "erased"
};

// What is there under a customer's id.
struct CustomerState {
  RecordState state = RecordState::kActive;
  // Who stands for her: of kMerged another, of kErased zero.
  CustomerId customer = 0;
  // Since when she is deactivated, or active again, and what says so; not of
  // one who was never deactivated.
  std::optional<Timestamp> since = {};
  Position position = 0;
  // Her address is not verified yet (it was asked for, or it is a new one), or
  // it is; neither: nobody asked.
  bool email_pending = false;
  bool email_verified = false;
};

// The names as in the comments above. Static storage; empty: no such number.
std::string_view DeactivationReasonName(DeactivationReason reason);
std::string_view RecordStateName(RecordState state);

}  // namespace crm

#endif  // CRM_INCLUDE_COMMANDS_H_
