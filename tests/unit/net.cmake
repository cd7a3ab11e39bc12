roost_unit(loop USES roost_net)
roost_unit(zsock USES roost_net FOREIGN PkgConfig::libzmq)
