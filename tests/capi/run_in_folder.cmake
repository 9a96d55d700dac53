# Runs PROGRAM in an empty folder, which is its argument, too, and removes it
# afterwards.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND "${PROGRAM}" "${WORK}" WORKING_DIRECTORY "${WORK}"
  RESULT_VARIABLE result)
file(REMOVE_RECURSE "${WORK}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} answers ${result}")
endif()
