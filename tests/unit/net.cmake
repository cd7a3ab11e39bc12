foreach(module IN ITEMS curve http_head httpd loop)
  roost_unit(${module} USES roost_net)
endforeach()
roost_unit(zsock USES roost_net FOREIGN PkgConfig::libzmq)
foreach(module IN ITEMS fetch fetch_end)
  roost_test(unit.${module} SOURCES test_${module}.c fetch_bench.c rough.c USES roost_net
    FOREIGN PkgConfig::libssl PkgConfig::libcrypto)
endforeach()
