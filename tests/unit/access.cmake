roost_test(unit.grant SOURCES test_grant.c ${PROJECT_SOURCE_DIR}/dispatcher/access/grant.c USES roost_xapi)
