foreach(module IN ITEMS digest encode master seal secret)
  roost_unit(${module} USES roost_crypto)
endforeach()
roost_unit(vault USES roost_vault)
