roost_test(unit.chain SOURCES test_chain.c ${PROJECT_SOURCE_DIR}/dispatcher/audit/chain.c USES roost_crypto)
roost_test(unit.refused SOURCES test_refused.c ${PROJECT_SOURCE_DIR}/dispatcher/audit/refused.c USES roost_crypto roost_core roost_store)
roost_test(unit.grant SOURCES test_grant.c ${PROJECT_SOURCE_DIR}/dispatcher/access/grant.c USES roost_xapi)
