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
set(example quickstart --language cpp)
set(main "${WORK}/main.cc")
if(WAY MATCHES "_c$")
  set(example quickstart_c --language c)
  set(main "${WORK}/main.c")
endif()
execute_process(COMMAND "${PYTHON}" -B
    "${SOURCE}/tests/style/check_style.py" --root "${SOURCE}"
    --extract ${example}
  OUTPUT_FILE "${main}" COMMAND_ERROR_IS_FATAL ANY)

function(check_output)
  if(NOT output MATCHES "firstName = \"Ada\"")
    message(FATAL_ERROR "the example printed:\n${output}")
  endif()
  message(STATUS "${WAY}: the example of README.md runs")
endfunction()

# Where CMake has installed libraries: lib, or lib/<architecture>.
function(find_in_prefix name)
  file(GLOB_RECURSE found "${WORK}/prefix/*/${name}")
  list(LENGTH found count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${name} was installed ${count} times: ${found}")
  endif()
  set(found "${found}" PARENT_SCOPE)
endfunction()

set(options -G "${GENERATOR}" -D "CMAKE_BUILD_TYPE=Release"
  -D "CMAKE_CXX_COMPILER=${CXX}" -D "CMAKE_C_COMPILER=${CC}"
  -D "CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
  -D "CMAKE_CXX_FLAGS_RELEASE=${FLAGS}" -D "EXAMPLE=${main}")
if(WAY STREQUAL "pkg_config_c")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  find_in_prefix(crm.pc)
  get_filename_component(folder "${found}" DIRECTORY)
  # Nothing else is on the path: what crm.pc says has to be enough.
  set(ENV{PKG_CONFIG_LIBDIR} "${folder}")
  run(pkg-config --cflags --libs crm)
  string(STRIP "${output}" flags)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  find_in_prefix(libcrm_c.so.0)
  get_filename_component(folder "${found}" DIRECTORY)
  run("${CC}" -std=c99 -pedantic-errors -Wall -Wextra -Werror "${main}"
    -o "${WORK}/consumer" ${flags} "-Wl,-rpath,${folder}")
  run("${WORK}/consumer")
  check_output()
  return()
elseif(WAY MATCHES "find_package")
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
check_output()
