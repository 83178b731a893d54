# Puts the page together and into vf_agent. The scripts share one scope, in this order.
set(page_folder "${CMAKE_SOURCE_DIR}/agent/local/page")
set(page_scripts dom format api model severity theme plot list json_text stream_list graph_layout graph tap log detail main)

set(page_sources "${page_folder}/page.html" "${page_folder}/page.css")
foreach(name IN LISTS page_scripts)
  list(APPEND page_sources "${page_folder}/page_${name}.js")
endforeach()

set(page_cpp "${CMAKE_BINARY_DIR}/page/page.cpp")
add_custom_command(
  OUTPUT "${page_cpp}" "${CMAKE_BINARY_DIR}/page/page.html"
  COMMAND "${CMAKE_COMMAND}" "-DSCRIPTS=${page_scripts}" "-DFOLDER=${page_folder}" "-DOUT=${CMAKE_BINARY_DIR}/page"
          -P "${page_folder}/embed.cmake"
  DEPENDS ${page_sources} "${page_folder}/embed.cmake"
  COMMENT "Putting the page together"
  VERBATIM)
target_sources(vf_agent PRIVATE "${page_cpp}")
