# What the schemas of the host and of the bundled plugins say, written by the program itself: pages in Markdown, manual
# pages, and the schema for editors. Target: reference.
set(DRCON_SHARE ${CMAKE_BINARY_DIR}/share)
set(pages ${DRCON_SHARE}/doc/drcon/reference)
set(manual ${DRCON_SHARE}/man)
set(schema ${DRCON_SHARE}/drcon/drcon.schema.json)
get_property(DRCON_BUNDLED_PLUGINS GLOBAL PROPERTY DRCON_BUNDLED_PLUGINS)
# No configuration of this machine has a say. A page of a plugin that is no more must not stay.
add_custom_command(
  OUTPUT ${schema}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages} ${manual}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${DRCON_SHARE}/drcon
  COMMAND drcon reference -c /dev/null --format markdown --output ${pages}
  COMMAND drcon reference -c /dev/null --format man --output ${manual}
  COMMAND drcon schema -c /dev/null > ${schema}
  DEPENDS drcon ${DRCON_BUNDLED_PLUGINS}
  COMMENT "Writing the reference" VERBATIM)
add_custom_target(reference ALL DEPENDS ${schema})
install(DIRECTORY ${pages} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/drcon)
install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${schema} DESTINATION ${CMAKE_INSTALL_DATADIR}/drcon)
