# roost_library(<name> SOURCES ... USES ... [FOREIGN ...])
# A layer. USES is the whole list of what it may include, FOREIGN the
# libraries of others it is the home of; scripts/check-layers holds it to that.
function(roost_library name)
  cmake_parse_arguments(A "" "" "SOURCES;USES;FOREIGN" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  target_link_libraries(${name} PUBLIC roost_flags ${A_USES} PRIVATE ${A_FOREIGN})
endfunction()

# roost_program(<name> SOURCES ... USES ... [FOREIGN ...]): built into bin/, installed.
function(roost_program name)
  cmake_parse_arguments(A "" "" "SOURCES;USES;FOREIGN" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE roost_flags ${A_USES} ${A_FOREIGN})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# roost_test(<name> SOURCES ... USES ... [FOREIGN ...]): one cmocka program, run by ctest as <name>.
function(roost_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;USES;FOREIGN" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${A_SOURCES})
  target_link_libraries(test_${name} PRIVATE roost_testlib ${A_USES} ${A_FOREIGN})
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT}
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lib/tsan.supp")
endfunction()

# roost_failpoints(<file>...): these sources have fail points (common/base/failpoint.h), which are there in builds for tests alone.
option(ROOST_FAILPOINTS "fail points, for tests; never in a release" OFF)
function(roost_failpoints)
  if(ROOST_FAILPOINTS)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS ROOST_FAILPOINTS)
  endif()
endfunction()
