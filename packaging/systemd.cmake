# The units, their user, and what is in /etc/drcon.
set(DRCON_UNIT_DIR lib/systemd/system)  # below the prefix: where packages put units, whatever the library directory
function(drcon_unit FILE)
  configure_file(packaging/systemd/service.in ${CMAKE_BINARY_DIR}/systemd/${FILE} @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/systemd/${FILE} DESTINATION ${DRCON_UNIT_DIR})
endfunction()

set(etc ${CMAKE_INSTALL_FULL_SYSCONFDIR}/drcon)
set(ABOUT "drcon with the configuration ${etc}/drcon.toml.")
set(INSTANCE_IN_DESCRIPTION "")
set(CONFIG ${etc}/drcon.toml)
set(DIRECTORY drcon)
drcon_unit(drcon.service)
set(ABOUT "One of several drcons: drcon@NAME has the configuration ${etc}/NAME.toml, /var/lib/drcon-NAME and /run/drcon-NAME.")
set(INSTANCE_IN_DESCRIPTION " (%i)")
set(CONFIG ${etc}/%i.toml)
set(DIRECTORY drcon-%i)
drcon_unit(drcon@.service)

install(FILES packaging/systemd/drcon.sysusers DESTINATION lib/sysusers.d RENAME drcon.conf)
install(DIRECTORY packaging/systemd/drop-ins/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/systemd)

# By hand, since the place depends on the prefix of the installation, which `cmake --install --prefix` may change: /etc
# belongs to /usr alone.
install(CODE "
  set(etc \${CMAKE_INSTALL_PREFIX}/etc/drcon)
  if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
    set(etc /etc/drcon)
  endif()
  file(INSTALL ${PROJECT_SOURCE_DIR}/packaging/etc/drcon.toml DESTINATION \${etc})
  file(INSTALL ${PROJECT_SOURCE_DIR}/packaging/etc/pipelines.d/README DESTINATION \${etc}/pipelines.d)
  file(MAKE_DIRECTORY \$ENV{DESTDIR}\${etc}/plugins.d \$ENV{DESTDIR}\${etc}/credentials)
  file(CHMOD \$ENV{DESTDIR}\${etc}/plugins.d PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
       WORLD_READ WORLD_EXECUTE)
  file(CHMOD \$ENV{DESTDIR}\${etc}/credentials PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)")
