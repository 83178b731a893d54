// Keys and certificates made for one test, as PEM files in a folder of their own.
#pragma once

#include <filesystem>
#include <string>

namespace vf::agent::test {

class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  [[nodiscard]] std::string path(const std::string& file) const { return (folder_ / file).string(); }

  /// Each writes <name>.crt and <name>.key.
  void make_authority(const std::string& name, const std::string& issuer = "");
  /// `names` as OpenSSL spells subject alternative names: "DNS:cp.test,IP:127.0.0.1"; "" for none. `issuer` "" means
  /// self-signed.
  void make(const std::string& name, const std::string& issuer, const std::string& names, int valid_days = 1);

 private:
  std::filesystem::path folder_;
};

}  // namespace vf::agent::test
