# What the schemas of the host and of the bundled plugins say, written by the program itself: pages in Markdown, manual
# pages, and the schema for editors. Target: reference.
set(DRCON_SHARE ${CMAKE_BINARY_DIR}/share)
set(pages ${DRCON_SHARE}/doc/drcon/reference)
set(manual ${DRCON_SHARE}/man)
set(schema ${DRCON_SHARE}/drcon/drcon.schema.json)
get_property(DRCON_BUNDLED_PLUGINS GLOBAL PROPERTY DRCON_BUNDLED_PLUGINS)
get_property(DRCON_TOOLS GLOBAL PROPERTY DRCON_TOOLS)
# No configuration of this machine has a say. A page of a plugin that is no more must not stay.
add_custom_command(
  OUTPUT ${schema}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages} ${manual}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${DRCON_SHARE}/drcon
  COMMAND drcon reference -c /dev/null --format markdown --output ${pages}
  COMMAND drcon reference -c /dev/null --format man --output ${manual}
  COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/packaging/man/drcon-plugin.7 ${manual}/man7/drcon-plugin.7
  COMMAND drcon schema -c /dev/null > ${schema}
  DEPENDS drcon ${DRCON_BUNDLED_PLUGINS} ${DRCON_TOOLS} ${PROJECT_SOURCE_DIR}/packaging/man/drcon-plugin.7
  COMMENT "Writing the reference" VERBATIM)
add_custom_target(reference ALL DEPENDS ${schema})
install(DIRECTORY ${pages} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/drcon)
install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(CODE "
  file(GLOB_RECURSE pages RELATIVE ${manual} ${manual}/*)
  list(TRANSFORM pages PREPEND \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/)
  execute_process(COMMAND gzip -9nf \${pages} COMMAND_ERROR_IS_FATAL ANY)")
install(FILES ${schema} DESTINATION ${CMAKE_INSTALL_DATADIR}/drcon)

# Where each shell's own packages put them; Debian's zsh reads vendor-completions, others site-functions.
set(DRCON_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions CACHE STRING "Directory for zsh's completion")
install(FILES packaging/completions/drcon.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME drcon)
install(FILES packaging/completions/_drcon DESTINATION ${DRCON_ZSH_COMPLETIONS})
install(FILES packaging/completions/drcon.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
