foreach(module IN ITEMS buf clock err heap list log map mem names near rng slab text)
  roost_unit(${module} USES roost_base)
endforeach()
target_compile_definitions(test_unit.log PRIVATE SOURCE_DIR="${PROJECT_SOURCE_DIR}")
