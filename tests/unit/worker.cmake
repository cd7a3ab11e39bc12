foreach(module IN ITEMS request response settle textmatch)
  roost_unit(${module} USES roost_worker_lib)
endforeach()
target_compile_definitions(test_unit.response PRIVATE TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
