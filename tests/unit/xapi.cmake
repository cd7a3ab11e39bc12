foreach(module IN ITEMS actions calls limits outcome price)
  roost_unit(${module} USES roost_xapi)
endforeach()
