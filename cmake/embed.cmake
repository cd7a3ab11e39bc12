# roost_embed(<target> <name> <file>): the bytes of the file, compiled into the
# target as `const struct str name`, which a header of the target declares.
# The same file is the script that writes the source, when the file changes.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(ROOST_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

  function(roost_embed target name file)
    get_filename_component(from ${file} ABSOLUTE)
    set(to ${CMAKE_CURRENT_BINARY_DIR}/embed/${name}.c)
    add_custom_command(OUTPUT ${to} DEPENDS ${from} ${ROOST_EMBED_SCRIPT}
      COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DFROM=${from} -DTO=${to} -P ${ROOST_EMBED_SCRIPT}
      COMMENT "Embedding ${file}" VERBATIM)
    target_sources(${target} PRIVATE ${to})
  endfunction()
  return()
endif()

file(READ ${FROM} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
file(WRITE ${TO} "#include \"common/base/text.h\"

static const unsigned char bytes[] = {
${hex}
};

extern const struct str ${NAME};
const struct str ${NAME} = {(const char *)bytes, sizeof(bytes)};
")
