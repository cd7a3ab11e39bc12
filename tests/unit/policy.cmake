foreach(module IN ITEMS memory pace people)
  roost_unit(${module} USES roost_policy)
endforeach()
