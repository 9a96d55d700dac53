# Runs PROGRAM with an empty folder as its argument, and removes it afterwards.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND "${PROGRAM}" "${WORK}" RESULT_VARIABLE result)
file(REMOVE_RECURSE "${WORK}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} answers ${result}")
endif()
