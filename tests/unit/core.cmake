# The core's tests share a stage: a core with an app, two accounts and a worker.
if(EXISTS ${PROJECT_SOURCE_DIR}/common/xapi/limits.c)
  add_library(roost_stage STATIC stage.c life.c)
  target_link_libraries(roost_stage PUBLIC roost_testlib roost_core)
  foreach(module IN ITEMS after begin budget quota pacer core forecast gate job lane learn lease ledger retry reads window fair flood knot poison
    walk refusals breaker storm seen unsure)
    roost_unit(${module} USES roost_stage)
  endforeach()
endif()
