#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

#include "sip/sip_test_support.h"

// Places one call, keeps its last snapshot in a file, says what happens, and waits to be killed.
//   sip_kill_test_caller URI PORT FILE

int main(int argc, char** argv) {
  using namespace everdial;
  using namespace everdial::sip;
  if (argc != 4) return 2;
  const std::string file = argv[3];
  const auto store = [&](const DialogSnapshot& snapshot) {
    std::ofstream(file + ".new", std::ios::binary) << encode(snapshot);
    std::rename((file + ".new").c_str(), file.c_str());
  };
  auto agent = UserAgent::start({.udp_port = std::atoi(argv[2])}, [&](Event event) {
    if (const auto* changed = std::get_if<SnapshotChanged>(&event)) store(changed->snapshot);
    if (std::holds_alternative<Provisional>(event)) std::cout << "ringing" << std::endl;
    if (std::holds_alternative<Answered>(event)) std::cout << "answered" << std::endl;
  });
  if (!agent.ok()) return 1;
  (*agent)->invite({.request_uri = argv[1], .from = "sip:killed@everdial.test", .offer = everdial::sip::testing::kOffer});
  pause();
}
