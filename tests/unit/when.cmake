roost_unit(zone USES roost_when)
