#include "support/certificates.hpp"

#include "support/process.hpp"

#include <stdexcept>
#include <vector>

namespace drcon::test {
namespace {

void openssl(std::vector<std::string> argv) {
  argv.insert(argv.begin(), "openssl");
  const auto result = run(argv);
  if (result.code != 0) throw std::runtime_error("openssl: " + result.err);
}

}  // namespace

certificates::certificates() {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
           "/CN=test CA", "-days", "2", "-keyout", (directory_ / "ca.key").string(), "-out", ca()});
  sign("server", "subjectAltName=IP:127.0.0.1,DNS:server.dc1.consul\nextendedKeyUsage=serverAuth,clientAuth\n");
  sign("client", "extendedKeyUsage=clientAuth\n");
}

void certificates::sign(const std::string& name, const std::string& extensions) const {
  const auto path = [&](const std::string& ending) { return (directory_ / (name + ending)).string(); };
  write_file(path(".ext"), extensions);
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
           "-keyout", path(".key"), "-out", path(".csr")});
  openssl({"x509", "-req", "-in", path(".csr"), "-CA", ca(), "-CAkey", (directory_ / "ca.key").string(),
           "-CAcreateserial", "-days", "2", "-extfile", path(".ext"), "-out", path(".pem")});
}

}  // namespace drcon::test
