exec {
  command = "/usr/bin/app"
}
tempalte {
  source = "x"
}
template {
  source      = "missing.ctmpl"
  destination = "/etc/missing"
}
template {
  source      = "asks.ctmpl"
  destination = "/etc/asks"
  user        = "1000"
  perms       = 01777
}
template {
  source      = "broken.ctmpl"
  destination = "/etc/broken"
}
template {
  contents    = "{{ key \"a\" }}"
  destination = "/etc/contents"
}
