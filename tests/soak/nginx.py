"""A real nginx: it answers /svc/NAME with the upstream NAME of the file that drcon writes."""
import re
import signal

import universe
from http_request import ask
from processes import Process, wait_until

_UPSTREAM = re.compile(r"^upstream (\S+) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
_SERVER = re.compile(r"^\s*server 127\.0\.0\.1:(\d+)([^;]*);", re.MULTILINE)


class Nginx:
    modules = ""  # directives that load some

    def __init__(self, directory):
        self.directory = directory
        self.file = directory / "conf.d" / "drcon.conf"
        self.config = directory / "nginx.conf"
        self.pid_file = directory / "nginx.pid"
        self.file.parent.mkdir(parents=True)
        self.process = Process(["nginx", "-p", directory, "-c", self.config], directory / "out.log")
        self.fix()

    def fix(self):
        self.config.write_text(
            f"{self.modules}user root;\nworker_processes 1;\ndaemon off;\npid {self.pid_file};\nerror_log error.log notice;\n"
            "worker_shutdown_timeout 5s;\nevents { worker_connections 512; }\nhttp {\n  access_log off;\n"
            "  client_body_temp_path tmp;\n  proxy_temp_path tmp;\n  fastcgi_temp_path tmp;\n  uwsgi_temp_path tmp;\n"
            "  scgi_temp_path tmp;\n  upstream_conf_placeholder\n  include conf.d/*.conf;\n  server {\n"
            f"    listen 127.0.0.1:{universe.NGINX_PORT};\n    location / {{ return 204; }}\n"
            "    location ~ ^/svc/(?<service>[^/]+)$ { proxy_pass http://$service; }\n  }\n}\n".replace(
                "  upstream_conf_placeholder\n", ""), encoding="utf-8")

    def break_config(self):
        with open(self.config, "a", encoding="utf-8") as file:
            file.write("no_such_directive on;\n")

    def start(self):
        self.process.start()
        if not wait_until(lambda: not self.process.running() or ask(universe.NGINX_PORT, "GET", "/")[0] == 204, 20):
            raise RuntimeError("nginx does not answer:\n" + self.process.log_tail())
        if not self.process.running():
            raise RuntimeError("nginx does not start:\n" + self.process.log_tail())

    def stop(self):
        self.process.stop()

    def reload(self):
        self.process.send(signal.SIGHUP)

    def options(self):
        return f'file = "{self.file}"\nconfig = "{self.config}"\nprefix = "{self.directory}/"\n' \
               f'pid_file = "{self.pid_file}"\n'


class NginxWithLua(Nginx):
    modules = "".join(f"load_module /usr/lib/nginx/modules/{name}_module.so;\n" for name in ("ndk_http", "ngx_http_lua"))


def sent_by(text):
    """The servers in service of the text that drcon sends to an nginx with Lua, as set of (service, port)."""
    found, service = set(), None
    for line in text.splitlines()[1:]:
        words = line.split()
        if words[0] == "service":
            service = words[1]
        elif words[3] == "u":
            found.add((service, int(words[0].rsplit(":", 1)[1])))
    return found


def served_by(text):
    """The servers in service of a file of upstream blocks, as set of (service, port)."""
    return {(name, int(port)) for name, block in _UPSTREAM.findall(text) for port, words in _SERVER.findall(block)
            if "down" not in words.split()}
