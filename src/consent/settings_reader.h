// Makes of the JSON of consent settings what decisions work with, and says
// precisely what is wrong with it.

#ifndef CRM_CONSENT_SETTINGS_READER_H_
#define CRM_CONSENT_SETTINGS_READER_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "consent/settings.h"

namespace crm {

// Each method reads one part, and says whether it could.
class ConsentSettingsReader final {
 public:
  explicit ConsentSettingsReader(ConsentSettings* out) : out_(*out) {}
  Status Read();

 private:
  bool Fail(const std::string& place, std::string_view why);
  bool IsObject(const JsonTree& tree, const std::string& place,
                std::initializer_list<std::string_view> members);
  bool Text(const JsonTree& tree, const std::string& place,
            std::string_view name, std::string* out);
  bool Bool(const JsonTree& tree, const std::string& place,
            std::string_view name, bool* out);
  bool Number(const JsonTree& tree, const std::string& place,
              std::string_view name, int64_t most, int64_t* out);
  bool Texts(const JsonTree& tree, const std::string& place,
             std::string_view name, std::vector<std::string>* out);
  bool Channels(const JsonTree& tree, const std::string& place,
                std::string_view name, uint16_t* out);
  bool Months(const JsonTree& tree, const std::string& place,
              std::optional<int>* out);
  bool Jurisdictions(const JsonTree& tree, const std::string& place,
                     std::vector<std::string>* out);
  // Names of a register, each given to `read`.
  template <typename F>
  bool Register(std::string_view name, size_t most, F read);

  bool ReadPurpose(const std::string& name, const std::string& place,
                   const JsonTree& tree);
  bool ReadPolicy(const std::string& place, const JsonTree& tree);
  bool ReadParty(const std::string& place, const JsonTree& tree);
  bool ReadTemplate(const std::string& name, const std::string& place,
                    const JsonTree& tree);
  bool ReadRegime(const std::string& name, const std::string& place,
                  const JsonTree& tree);
  bool ReadWindows(const std::string& place, const JsonTree& tree,
                   SendWindows* out);
  bool ReadWindow(const std::string& place, const JsonTree& tree,
                  SendWindow* out);
  bool ReadTime(const JsonTree& tree, const std::string& place,
                std::string_view name, int64_t* us);
  bool ReadOthers();

  ConsentSettings& out_;
  std::optional<int> months_;
  Status status_;
};

}  // namespace crm

#endif  // CRM_CONSENT_SETTINGS_READER_H_
