#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

#include "mpp/journal.h"
#include "mpp/journal_codec.h"

namespace everdial {

using namespace mpp;

namespace {

constexpr std::string_view magic = "everdial mpp journal 1\n";

class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

Error failure(const std::filesystem::path& file, const char* what) {
  const int error = errno;
  return {ErrorKind::unavailable, file.string() + ": " + what + ": " + std::strerror(error)};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool read_all(int fd, std::string& to) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  to.resize(static_cast<size_t>(status.st_size));
  size_t have = 0;
  while (have < to.size()) {
    const ssize_t got = ::pread(fd, to.data() + have, to.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  to.resize(have);
  return true;
}

bool sync_folder(const std::filesystem::path& file) {
  const File folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.is_open() && ::fsync(folder.fd()) == 0;
}

class FileJournal : public JournalStore {
 public:
  explicit FileJournal(std::filesystem::path file) : path_(std::filesystem::absolute(std::move(file))) {}

  Result<std::vector<JournalEntry>> load() override {
    if (Status opened = open(); !opened.ok()) return opened.error();
    std::string bytes;
    if (!read_all(file_.fd(), bytes)) return failure(path_, "cannot read");
    std::string_view rest = bytes;
    if (rest.substr(0, magic.size()) != magic) {
      // A new file, or one whose very first write was cut off. Anything else is not ours to overwrite.
      if (!magic.starts_with(rest)) return Error{ErrorKind::invalid, path_.string() + ": not an MPP journal of this version"};
      if (Status emptied = rewrite({}); !emptied.ok()) return emptied.error();
      return std::vector<JournalEntry>{};
    }
    rest.remove_prefix(magic.size());
    std::vector<JournalEntry> entries;
    for (auto entry = take_encoded(rest); entry.ok(); entry = take_encoded(rest)) entries.push_back(std::move(*entry));
    const std::lock_guard lock(mutex_);
    size_ = bytes.size() - rest.size();
    dialogs_ = {};
    dialogs_.note(entries);
    if (!cut_to_size()) return failure(path_, "cannot drop the torn end");
    return entries;
  }

  Status append(const std::vector<JournalEntry>& entries, bool durable) override {
    std::string bytes;
    for (const JournalEntry& entry : entries) append_encoded(entry, bytes);
    {
      const std::lock_guard lock(mutex_);
      if (!file_.is_open()) return Error{ErrorKind::unavailable, path_.string() + ": not loaded"};
      if (!write_all(file_.fd(), bytes)) {
        Error error = failure(path_, "cannot write");
        if (!cut_to_size()) file_ = File();
        return error;
      }
      size_ += bytes.size();
      dialogs_.note(entries);
    }
    // Only this thread puts another file in its place, so the descriptor stays while others write behind what is being synced.
    if (!durable || ::fdatasync(file_.fd()) == 0) return success();
    Error error = failure(path_, "cannot sync");
    // After a failed sync nobody knows what the disk has: only reading it anew tells.
    const std::lock_guard lock(mutex_);
    file_ = File();
    return error;
  }

  Status rewrite(const std::vector<JournalEntry>& entries) override {
    const std::filesystem::path fresh = path_.string() + ".new";
    File file(::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640));
    if (!file.is_open()) return failure(fresh, "cannot create");
    std::string bytes(magic);
    for (const JournalEntry& entry : entries) append_encoded(entry, bytes);
    if (!write_all(file.fd(), bytes) || ::fsync(file.fd()) != 0) return failure(fresh, "cannot write");
    {
      // Dialogs need not wait for the disk, so their threads wait only for this.
      const std::lock_guard lock(mutex_);
      dialogs_.keep_living(entries);
      std::string dialogs;
      for (const JournalEntry& dialog : dialogs_.entries()) append_encoded(dialog, dialogs);
      if (!write_all(file.fd(), dialogs)) return failure(fresh, "cannot write");
      if (::rename(fresh.c_str(), path_.c_str()) != 0) return failure(path_, "cannot replace");
      file_ = std::move(file);
      size_ = bytes.size() + dialogs.size();
    }
    return sync_folder(path_) ? success() : Status{failure(path_, "cannot replace")};
  }

 private:
  Status open() {
    std::error_code error;
    std::filesystem::create_directories(path_.parent_path(), error);
    // The lock is on a file of its own, since compaction puts another file in the journal's place.
    if (!lock_.is_open()) {
      File lock(::open((path_.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
      if (!lock.is_open()) return failure(path_, "cannot open its lock");
      if (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0)
        return Error{ErrorKind::conflict,
                     path_.string() + ": another process has it open; give each MPP worker an instance name of its own"};
      lock_ = std::move(lock);
    }
    const std::lock_guard lock(mutex_);
    file_ = File(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!file_.is_open()) return failure(path_, "cannot open");
    return success();
  }

  bool cut_to_size() { return ::ftruncate(file_.fd(), static_cast<off_t>(size_)) == 0; }

  std::filesystem::path path_;
  File lock_;
  std::mutex mutex_;
  File file_;
  size_t size_ = 0;  ///< of what is whole
  LastDialogs dialogs_;
};

}  // namespace

std::unique_ptr<JournalStore> make_file_journal(std::filesystem::path file) { return std::make_unique<FileJournal>(std::move(file)); }

}  // namespace everdial
