#include "server/child_process.h"

#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace everdial::server {
namespace {

constexpr int kLinkFd = 3;  ///< in the child; everything else above standard error is closed by its own flag

bool is_ours(std::string_view entry) {
  for (std::string_view name : {kLinkFdVariable, kIncarnationVariable, kParentVariable})
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) return true;
  return false;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<ChildProcess> start_child(const std::string& program, const std::vector<std::string>& arguments, const Incarnation& incarnation) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return Error{ErrorKind::unavailable, std::string("socketpair: ") + std::strerror(errno)};

  std::vector<std::string> environment;
  for (char** entry = environ; *entry; ++entry)
    if (!is_ours(*entry)) environment.emplace_back(*entry);
  const auto set = [&](std::string name, const std::string& value) { environment.push_back(name.append("=").append(value)); };
  set(kLinkFdVariable, std::to_string(kLinkFd));
  set(kIncarnationVariable, incarnation.value);
  set(kParentVariable, std::to_string(getpid()));
  std::vector<std::string> copies = arguments;

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kLinkFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, usual;
  sigemptyset(&none);
  sigfillset(&usual);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  ChildProcess child{0, ends[0]};
  const int error = posix_spawn(&child.pid, program.c_str(), &actions, &attributes, pointers(copies).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) return child;
  close(ends[0]);
  return Error{ErrorKind::unavailable, "cannot start " + program + ": " + std::strerror(error)};
}

}  // namespace everdial::server
