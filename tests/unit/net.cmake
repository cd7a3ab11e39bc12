roost_unit(zsock USES roost_net FOREIGN PkgConfig::libzmq)
