roost_unit(media USES roost_xapi)
roost_test(unit.spool SOURCES test_spool.c ${PROJECT_SOURCE_DIR}/dispatcher/media/spool.c USES roost_crypto)
