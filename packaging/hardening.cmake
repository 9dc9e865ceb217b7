# What distributions harden their programs with; see dpkg-buildflags(1), hardening=+all, and Fedora's flags. Not with a
# sanitizer, which finds the same at its source, nor without optimisation, which _FORTIFY_SOURCE needs.
# Link-time optimisation is left to them: here it made files a third smaller and nothing faster (rendering 2,000
# endpoints: ratio 1.0), for a second build of everything.
if(DRCON_HARDENING AND NOT DRCON_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  # Compilers of distributions define it themselves, perhaps to another level.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
                      -Wformat -Werror=format-security $<$<COMPILE_LANGUAGE:CXX>:-D_GLIBCXX_ASSERTIONS>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86")
    add_compile_options(-fcf-protection)
  endif()
  add_link_options(-Wl,-z,relro -Wl,-z,now)
endif()
include(CheckPIESupported)
check_pie_supported()
