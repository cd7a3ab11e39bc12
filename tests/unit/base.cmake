foreach(module IN ITEMS err)
  roost_unit(${module} USES roost_base)
endforeach()
