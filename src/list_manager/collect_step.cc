#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "list_manager/collect_store.h"

namespace everdial {
namespace {

struct Piece {
  FileStamp file;
  std::string data;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

/// The folder's trouble, not the file's: it may pass.
Error folder_trouble(int error) {
  return {ErrorKind::unavailable, std::string("the import folder cannot be read: ") + std::strerror(error)};
}

Error bad(const std::string& name, const std::string& what) { return {ErrorKind::invalid, name + " " + what}; }

Error not_opened(const std::string& name, int error) {
  if (error == ENOENT) return bad(name, "is not in the import folder; put it there and import it again");
  if (error == ELOOP) return bad(name, "is a symbolic link; the import folder must have the file itself");
  if (error == EACCES) return bad(name, "may not be read by Everdial's user; change its permissions and import it again");
  return folder_trouble(error);
}

Result<FileStamp> stamp_of(int fd, const std::string& name) {
  struct stat seen {};
  if (fstat(fd, &seen) != 0) return folder_trouble(errno);
  if (!S_ISREG(seen.st_mode)) return bad(name, "in the import folder is not a plain file");
  return FileStamp{seen.st_size, int64_t{seen.st_mtim.tv_sec} * 1'000'000'000 + seen.st_mtim.tv_nsec};
}

Error changed(const std::string& name) {
  return bad(
      name,
      "was changed while it was collected; let it be written under another name and renamed when it is complete, and import it again");
}

/// ErrorKind::unavailable when the folder is to blame; else the file is, and trying again cannot help.
Result<Piece> read_piece(const std::filesystem::path& folder, const Collection& at, const CollectLimits& limits) {
  const std::string& name = at.file_name;
  if (!is_plain_file_name(name)) return bad("the file's name", std::string(plain_file_name_rule));
  const Descriptor in(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (in < 0) return folder_trouble(errno);
  // Nonblocking, so that a named pipe does not hold us; a plain file knows no difference.
  const Descriptor file(openat(in, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file < 0) return not_opened(name, errno);
  const auto before = stamp_of(file, name);
  if (!before.ok()) return before.error();
  if (at.file && *at.file != *before) return changed(name);
  if (before->size_bytes == 0) return bad(name, "is empty");
  if (before->size_bytes > limits.most_bytes)
    return bad(name, "is larger than " + std::to_string(limits.most_bytes >> 20) + " MiB; split it");
  Piece piece{*before, std::string(std::min<size_t>(limits.bytes_per_step, static_cast<size_t>(before->size_bytes - at.bytes)), '\0')};
  const ssize_t got = pread(file, piece.data.data(), piece.data.size(), at.bytes);
  if (got < 0) return folder_trouble(errno);
  const auto after = stamp_of(file, name);
  if (!after.ok()) return after.error();
  if (*after != *before || (got == 0 && !piece.data.empty())) return changed(name);
  piece.data.resize(static_cast<size_t>(got));
  return piece;
}

}  // namespace

bool import_folder_there(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_directory(folder, error);
}

Result<bool> collect_step(CollectStore& store, const std::filesystem::path& folder, const LeaseGrant& grant, const CollectLimits& limits) {
  const ImportId id{number_of(grant.resource)};
  const auto loaded = store.load_collection(id);
  if (!loaded.ok()) return loaded.error().kind == ErrorKind::not_found ? Result<bool>(true) : loaded.error();
  if (loaded->state != ImportState::collecting) return true;
  const auto piece = read_piece(folder, *loaded, limits);
  if (!piece.ok() && piece.error().kind == ErrorKind::unavailable) return piece.error();
  if (!piece.ok()) return ended_by(store.end_collection(grant, id, piece.error().message));
  if (piece->data.empty()) return ended_by(store.end_collection(grant, id, ""));
  const Status saved = store.save_piece(grant, *loaded, piece->file, piece->data);
  return saved.ok() ? Result<bool>(false) : ended_by(saved);
}

}  // namespace everdial
