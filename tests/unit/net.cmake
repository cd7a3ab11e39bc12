foreach(module IN ITEMS zsock)
  roost_unit(${module} USES roost_net)
endforeach()
