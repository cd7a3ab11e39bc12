foreach(module IN ITEMS owner)
  roost_unit(${module} USES roost_conf)
endforeach()
target_compile_definitions(test_unit.owner PRIVATE SOURCE_DIR="${PROJECT_SOURCE_DIR}")
