foreach(module IN ITEMS wire_value)
  roost_unit(${module} USES roost_wire)
endforeach()
roost_unit(json USES roost_json)
