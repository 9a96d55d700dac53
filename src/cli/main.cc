// The `crm` program. Everything it does, it does through include/crm.

#include "cli/command.h"

int main(int argc, char** argv) { return crm::cli::RunProgram(argc, argv); }
