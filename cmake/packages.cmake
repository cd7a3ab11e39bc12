# Every foreign library, once. A folder names the one it is the home of.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
foreach(lib IN ITEMS libzmq libcurl sqlite3 libcrypto libssl msgpack jansson yaml-0.1
                     libevent libevent_openssl libutf8proc libical)
  pkg_check_modules(${lib} REQUIRED IMPORTED_TARGET ${lib})
endforeach()
if(BUILD_TESTING)
  pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
endif()
