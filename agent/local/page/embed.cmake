# cmake -DSCRIPTS=a;b -DFOLDER=… -DOUT=… -P embed.cmake
# Writes OUT/page.html, the document with everything in it, and OUT/page.cpp, which holds its bytes (page.h).
cmake_minimum_required(VERSION 3.25)

# Whole lines of comment and what indents a line are left out: the page goes over slow tunnels, too. Hence no text of
# several lines in the scripts.
function(squeeze text result)
  string(REGEX REPLACE "\n[ ]+" "\n" text "\n${text}")
  string(REGEX REPLACE "\n//[^\n]*" "" text "${text}")
  string(REGEX REPLACE "\n\n+" "\n" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

set(script "")
foreach(name IN LISTS SCRIPTS)
  file(READ "${FOLDER}/page_${name}.js" text)
  string(APPEND script "${text}\n")
endforeach()
squeeze("${script}" script)
set(script "\n\"use strict\";\n(() => {${script}})();\n")
string(FIND "${script}" "</script" found)
if(NOT found EQUAL -1)
  message(FATAL_ERROR "a script of the page has </script in it: the document would end there")
endif()

file(READ "${FOLDER}/page.css" style)
string(REGEX REPLACE "/\\*[^*]*\\*/" "" style "${style}")
squeeze("${style}" style)

file(READ "${FOLDER}/page.html" page)
string(FIND "${page}" "@STYLE@" style_at)
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(FIND "${page}" "@SCRIPT@" script_at)
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
string(LENGTH "${style}" style_size)
string(LENGTH "${script}" script_size)
file(WRITE "${OUT}/page.html" "${page}")

# Characters one by one: a string literal may not be as long as this in every compiler.
file(READ "${OUT}/page.html" bytes HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
string(REPLACE "'\\x0a'," "'\\x0a',\n" bytes "${bytes}")
file(WRITE "${OUT}/page.cpp" "// Made by agent/local/page/embed.cmake.
#include \"agent/local/page.h\"

namespace vf::agent {
namespace {
constexpr char page[] = {
${bytes}};
}  // namespace

std::string_view page_html() { return {page, sizeof page}; }
std::string_view page_style() { return page_html().substr(${style_at}, ${style_size}); }
std::string_view page_script() { return page_html().substr(${script_at}, ${script_size}); }

}  // namespace vf::agent
")
