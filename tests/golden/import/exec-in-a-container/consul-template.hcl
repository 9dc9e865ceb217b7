# nginx in a container, kept by Consul Template.
template {
  source      = "upstreams.ctmpl"
  destination = "/etc/nginx/conf.d/upstreams.conf"
}
exec {
  command       = "nginx -g 'daemon off;'"
  splay         = "5s"
  reload_signal = "SIGHUP"
  kill_signal   = "SIGQUIT"
  kill_timeout  = "20s"
  env { custom = ["TZ=UTC"] }
}
