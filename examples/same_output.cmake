# FIRST and SECOND must end well and print the same.
foreach(name FIRST SECOND)
  execute_process(COMMAND "${${name}}" OUTPUT_VARIABLE ${name}_OUTPUT
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(NOT FIRST_OUTPUT STREQUAL SECOND_OUTPUT OR FIRST_OUTPUT STREQUAL "")
  message(FATAL_ERROR "${FIRST}:\n${FIRST_OUTPUT}\n${SECOND}:\n${SECOND_OUTPUT}")
endif()
