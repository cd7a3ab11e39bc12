foreach(module IN ITEMS pace)
  roost_unit(${module} USES roost_policy)
endforeach()
