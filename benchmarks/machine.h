// On what it was measured.

#ifndef CRM_BENCHMARKS_MACHINE_H_
#define CRM_BENCHMARKS_MACHINE_H_

#include <string>

namespace crm::bench {

// One line: processor, cores, memory, compiler, libraries, commit, load.
std::string MachineLine();

}  // namespace crm::bench

#endif  // CRM_BENCHMARKS_MACHINE_H_
