# One target carries every flag; each layer links it.
include(CheckPIESupported)
check_pie_supported()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(roost_flags INTERFACE)
target_include_directories(roost_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(roost_flags INTERFACE _GNU_SOURCE ROOST_VERSION="${PROJECT_VERSION}")
target_compile_options(roost_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef
  -Wswitch-enum -Wdouble-promotion -Wimplicit-fallthrough
  -fno-common -fvisibility=hidden -fstack-protector-strong
  -fno-strict-aliasing
  $<$<BOOL:${ROOST_WERROR}>:-Werror>)
target_link_options(roost_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)

if(ROOST_SANITIZE)
  target_compile_options(roost_flags INTERFACE -fsanitize=${ROOST_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(roost_flags INTERFACE -fsanitize=${ROOST_SANITIZE})
else()
  target_compile_options(roost_flags INTERFACE -fstack-clash-protection -fcf-protection=full
    $<$<C_COMPILER_ID:GNU>:-ftrivial-auto-var-init=zero>
    $<$<AND:$<NOT:$<CONFIG:Debug>>,$<NOT:$<BOOL:${ROOST_COVERAGE}>>>:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=3>)
endif()
if(ROOST_COVERAGE)
  target_compile_options(roost_flags INTERFACE --coverage -g -O0)
  target_link_options(roost_flags INTERFACE --coverage)
endif()

# ASSERT is ours and stays in every build; NDEBUG has no say.
string(REPLACE "-O3" "-O2" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
