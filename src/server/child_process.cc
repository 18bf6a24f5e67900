#include "server/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace everdial::server {
namespace {

constexpr int kProgressFd = 3;  ///< in the child; everything else above standard error is closed by its own flag

bool is_ours(std::string_view entry) {
  for (std::string_view name : {kProgressFdVariable, kIncarnationVariable, kParentVariable})
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
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0) return Error{ErrorKind::unavailable, std::string("pipe: ") + std::strerror(errno)};

  std::vector<std::string> environment;
  for (char** entry = environ; *entry; ++entry)
    if (!is_ours(*entry)) environment.emplace_back(*entry);
  environment.push_back(std::string(kProgressFdVariable) + "=" + std::to_string(kProgressFd));
  environment.push_back(std::string(kIncarnationVariable) + "=" + incarnation.value);
  environment.push_back(std::string(kParentVariable) + "=" + std::to_string(getpid()));
  std::vector<std::string> copies = arguments;

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], kProgressFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, usual;
  sigemptyset(&none);
  sigfillset(&usual);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  ChildProcess child{0, pipe_fds[0]};
  const int error = posix_spawn(&child.pid, program.c_str(), &actions, &attributes, pointers(copies).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_fds[1]);
  if (error == 0) return child;
  close(pipe_fds[0]);
  return Error{ErrorKind::unavailable, "cannot start " + program + ": " + std::strerror(error)};
}

}  // namespace everdial::server
