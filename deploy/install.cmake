# `cmake --install build/release --prefix /usr/local`: the program and what belongs to it on a host.
include(GNUInstallDirs)

install(TARGETS vf-agent RUNTIME)
install(FILES docs/vf-agent.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES deploy/systemd/vf-agent.env DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# The program writes its shells' completions; the unit names where the program is, which is known only now.
install(CODE "
  set(program \"$<TARGET_FILE:vf-agent>\")
  set(unit \"${CMAKE_SOURCE_DIR}/deploy/systemd/vf-agent.service\")
  set(data \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\")")
install(CODE [[
  function(installed path text)
    file(WRITE "$ENV{DESTDIR}${path}" "${text}")
    message(STATUS "Installing: $ENV{DESTDIR}${path}")
  endfunction()
  function(completion shell path)
    execute_process(COMMAND "${program}" completion ${shell} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    installed("${data}/${path}" "${text}")
  endfunction()
  completion(bash bash-completion/completions/vf-agent)
  completion(zsh zsh/site-functions/_vf-agent)
  completion(fish fish/vendor_completions.d/vf-agent.fish)
  file(READ "${unit}" text)
  string(REPLACE "/usr/local/bin" "${CMAKE_INSTALL_PREFIX}/bin" text "${text}")
  installed("${CMAKE_INSTALL_PREFIX}/lib/systemd/system/vf-agent.service" "${text}")
]])
