foreach(module IN ITEMS actions calls count limits outcome price)
  roost_unit(${module} USES roost_xapi)
endforeach()
target_compile_definitions(test_unit.count PRIVATE TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
