#include "runtime/reach.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace everdial {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A port of loopback that is bound, and takes connections once it listens.
class Port {
 public:
  Port() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    number_ = ntohs(at.sin_port);
  }
  ~Port() { close(fd_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  void open() { EXPECT_EQ(listen(fd_, 5), 0); }
  Address address(const std::string& host = "127.0.0.1") const { return Address{host + ":" + std::to_string(number_)}; }

 private:
  const int fd_;
  int number_ = 0;
};

TEST(Reach, S_04_tells_which_addresses_take_no_connection) {
  Port open, shut;
  open.open();
  EXPECT_THAT(out_of_reach({open.address(), open.address("localhost")}, 5s), IsEmpty());
  EXPECT_THAT(out_of_reach({shut.address(), open.address()}, 5s), ElementsAre(shut.address()));
  shut.open();
  EXPECT_THAT(out_of_reach({shut.address(), open.address()}, 5s), IsEmpty());
}

TEST(Reach, what_is_no_address_is_out_of_reach) {
  EXPECT_THAT(out_of_reach({Address{"nonsense"}, Address{"[::1"}}, 1s), ElementsAre(Address{"nonsense"}, Address{"[::1"}));
}

}  // namespace
}  // namespace everdial
