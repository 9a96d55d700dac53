# Builds and runs one consumer of libcrm; see CMakeLists.txt for what is set.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

# The consumer's only source is the example, cut out of README.md.
execute_process(COMMAND "${PYTHON}" -B
    "${SOURCE}/tests/style/check_style.py" --root "${SOURCE}"
    --extract quickstart
  OUTPUT_FILE "${WORK}/main.cc" COMMAND_ERROR_IS_FATAL ANY)

set(options -G "${GENERATOR}" -D "CMAKE_BUILD_TYPE=Release"
  -D "CMAKE_CXX_COMPILER=${CXX}" -D "CMAKE_C_COMPILER=${CC}"
  -D "CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
  -D "CMAKE_CXX_FLAGS_RELEASE=${FLAGS}" -D "EXAMPLE=${WORK}/main.cc")
if(WAY STREQUAL "find_package")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  list(APPEND options -D "CMAKE_PREFIX_PATH=${WORK}/prefix")
  foreach(file bin/crm include/crm/store.h include/crm/version.h)
    if(NOT EXISTS "${WORK}/prefix/${file}")
      message(FATAL_ERROR "${file} was not installed")
    endif()
  endforeach()
  run("${WORK}/prefix/bin/crm" --help)
else()
  list(APPEND options -D "CRM_SOURCE=${SOURCE}" -D "CRM_WERROR=${WERROR}")
endif()

run("${CMAKE_COMMAND}" -S "${SOURCE}/tests/package/${WAY}" -B "${WORK}/build"
  ${options})
run("${CMAKE_COMMAND}" --build "${WORK}/build" --target consumer -j 2)
run("${WORK}/build/consumer")
if(NOT output MATCHES "firstName = \"Ada\"")
  message(FATAL_ERROR "the example printed:\n${output}")
endif()
message(STATUS "${WAY}: the example of README.md runs")
