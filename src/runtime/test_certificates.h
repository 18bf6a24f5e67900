#pragma once

#include <filesystem>
#include <string>

namespace everdial {

/// A certificate authority of one test's own; its files go with it.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  /// PEM files.
  struct Files {
    std::filesystem::path cert, key, ca;
  };
  /// A key and a certificate for these names, signed by this authority and good for a server and a client; `valid_until` in seconds from
  /// now.
  Files issue(const std::string& names = "IP:127.0.0.1", long valid_until = 3600);

  const std::filesystem::path& ca() const { return ca_.cert; }

 private:
  std::filesystem::path folder_;
  Files ca_;
  int issued_ = 0;
};

}  // namespace everdial
