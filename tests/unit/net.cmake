roost_unit(loop USES roost_net)
roost_unit(zsock USES roost_net FOREIGN PkgConfig::libzmq)
roost_test(unit.fetch SOURCES test_fetch.c rough.c USES roost_net FOREIGN PkgConfig::libssl PkgConfig::libcrypto)
