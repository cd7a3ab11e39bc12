foreach(module IN ITEMS calls actions outcome)
  roost_unit(${module} USES roost_xapi)
endforeach()
