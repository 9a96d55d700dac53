// Tables for names and addresses, and how a name sounds. See match_text.h.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "identity/match_text.h"

namespace crm {
namespace {

// Each line is a group: names and short forms of one another. A name may stand
// in two.
constexpr std::string_view kNicknames[] = {
    "abigail abby abbie gail",
    "abraham abram abe bram",
    "adam ad addy",
    "adelaide ada addie adele",
    "albert al bert albt bertie",
    "alexander alex alec sandy xander sasha alexr alick alasdair",
    "alexandra alex sandra sasha lexi alexa",
    "alfred alf alfie fred alfd",
    "alice ally alicia lisa",
    "amanda mandy",
    "amelia amy millie milly emily",
    "andrew andy drew andw andreas andre",
    "ann anne anna annie nan nancy hannah nina anni",
    "anthony tony ant antony anton antonio",
    "arthur art artie",
    "augustus gus august augustin",
    "barbara barb babs barbie",
    "bartholomew bart bat",
    "beatrice bea trixie beatrix",
    "benjamin ben benj benny benji",
    "bernard bernie barney bernhard",
    "bridget biddy bridie",
    "caroline carrie carol lina carolyn",
    "catherine katherine kathryn cathy kathy kate katie kitty cath kath "
    "katharine catharine kay trina katarina katrina",
    "charles charlie chas chuck charley carl karl",
    "charlotte lottie charlie lotte",
    "christian chris christn kristian",
    "christina chris tina christine christy kristina kirsten",
    "christopher chris kit topher christr kris",
    "clara clare claire",
    "cornelius con neil corney",
    "cynthia cindy",
    "daniel dan danny danl",
    "david dave davy davie davey",
    "deborah debbie deb debra",
    "dennis den denny denis",
    "diana di diane",
    "donald don donny",
    "dorothy dot dolly dottie dorothea dora",
    "douglas doug",
    "ebenezer eben",
    "edmund ed ned eddie edmd",
    "edward ed eddie ted teddy ned edwd eduard edwin",
    "eleanor ellie nell nellie nora elinor ellen helen lena leonora",
    "elizabeth liz lizzie eliza beth betty betsy bess elspeth elisabeth lisa "
    "libby eliz bessie lise elsie",
    "emma em emmie",
    "ernest ernie ernst",
    "esther hester essie",
    "eugene gene",
    "evelyn eve evie",
    "ezekiel zeke",
    "florence flo flossie florrie",
    "frances fanny fran francie frankie",
    "francis frank fran frans franz",
    "franklin frank",
    "frederick fred freddie fredk fritz frederic friedrich fredrick",
    "gabriel gabe",
    "geoffrey geoff jeff jeffrey jeffery",
    "george geo georgie georg jorge",
    "gerald gerry jerry gerard gerhard",
    "gertrude gertie trudy",
    "gilbert gil bert",
    "gregory greg gregg",
    "harold harry hal",
    "harriet hattie harriett",
    "henrietta etta hettie hetty",
    "henry harry hank hal heinrich hy",
    "herbert herb bert herbie",
    "horace horatio",
    "hugh hughie hugo hew",
    "ignatius iggy",
    "isaac ike zac",
    "isabel isabella bella belle isobel izzy isabelle",
    "jacob jake jack jakob",
    "james jim jimmy jamie jas jem",
    "jane janie jenny janet jean jessie",
    "janice jan",
    "jasper jas kasper",
    "jennifer jen jenny jenn",
    "jeremiah jerry jem jeremy",
    "jessica jess jessie",
    "joan joanna jo joanne johanna",
    "john jack johnny jon jno johann hans jan johan ian evan sean",
    "jonathan jon jonny nathan johnathan jonathon",
    "joseph joe jos joey josef jose",
    "josephine jo josie",
    "joshua josh",
    "judith judy",
    "julia julie jill julian juliet",
    "kenneth ken kenny",
    "kimberly kim kimberley",
    "laurence lawrence larry lawrie laurie lars lorenz",
    "leonard len lenny leo",
    "lewis louis lou lew ludwig luis",
    "lillian lily lil lilian",
    "louisa louise lou",
    "lucy lucia lucinda",
    "lydia liddy",
    "magdalena lena magda madeleine maddie madeline",
    "margaret maggie meg peggy madge margt daisy marge margery greta rita "
    "maisie marguerite megan",
    "maria mary molly polly marie mae may mamie minnie marion moll maryann "
    "miriam",
    "martha mattie patty marta",
    "martin marty marten",
    "matilda tilly mattie maud",
    "matthew matt mat matthias mathew",
    "melissa mel missy",
    "michael mike mick micky mickey michl mikey michel miguel",
    "mildred millie milly",
    "nathaniel nathan nat nate nathl",
    "nicholas nick nicky nicolas nico klaus",
    "nicola nicole nicky nikki",
    "oliver ollie olly",
    "olivia liv livvy",
    "pamela pam",
    "patricia pat patty tricia trish patsy",
    "patrick pat paddy patk",
    "penelope penny",
    "peter pete pieter pedro petr",
    "philip phil pip phillip",
    "priscilla cilla prissy",
    "rachel rae shelly",
    "ralph rafe",
    "randolph randy",
    "raymond ray",
    "rebecca becky becca reba",
    "reginald reg reggie",
    "richard dick rich rick ricky richd richie ritchie",
    "robert bob bobby rob robbie robt bert robin",
    "roberta bobbie",
    "roderick rod roddy rory",
    "roger rog hodge rodger",
    "ronald ron ronnie",
    "rosemary rose rosie",
    "rosalind roz rosa",
    "rudolph rudy rolf rudolf",
    "samantha sam sammy",
    "samuel sam sammy saml",
    "sarah sally sal sadie sara",
    "sebastian seb bastian",
    "sidney sid sydney",
    "simon sim simeon",
    "solomon sol",
    "sophia sophie sofia",
    "stephanie steph stephie",
    "stephen steve steven stevie stefan stephn",
    "stuart stu stewart",
    "susan sue susie suzy susanna susannah sukey suzanne",
    "sylvester syl",
    "terence terry terrence",
    "theodore ted theo teddy theodor",
    "theresa terry tess tessa teresa",
    "thomas tom tommy thos tomas",
    "timothy tim timmy",
    "tobias toby",
    "ursula ursie",
    "valentine val",
    "valerie val",
    "veronica ronnie vera",
    "victor vic viktor",
    "victoria vicky tori vikki",
    "vincent vince vin",
    "virginia ginny ginger",
    "walter wally walt wat walther",
    "wilhelmina mina minnie wilma billie",
    "william bill billy will wm willie willy liam wilhelm willm guillaume",
    "winifred winnie freda",
    "zachary zach zack zachariah",
};

using Nickname = std::pair<std::string_view, NicknameGroups>;

std::vector<Nickname> MakeNicknames() {
  std::vector<Nickname> table;
  uint16_t group = 0;
  for (const std::string_view line : kNicknames) {
    ++group;
    for (const std::string_view name : SplitWords(line)) {
      table.push_back({name, {{group, 0}}});
    }
  }
  std::stable_sort(
      table.begin(), table.end(),
      [](const Nickname& a, const Nickname& b) { return a.first < b.first; });
  size_t kept = 0;
  for (size_t i = 0; i < table.size(); ++i) {
    if (kept > 0 && table[kept - 1].first == table[i].first) {
      table[kept - 1].second.group[1] = table[i].second.group[0];
    } else {
      table[kept++] = table[i];
    }
  }
  table.resize(kept);
  return table;
}

// From, to.
using Word = std::pair<std::string_view, std::string_view>;
constexpr Word kStreetWords[] = {
    {"ave", "av"},      {"avenue", "av"},   {"boulevard", "blvd"},
    {"circuit", "cct"}, {"close", "cl"},    {"court", "ct"},
    {"crescent", "cr"}, {"cres", "cr"},     {"drive", "dr"},
    {"east", "e"},      {"gardens", "gdn"}, {"gdns", "gdn"},
    {"grove", "gr"},    {"heights", "hts"}, {"highway", "hwy"},
    {"lane", "ln"},     {"mount", "mt"},    {"north", "n"},
    {"parade", "pde"},  {"place", "pl"},    {"platz", "pl"},
    {"road", "rd"},     {"saint", "st"},    {"south", "s"},
    {"square", "sq"},   {"str", "st"},      {"strasse", "st"},
    {"street", "st"},   {"terrace", "tce"}, {"ter", "tce"},
    {"west", "w"},
};

bool HasDigit(std::string_view word) {
  return word.find_first_of("0123456789") != std::string_view::npos;
}

char ClassOf(char c) {
  switch (c) {
    case 'b':
    case 'p':
      return 'p';
    case 'd':
    case 't':
      return 't';
    case 'f':
    case 'v':
      return 'f';
    case 'g':
    case 'j':
    case 'k':
    case 'q':
      return 'k';
    case 'c':
    case 's':
    case 'x':
    case 'z':
      return 's';
    case 'm':
    case 'n':
      return 'n';
    case 'l':
    case 'r':
      return c;
    default:
      return '\0';  // Vowels, h, w, y.
  }
}

// What two letters sound like together; the second one is passed over.
char PairOf(char a, char b) {
  if (a == 'p' && b == 'h') return 'f';
  if (a == 'c' && b == 'k') return 'k';
  if (a == 'c' && b == 'h') return 's';
  if (a == 's' && b == 'h') return 's';
  if (a == 't' && b == 'h') return 't';
  if (a == 'g' && b == 'h') return 'h';
  return '\0';
}

}  // namespace

NicknameGroups NicknamesOf(std::string_view folded) {
  static const std::vector<Nickname>& table =
      *new std::vector<Nickname>(MakeNicknames());
  const auto found =
      std::lower_bound(table.begin(), table.end(), folded,
                       [](const Nickname& entry, std::string_view name) {
                         return entry.first < name;
                       });
  if (found == table.end() || found->first != folded) return {};
  return found->second;
}

uint32_t SoundOfGiven(std::string_view folded) {
  const uint16_t group = NicknamesOf(folded).group[0];
  if (group == 0) return SoundOf(folded);
  const std::string_view line = kNicknames[group - 1];
  return SoundOf(line.substr(0, line.find(' ')));
}

std::string FoldStreet(std::string_view text, std::string* house) {
  const std::string folded = FoldText(text);
  std::vector<std::string_view> words = SplitWords(folded);
  if (house->empty() && words.size() > 1) {
    if (HasDigit(words.front())) {
      *house = words.front();
      words.erase(words.begin());
    } else if (HasDigit(words.back())) {
      *house = words.back();
      words.pop_back();
    }
  }
  std::string out;
  for (std::string_view word : words) {
    for (const Word& one : kStreetWords) {
      if (word == one.first) word = one.second;
    }
    if (!out.empty()) out.push_back(' ');
    out += word;
  }
  return out;
}

uint32_t SoundOf(std::string_view folded) {
  std::string text;
  for (const char c : folded) {
    if (c >= 'a' && c <= 'z') text.push_back(c);
  }
  if (text.empty()) {
    // Another script: its first bytes.
    uint32_t code = 0;
    for (const char c : folded.substr(0, 9)) {
      code = code * 131 + static_cast<unsigned char>(c);
    }
    return folded.empty() ? 0 : code | 0x80000000u;
  }
  size_t at = 0;
  if (text.size() > 2 && (text.starts_with("kn") || text.starts_with("gn") ||
                          text.starts_with("wr") || text.starts_with("pn"))) {
    at = 1;
  }
  // Five classes after the first sound, four bits each and more for the first.
  uint32_t code = 0;
  size_t kept = 0;
  char last = '\0';
  bool first = true;
  for (; at < text.size() && kept < 5; ++at) {
    char sound = ClassOf(text[at]);
    if (text[at] == 'c' &&
        (at + 1 >= text.size() ||
         (text[at + 1] != 'e' && text[at + 1] != 'i' && text[at + 1] != 'y'))) {
      sound = 'k';
    }
    if (at + 1 < text.size()) {
      const char pair = PairOf(text[at], text[at + 1]);
      if (pair != '\0') {
        sound = pair == 'h' ? '\0' : pair;
        ++at;
      }
    }
    if (first) {
      code = sound == '\0' ? 'a' : static_cast<uint32_t>(sound);
      first = false;
      ++kept;
    } else if (sound != '\0' && sound != last) {
      code = code * 27 + static_cast<uint32_t>(sound - 'a' + 1);
      ++kept;
    }
    last = sound;
  }
  return code;
}

}  // namespace crm
