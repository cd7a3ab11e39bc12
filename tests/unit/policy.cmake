foreach(module IN ITEMS memory pace)
  roost_unit(${module} USES roost_policy)
endforeach()
