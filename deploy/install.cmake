# `cmake --install build/release --prefix /usr/local`: the program and what belongs to it on a host.
include(GNUInstallDirs)

set(completions "${CMAKE_BINARY_DIR}/completions")
file(MAKE_DIRECTORY "${completions}")
add_custom_command(
  OUTPUT "${completions}/vf-agent" "${completions}/_vf-agent" "${completions}/vf-agent.fish"
  COMMAND vf-agent completion bash > "${completions}/vf-agent"
  COMMAND vf-agent completion zsh > "${completions}/_vf-agent"
  COMMAND vf-agent completion fish > "${completions}/vf-agent.fish"
  DEPENDS vf-agent
  COMMENT "Completions for bash, zsh and fish")
add_custom_target(completions ALL DEPENDS "${completions}/vf-agent" "${completions}/_vf-agent" "${completions}/vf-agent.fish")

install(TARGETS vf-agent RUNTIME)
install(FILES docs/vf-agent.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${completions}/vf-agent" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${completions}/_vf-agent" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
install(FILES "${completions}/vf-agent.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(FILES deploy/systemd/vf-agent.env DESTINATION "${CMAKE_INSTALL_DOCDIR}")
# The unit names where the program is, which is known only now.
install(CODE "set(unit \"${CMAKE_SOURCE_DIR}/deploy/systemd/vf-agent.service\")")
install(CODE [[
  file(READ "${unit}" text)
  string(REPLACE "/usr/local/bin" "${CMAKE_INSTALL_PREFIX}/bin" text "${text}")
  set(installed "${CMAKE_INSTALL_PREFIX}/lib/systemd/system/vf-agent.service")
  file(WRITE "$ENV{DESTDIR}${installed}" "${text}")
  message(STATUS "Installing: $ENV{DESTDIR}${installed}")
]])
