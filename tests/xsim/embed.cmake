# cmake -DOUT=embedded.c -DLIST="name=path|name=path" -P embed.cmake
# Writes the files as byte arrays, and one table that finds them by name (embed.h).
set(arrays "")
set(rows "")
set(number 0)
string(REPLACE "|" ";" files "${LIST}")
foreach(pair IN LISTS files)
  string(REGEX MATCH "^([^=]+)=(.*)$" ignored "${pair}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char file_${number}[] = {${bytes}};\n")
  string(APPEND rows "\t{\"${name}\", file_${number}, sizeof(file_${number})},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUT}" "#include \"tests/xsim/embed.h\"\n\n${arrays}
const struct embedded embedded[] = {\n${rows}};\nconst size_t embedded_count = ${number};\n")
