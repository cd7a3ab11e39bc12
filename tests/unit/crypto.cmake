foreach(module IN ITEMS digest encode master oauth1 seal secret)
  roost_unit(${module} USES roost_crypto)
endforeach()
roost_unit(vault USES roost_vault)
