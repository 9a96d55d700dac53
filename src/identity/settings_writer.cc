// Identity settings as JSON. See settings.h.

#include "format/json.h"
#include "identity/settings.h"

namespace crm {
namespace {

const char* ClassText(IdentifierClass klass) {
  switch (klass) {
    case IdentifierClass::kShareable:
      return "shareable";
    case IdentifierClass::kEphemeral:
      return "ephemeral";
    case IdentifierClass::kExclusive:
      break;
  }
  return "exclusive";
}

// An object under way: the names of its members, and the commas.
class ObjectText final {
 public:
  explicit ObjectText(std::string* out) : out_(*out) { out_ += '{'; }
  ~ObjectText() { out_ += '}'; }
  ObjectText(const ObjectText&) = delete;
  ObjectText& operator=(const ObjectText&) = delete;

  std::string* Name(std::string_view name) {
    if (any_) out_ += ',';
    any_ = true;
    AppendJsonString(name, &out_);
    out_ += ':';
    return &out_;
  }
  void Text(std::string_view name, std::string_view value) {
    AppendJsonString(value, Name(name));
  }
  void Number(std::string_view name, uint32_t value) {
    *Name(name) += std::to_string(value);
  }
  void Bool(std::string_view name, bool value) {
    *Name(name) += value ? "true" : "false";
  }
  void Texts(std::string_view name, const std::vector<std::string>& values) {
    *Name(name) += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ',';
      AppendJsonString(values[i], &out_);
    }
    out_ += ']';
  }

 private:
  std::string& out_;
  bool any_ = false;
};

}  // namespace

// Members in the order of the manual, names in the order of their bytes.
class IdentitySettingsWriter final {
 public:
  IdentitySettingsWriter(const IdentitySettings& from, bool whole,
                         const std::string& region)
      : from_(from), whole_(whole), region_(region) {}

  std::string Write() {
    const IdentitySettings& plain = IdentitySettings::Default();
    std::string out;
    {
      ObjectText root(&out);
      Part("rules", &root, [&](ObjectText* part) { Rules(part); });
      Part("namespaces", &root, [&](ObjectText* part) {
        for (const auto& [name, one] : from_.namespaces_) {
          const auto known = plain.namespaces_.find(name);
          const bool same =
              known != plain.namespaces_.end() && known->second == one;
          if (whole_ || !same) Namespace(one, part->Name(name));
        }
      });
      if (whole_ || from_.withhold_others_) {
        root.Text("other_namespaces",
                  from_.withhold_others_ ? "withhold" : "accept");
      }
      Part("blocked", &root, [&](ObjectText* part) {
        for (const auto& [name, values] : from_.blocked_) {
          part->Texts(name, values);
        }
      });
      Part("email", &root, [&](ObjectText* part) { Email(part); });
      Part("phone", &root, [&](ObjectText* part) { Phone(part); });
    }
    return out;
  }

 private:
  // Left out when it is empty, unless everything is wanted.
  template <typename Fill>
  void Part(std::string_view name, ObjectText* root, Fill fill) {
    std::string text;
    {
      ObjectText part(&text);
      fill(&part);
    }
    if (whole_ || text != "{}") *root->Name(name) += text;
  }
  void Number(ObjectText* part, std::string_view name, uint32_t value,
              uint32_t plain) {
    if (whole_ || value != plain) part->Number(name, value);
  }
  void Bool(ObjectText* part, std::string_view name, bool value, bool plain) {
    if (whole_ || value != plain) part->Bool(name, value);
  }

  void Rules(ObjectText* part) {
    const IdentityRules& mine = from_.rules_;
    const IdentityRules plain;
    Number(part, "attach_bar", mine.attach_bar, plain.attach_bar);
    Number(part, "merge_bar", mine.merge_bar, plain.merge_bar);
    Bool(part, "automatic_merges", mine.automatic_merges,
         plain.automatic_merges);
    Number(part, "shared_after", mine.shared_after, plain.shared_after);
    Number(part, "values_per_shareable", mine.values_per_shareable,
           plain.values_per_shareable);
    Number(part, "identifiers", mine.identifiers, plain.identifiers);
    Number(part, "records", mine.records, plain.records);
    Number(part, "merges", mine.merges, plain.merges);
    Number(part, "merges_per_minute", mine.merges_per_minute,
           plain.merges_per_minute);
    Number(part, "phone_months", mine.phone_months, plain.phone_months);
  }

  void Namespace(const NamespaceSettings& one, std::string* out) {
    ObjectText part(out);
    part.Text("class", ClassText(one.klass));
    part.Number("confidence", one.confidence);
    part.Number("priority", one.priority);
    if (one.name != "email" && one.name != "phoneNumber") {
      part.Bool("fold_case", one.fold_case);
    }
    part.Texts("aliases", one.aliases);
  }

  void Email(ObjectText* part) {
    const EmailSettings& mine = from_.email_;
    if (whole_ || !mine.domains.empty()) {
      ObjectText domains(part->Name("domains"));
      for (const auto& [name, domain] : mine.domains) {
        ObjectText one(domains.Name(name));
        if (!domain.same_as.empty()) {
          one.Text("same_as", domain.same_as);
        } else {
          one.Bool("strip_tags", domain.strip_tags);
          one.Bool("strip_dots", domain.strip_dots);
        }
      }
    }
    Bool(part, "block_roles", mine.block_roles, false);
    Bool(part, "block_examples", mine.block_examples, false);
  }

  void Phone(ObjectText* part) {
    const PhoneSettings& mine = from_.phone_;
    if (whole_) {
      part->Text("region", mine.region.empty() ? region_ : mine.region);
    } else if (!mine.region.empty()) {
      part->Text("region", mine.region);
    }
    Bool(part, "refuse_national", mine.refuse_national, false);
    if (!whole_ && mine.regions.empty()) return;
    ObjectText regions(part->Name("regions"));
    for (const auto& [source, region] : mine.regions) {
      regions.Text(source, region);
    }
  }

  const IdentitySettings& from_;
  const bool whole_;
  const std::string& region_;
};

std::string IdentitySettings::ToJson() const {
  return IdentitySettingsWriter(*this, false, {}).Write();
}

std::string IdentitySettings::ToWholeJson(
    const std::string& region_of_store) const {
  return IdentitySettingsWriter(*this, true, region_of_store).Write();
}

}  // namespace crm
